// Chord pads: twelve roots by quality, and a field for any symbol.

import { $, label, make, press } from "./dom.js";
import { bindField } from "./inputs.js";
import { ROOTS, parseChord, pitchClass, printedChord, qualityName, rootName } from "./music.js";

const QUALITIES = ["", "m", "7", "m7", "maj7", "6", "7sus4", "m7b5", "dim7"];
export const ROOT_KEYS = "awsedftgyhuj";

const shortName = (quality) => (quality ? printedChord(`C${quality}`)[1] : "maj");

// The pads; returns what the computer's keys do on them.
export const buildPads = ({ connection, store, qualities: known }) => {
  const qualities = QUALITIES.filter((it) => it in known);
  let chosen = qualities[2] ?? "", latched = true;
  const pads = new Map();

  const held = new Map(); // the chord of each pointer or key that is down, the newest last
  const play = (symbol) => connection.send("/chord", symbol);
  const hold = (by, symbol) => {
    held.delete(by);
    held.set(by, symbol);
    play(symbol);
  };
  // The chord ends when the last pointer or key is released; before that, an older one plays again.
  const release = (by) => {
    const newest = [...held.keys()].at(-1) === by;
    held.delete(by);
    if (!newest || latched) return;
    if (held.size) play([...held.values()].at(-1));
    else connection.send("/chord/release");
  };
  // a key that is released in another window is not reported here
  addEventListener("blur", () => {
    if (held.size && !latched) connection.send("/chord/release");
    held.clear();
  });
  const pad = (root, quality, column) => {
    const button = make("button", { className: "pad", data: { root, quality }, tabIndex: -1 },
      make("b", { text: rootName(root) }), make("span", { text: printedChord(root + quality)[1] }),
      make("kbd", { text: ROOT_KEYS[column] }));
    // a chord plays when the finger comes down, not when it goes up
    button.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      button.setPointerCapture?.(event.pointerId);
      hold(event.pointerId, root + quality);
    });
    for (const end of ["pointerup", "pointercancel"]) button.addEventListener(end, (event) => release(event.pointerId));
    // by a key, or by a voice command
    button.addEventListener("click", (event) => event.detail === 0 && play(root + quality));
    pads.set(`${pitchClass(root)} ${quality}`, button);
    return label(button, `${root} ${qualityName(quality)}`);
  };
  const rows = qualities.map((quality) =>
    make("div", { className: "padrow", data: { quality } },
      make("span", { className: "quality", text: shortName(quality) }),
      ...ROOTS.map((root, column) => pad(root, quality, column))));
  $("pads").replaceChildren(...rows);
  moveByArrows($("pads"), rows);

  const chips = qualities.map((quality, place) =>
    label(make("button", {
      className: "chip", text: shortName(quality), title: `${qualityName(quality)} (${place + 1})`,
      on: { click: () => choose(quality) },
    }), qualityName(quality)));
  const choose = (quality) => {
    chosen = quality;
    qualities.forEach((it, place) => {
      press(chips[place], it === quality);
      rows[place].classList.toggle("chosen", it === quality);
    });
  };
  $("qualities").replaceChildren(...chips);
  choose(chosen);

  store.watch("/chord", (symbol) => {
    const chord = parseChord(symbol), lit = chord && pads.get(`${chord.root} ${chord.quality}`);
    for (const it of pads.values()) press(it, it === lit);
  });
  $("latch").onclick = () => press($("latch"), (latched = !latched));
  $("rest").onclick = () => connection.send("/chord", "N.C.");
  const sendSymbol = bindField($("symbol-text"), $("no-chord"), "/chord", { connection, store });
  $("symbol").onsubmit = (event) => {
    event.preventDefault();
    const symbol = $("symbol-text").value.trim();
    if (symbol) sendSymbol(symbol);
    $("symbol-text").select();
  };
  return {
    playRoot: (column, key) => hold(key, ROOTS[column] + chosen),
    release,
    chooseQuality: (place) => place < qualities.length && choose(qualities[place]),
  };
};

// Tab reaches one of the pads, and arrows move from there to the others.
const moveByArrows = (grid, rows) => {
  const cells = rows.map((row) => [...row.querySelectorAll(".pad")]);
  cells[0][0].tabIndex = 0;
  const go = (row, column) => {
    const next = cells[(row + cells.length) % cells.length][(column + 12) % 12];
    cells.flat().forEach((it) => (it.tabIndex = it === next ? 0 : -1));
    next.focus();
  };
  grid.addEventListener("keydown", (event) => {
    const row = cells.findIndex((it) => it.includes(event.target));
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (row < 0 || !steps) return;
    event.preventDefault();
    const visible = cells.filter((it) => it[0].offsetParent !== null);
    const down = visible.length > 1 ? steps[0] : 0;
    go(row + down, cells[row].indexOf(event.target) + steps[1]);
  });
};
