// A fader for every numeric parameter, of all voices or of one; and the snapshots.

import { $, label, make, press } from "./dom.js";
import { bindFader } from "./inputs.js";

const GROUPS = [
  ["Taste: which phrases are chosen", (name) => name.startsWith("weight/")],
  ["Aim: what they should be like", (name) => name.startsWith("target/")],
  ["Form", (name) => ["repeat", "vary", "land", "approach", "build", "space", "taste", "blend", "share"].includes(name)],
  ["Playing", () => true],
];
const SLOTS = ["A", "B", "C", "D", "E", "F"];
const FREE = -0.05; // the lowest position of a fader whose parameter can be left free

const shortName = (name) => name.replace(/^(weight|target)\//, "").replaceAll("-", " ");
// For a screen reader, which does not read the group's title: a target and a weight share some names.
const spokenName = (name) => (name.startsWith("target/") ? `aim: ${shortName(name)}` : shortName(name));
const formatValue = (value) => (value < 0 ? "free" : Math.round(value * 100).toString());

export const buildParameters = ({ connection, store, controls, voices, colours }) => {
  const names = controls
    .filter((it) => it.kind === "number" && it.low <= 0 && it.high === 1 && !it.address.startsWith("/voice/"))
    .map((it) => it.address.slice(1));
  const byAddress = new Map(controls.map((it) => [it.address, it]));
  const faders = new Map(names.map((name) => [name, buildFader(name, byAddress.get(`/${name}`), connection)]));
  const left = new Set(names);
  $("parameters").replaceChildren(
    ...GROUPS.map(([title, belongs]) => {
      const own = [...left].filter(belongs);
      own.forEach((name) => left.delete(name));
      const elements = own.map((name) => faders.get(name).element);
      return own.length && make("fieldset", {}, make("legend", { text: title }), ...elements);
    }).filter(Boolean),
  );
  buildScope(voices, colours, (voice) => {
    const prefix = voice ? `/voice/${voice}/` : "/", chosen = voices.filter((it) => !voice || it.name === voice);
    for (const [name, fader] of faders) {
      const initial = chosen.map((it) => [`/voice/${it.name}/${name}`, it.knobs[name]]);
      fader.bind(store, prefix + name, initial);
    }
    $("parameters").style.setProperty("--tint", voice ? colours.get(voice) : "");
  });
};

const buildFader = (name, control, connection) => {
  const low = control.low < 0 ? FREE : control.low;
  const input = make("input", { type: "range", min: low, max: control.high, step: 0.01, value: low });
  const output = make("output", { text: "–" });
  const help = () => ($("help").textContent = `${spokenName(name)}: ${control.help}`);
  const element = make("label", { className: "parameter", title: control.help, on: { pointerdown: help, focusin: help } },
    make("span", { text: shortName(name) }), input, output);
  let address = control.address, initial = [], unwatch = () => {};
  const position = () => (Number(input.value) < 0 ? control.low : Number(input.value));
  const paint = (value) => {
    output.textContent = formatValue(value);
    input.setAttribute("aria-valuetext", formatValue(value));
    input.style.setProperty("--at", `${(100 * (Number(input.value) - low)) / (control.high - low)}%`);
  };
  const show = (value) => {
    input.value = value < 0 ? low : value;
    paint(value);
  };
  const showValue = bindFader(input, show);
  input.addEventListener("input", () => {
    paint(position());
    connection.sendChanging(address, position());
  });
  input.addEventListener("dblclick", () => {
    show(initial[0][1]);
    for (const [of, value] of initial) connection.send(of, value);
  });
  return {
    element,
    // Show and send the value at an address. `first`: [address, value] of each voice, from the rig.
    bind(store, to, first) {
      unwatch();
      address = to;
      initial = first;
      input.dataset.address = to;
      const voice = to.startsWith("/voice/") ? ` of ${to.split("/")[2]}` : "";
      label(input, `${spokenName(name)}${voice}: ${control.help}`);
      unwatch = store.watch(to, showValue);
    },
  };
};

// The chips that choose whose parameters the faders are.
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

export const buildSnapshots = ({ connection, store }) => {
  let storing = false;
  const setStoring = (on) => {
    storing = on;
    press($("store"), on);
    $("slots").classList.toggle("armed", on);
  };
  const slots = new Map();
  const addSlot = (name) => {
    const slot = make("button", {
      className: "slot", text: name, data: { name },
      on: {
        click: () => {
          connection.send(storing ? "/snapshot/store" : "/snapshot/recall", name);
          setStoring(false);
        },
      },
    });
    slots.set(name, slot);
    $("slots").append(slot);
    return slot;
  };
  $("store").onclick = () => setStoring(!storing);
  // snapshots with other names come after ours
  const show = (stored) => {
    for (const name of [...SLOTS, ...stored, ...slots.keys()]) {
      const slot = slots.get(name) ?? addSlot(name), full = stored.includes(name);
      slot.classList.toggle("full", full);
      label(slot, `Snapshot ${name}${full ? "" : ", empty"}`);
    }
  };
  show([]);
  store.watch("/snapshot", (names) => show(names.split(", ").filter(Boolean)));
};
