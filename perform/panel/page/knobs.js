// Faders for every number that can be turned, of all voices or of one, made from the table; and snapshots.

import { $, follows, label, make, press } from "./parts.js";

const GROUPS = [
  ["Taste: which phrases are chosen", (name) => name.startsWith("weight/")],
  ["Aim: what they should be like", (name) => name.startsWith("target/")],
  ["Form", (name) => ["repeat", "vary", "land", "approach", "blend", "share"].includes(name)],
  ["Feel", () => true],
];
const SLOTS = ["A", "B", "C", "D", "E", "F"];
const FREE = -0.05; // how far below 0 a fader goes that may be left to chance

const plain = (name) => name.replace(/^(weight|target)\//, "").replaceAll("-", " ");
// As it is spoken, where no heading is seen: an aim is told from the taste of the same name.
const spoken = (name) => (name.startsWith("target/") ? `aim: ${plain(name)}` : plain(name));
const shown = (value) => (value < 0 ? "free" : Math.round(value * 100).toString());

export const buildKnobs = ({ line, store, controls, voices, colours }) => {
  const names = controls
    .filter((it) => it.kind === "number" && it.low <= 0 && it.high === 1 && !it.address.startsWith("/voice/"))
    .map((it) => it.address.slice(1));
  const table = new Map(controls.map((it) => [it.address, it]));
  const rows = new Map(names.map((name) => [name, fader(name, table.get(`/${name}`), line)]));
  const left = new Set(names);
  $("knobs").replaceChildren(
    ...GROUPS.map(([title, belongs]) => {
      const own = [...left].filter(belongs);
      own.forEach((name) => left.delete(name));
      return own.length && make("fieldset", {}, make("legend", { text: title }), ...own.map((it) => rows.get(it).element));
    }).filter(Boolean),
  );
  buildScope(voices, colours, (voice) => {
    const place = voice ? `/voice/${voice}/` : "/", whose = voices.filter((it) => !voice || it.name === voice);
    for (const [name, row] of rows) row.bind(store, place + name, whose.map((it) => [`/voice/${it.name}/${name}`, it.knobs[name]]));
    $("knobs").style.setProperty("--tint", voice ? colours.get(voice) : "");
  });
};

const fader = (name, control, line) => {
  const low = control.low < 0 ? FREE : control.low;
  const input = make("input", { type: "range", min: low, max: control.high, step: 0.01, value: low });
  const value = make("output", { text: "–" });
  const help = () => ($("help").textContent = `${spoken(name)}: ${control.help}`);
  const element = make("label", { className: "knob", title: control.help, on: { pointerdown: help, focusin: help } },
    make("span", { text: plain(name) }), input, value);
  let address = control.address, began = [], leave = () => {};
  const read = () => (Number(input.value) < 0 ? control.low : Number(input.value));
  const show = (where) => {
    input.value = where < 0 ? low : where;
    paint(where);
  };
  const paint = (where) => {
    value.textContent = shown(where);
    input.setAttribute("aria-valuetext", shown(where));
    input.style.setProperty("--at", `${(100 * (Number(input.value) - low)) / (control.high - low)}%`);
  };
  const follow = follows(input, show);
  input.addEventListener("input", () => {
    paint(read());
    line.turn(address, read());
  });
  input.addEventListener("dblclick", () => {
    show(began[0][1]);
    for (const [of, where] of began) line.say(of, where);
  });
  return {
    element,
    // `first`: [address, value] of each voice whose fader it is, as the rig has it.
    bind(store, to, first) {
      leave();
      address = to;
      began = first;
      input.dataset.address = to;
      label(input, `${spoken(name)}${to.startsWith("/voice/") ? ` of ${to.split("/")[2]}` : ""}: ${control.help}`);
      leave = store.follow(to, follow);
    },
  };
};

const buildScope = (voices, colours, choose) => {
  const chips = [null, ...voices.map((it) => it.name)].map((voice) => {
    const chip = make("button", {
      className: "chip", text: voice ?? "all",
      on: { click: () => pick(voice, chip) },
    });
    if (voice) chip.style.setProperty("--tint", colours.get(voice));
    return chip;
  });
  const pick = (voice, chip) => {
    chips.forEach((it) => press(it, it === chip));
    choose(voice);
  };
  $("scope").replaceChildren(...chips);
  pick(null, chips[0]);
};

export const buildSnapshots = ({ line, store }) => {
  let storing = false;
  const arm = (on) => {
    storing = on;
    press($("store"), on);
    $("slots").classList.toggle("armed", on);
  };
  const slots = new Map();
  const slot = (name) => {
    const made = make("button", {
      className: "slot", text: name, data: { name },
      on: {
        click: () => {
          line.say(storing ? "/snapshot/store" : "/snapshot/recall", name);
          arm(false);
        },
      },
    });
    slots.set(name, made);
    $("slots").append(made);
    return made;
  };
  $("store").onclick = () => arm(!storing);
  // what was stored elsewhere by another name stands behind ours
  const show = (kept) => {
    for (const name of [...SLOTS, ...kept, ...slots.keys()]) {
      const it = slots.get(name) ?? slot(name), full = kept.includes(name);
      it.classList.toggle("full", full);
      label(it, `Snapshot ${name}${full ? "" : ", empty"}`);
    }
  };
  show([]);
  store.follow("/snapshot", (names) => show(names.split(", ").filter(Boolean)));
};
