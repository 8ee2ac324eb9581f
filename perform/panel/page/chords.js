// Chords to press: twelve roots by kinds, any symbol; and the chart with its cursor.

import { ROOTS, bars, kindName, parse, pitchClass, rootName, written } from "./music.js";
import { $, choose, label, make, press, reads, says } from "./parts.js";

const KINDS = ["", "m", "7", "m7", "maj7", "6", "7sus4", "m7b5", "dim7"];
export const ROOT_KEYS = "awsedftgyhuj";

export const buildPads = ({ line, store, qualities }) => {
  const kinds = KINDS.filter((it) => it in qualities);
  let kind = kinds[2] ?? "", latched = true;
  const pads = new Map();

  const held = new Map(); // chords by the finger or key that is down, the newest last
  const play = (symbol) => line.say("/chord", symbol);
  const hold = (by, symbol) => {
    held.delete(by);
    held.set(by, symbol);
    play(symbol);
  };
  // A chord goes with the last hand; until then what is still held sounds again.
  const lift = (by) => {
    const newest = [...held.keys()].at(-1) === by;
    held.delete(by);
    if (!newest || latched) return;
    if (held.size) play([...held.values()].at(-1));
    else line.say("/chord/release");
  };
  // what comes up elsewhere is not heard here
  addEventListener("blur", () => {
    if (held.size && !latched) line.say("/chord/release");
    held.clear();
  });
  const pad = (root, quality, column) => {
    const button = make("button", { className: "pad", data: { root, quality }, tabIndex: -1 },
      make("b", { text: rootName(root) }), make("span", { text: written(root + quality)[1] }),
      make("kbd", { text: ROOT_KEYS[column] }));
    // a chord sounds when the finger comes down, not when it goes up
    button.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      button.setPointerCapture?.(event.pointerId);
      hold(event.pointerId, root + quality);
    });
    for (const end of ["pointerup", "pointercancel"]) button.addEventListener(end, (event) => lift(event.pointerId));
    button.addEventListener("click", (event) => event.detail === 0 && play(root + quality)); // by a key, or spoken
    pads.set(`${pitchClass(root)} ${quality}`, button);
    return label(button, `${root} ${kindName(quality)}`);
  };
  const rows = kinds.map((quality) =>
    make("div", { className: "padrow", data: { quality } },
      make("span", { className: "kind", text: quality ? written(`C${quality}`)[1] : "maj" }),
      ...ROOTS.map((root, column) => pad(root, quality, column))));
  $("pads").replaceChildren(...rows);
  walk($("pads"), rows);

  const chips = kinds.map((quality, place) =>
    label(make("button", {
      className: "chip", text: quality ? written(`C${quality}`)[1] : "maj", title: `${kindName(quality)} (${place + 1})`,
      on: { click: () => pick(quality) },
    }), kindName(quality)));
  const pick = (quality) => {
    kind = quality;
    kinds.forEach((it, place) => {
      press(chips[place], it === quality);
      rows[place].classList.toggle("chosen", it === quality);
    });
  };
  $("kinds").replaceChildren(...chips);
  pick(kind);

  store.follow("/chord", (symbol) => {
    const chord = parse(symbol), lit = chord && pads.get(`${chord.root} ${chord.quality}`);
    for (const it of pads.values()) press(it, it === lit);
  });
  $("latch").onclick = () => press($("latch"), (latched = !latched));
  $("rest").onclick = () => line.say("/chord", "N.C.");
  const spell = says($("spelled"), $("no-chord"), "/chord", { line, store });
  $("symbol").onsubmit = (event) => {
    event.preventDefault();
    const symbol = $("spelled").value.trim();
    if (symbol) spell(symbol);
    $("spelled").select();
  };
  return {
    root: (column, key) => hold(key, ROOTS[column] + kind),
    lift,
    kind: (place) => place < kinds.length && pick(kinds[place]),
  };
};

// One of the pads is reached by Tab, the others from there by arrows.
const walk = (grid, rows) => {
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
    const shown = cells.filter((it) => it[0].offsetParent !== null);
    const down = shown.length > 1 ? steps[0] : 0;
    go(row + down, cells[row].indexOf(event.target) + steps[1]);
  });
};

export const buildChart = ({ line, store, controls }) => {
  const shown = reads($("text"));
  const write = says($("text"), $("no-chart"), "/chart", { line, store }, () => {
    open(false);
    $("edit").focus();
  });
  let cells = [];
  const open = (on) => {
    $("writing").hidden = !on;
    $("edit").setAttribute("aria-expanded", String(on));
    if (on) $("text").focus();
  };
  store.follow("/chart", (text) => {
    if ($("no-chart").hidden) shown(text);
    const found = bars(text || "");
    $("next").hidden = !found.some((it) => it.opens);
    cells = found.map(({ text: symbols, opens, closes }, place) => {
      const cell = make("li", {}, ...symbols.split(/\s+/).filter(Boolean).map((symbol) =>
        make("span", { text: symbol === "%" ? "%" : written(symbol).join("") })));
      cell.classList.toggle("opens", opens);
      cell.classList.toggle("closes", closes);
      return label(cell, `bar ${place + 1}: ${symbols}`);
    });
    $("bars").replaceChildren(...cells);
    if (!cells.length) $("bars").append(make("li", { className: "none", text: "No chart: press chords, or write one." }));
    mark(store.get("/chart/bar"));
  });
  const mark = (bar) => {
    cells.forEach((cell, place) => {
      if (place === bar) cell.setAttribute("aria-current", "true");
      else cell.removeAttribute("aria-current");
    });
    const cell = cells[bar], list = $("bars");
    if (cell && list.scrollHeight > list.clientHeight) list.scrollTop = cell.offsetTop - cell.offsetHeight;
  };
  store.follow("/chart/bar", mark);
  $("edit").onclick = () => open($("writing").hidden);
  $("next").onclick = () => line.say("/chart/next");
  $("leave").onclick = () => write("");
  $("writing").onsubmit = (event) => {
    event.preventDefault();
    write($("text").value.trim());
  };
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("writing").requestSubmit();
  });

  const metre = controls.find((it) => it.address === "/metre");
  store.follow("/metre", choose($("metre"), metre.choices, (value) => line.say("/metre", value)));
  const setKey = says($("key"), $("no-key"), "/key", { line, store });
  const key = reads($("key"));
  store.follow("/key", (value) => $("no-key").hidden && key(value));
  $("key").onchange = () => setKey($("key").value.trim() || "auto");
};
