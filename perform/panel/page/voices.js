// A card for each voice, and one for all voices together.

import { $, label, make, press } from "./dom.js";
import { bindSelect } from "./inputs.js";
import { step, toggled } from "./store.js";

const TURN_LENGTHS = [1, 2, 4, 8]; // bars
const MODES_WITH_TURNS = ["answer", "trade"];

export const buildVoices = ({ connection, store, controls, voices, models, colours, roll }) => {
  const [modes, feels] = ["/mode", "/feel"].map((address) => controls.find((it) => it.address === address).choices);
  $("voices").replaceChildren(
    ...voices.map((voice) => card(voice.name, voice.role)),
    ...(voices.length > 1 ? [card(null, "")] : []),
  );

  function card(name, role) {
    const prefix = name ? `/voice/${name}` : "", title = name ?? "all voices";
    const element = make("article", { className: "voice", data: { voice: name ?? "" } });
    if (name) element.style.setProperty("--tint", colours.get(name));
    element.append(
      make("div", { className: "row" },
        make("div", { className: "voice-name" },
          make("h3", { text: title, title }), role && role !== name && make("span", { className: "role", text: role })),
        make("div", { className: "voice-buttons" },
          name && toggle("mute", `${prefix}/mute`, title), name && toggle("solo", `${prefix}/solo`, title),
          judge("more", `${prefix}/more`, `More of what ${title} played`),
          judge("no", `${prefix}/no`, `No more of what ${title} played`))),
      make("div", { className: "row" },
        choice("plays", `${prefix}/model`, title, models),
        choice("towards", `${prefix}/other`, title, models)),
      make("div", { className: "row" }, ...modeChoice(prefix, title), choice("feel", `${prefix}/feel`, title, feels)));
    if (name) store.watch(`${prefix}/mute`, (on) => {
      element.classList.toggle("muted", Boolean(on));
      roll.mute(name, on);
    });
    return element;
  }

  function toggle(text, address, title) {
    const button = make("button", {
      className: `key small ${text}`, text,
      on: { click: () => step({ connection, store }, address, toggled) },
    });
    store.watch(address, (on) => press(button, on));
    return label(button, `${text} ${title}`);
  }

  function judge(text, address, help) {
    const on = { click: () => connection.send(address) };
    return label(make("button", { className: "key small", text, title: help, on }), help);
  }

  function choice(text, address, title, choices) {
    const select = label(make("select", { data: { address } }), `${text}: ${title}`);
    store.watch(address, bindSelect(select, choices, (value) => connection.send(address, value)));
    return make("label", { className: "field" }, make("span", { text }), select);
  }

  // The chips of the mode, and the length of a turn.
  function modeChoice(prefix, title) {
    const address = `${prefix}/mode`, lengthAddress = `${address}/bars`;
    const chips = modes.map((mode) =>
      make("button", { className: "chip", text: mode, on: { click: () => connection.send(address, mode) } }));
    const group = label(make("div", { className: "chips" }, ...chips), `When ${title} plays`);
    group.setAttribute("role", "group");
    const select = label(make("select", { data: { address: lengthAddress } }), `bars of a turn: ${title}`);
    const sendLength = (bars) => connection.send(lengthAddress, Number(bars));
    store.watch(lengthAddress, bindSelect(select, TURN_LENGTHS.map(String), sendLength));
    const length = make("label", { className: "field turns" }, make("span", { text: "bars" }), select);
    store.watch(address, (mode) => {
      chips.forEach((it) => press(it, it.textContent === mode));
      length.hidden = !MODES_WITH_TURNS.includes(mode);
    });
    return [group, length];
  }
};
