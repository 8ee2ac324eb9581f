// A card for each voice: who plays, what and when; and one for all of them.

import { $, choose, label, make, onOrOff, press, step } from "./parts.js";

const TURNS = [1, 2, 4, 8]; // bars of a turn
const TAKES_TURNS = ["answer", "trade"];

export const buildVoices = ({ line, store, controls, voices, models, colours, roll }) => {
  const modes = controls.find((it) => it.address === "/mode").choices;
  const several = voices.length > 1;
  $("voices").replaceChildren(
    ...voices.map((voice) => card(voice.name, voice.role)),
    ...(several ? [card(null, "")] : []),
  );

  function card(name, role) {
    const place = name ? `/voice/${name}` : "", who = name ?? "all voices";
    const element = make("article", { className: "voice", data: { voice: name ?? "" } });
    if (name) element.style.setProperty("--tint", colours.get(name));
    element.append(
      make("div", { className: "row" },
        make("div", { className: "who" },
          make("h3", { text: who, title: who }), role && role !== name && make("span", { className: "role", text: role })),
        make("div", { className: "acts" },
          name && toggle("mute", `${place}/mute`, who), name && toggle("solo", `${place}/solo`, who),
          judge("more", `${place}/more`, `More of what ${who} played`),
          judge("no", `${place}/no`, `No more of what ${who} played`))),
      make("div", { className: "row" },
        pick("plays", models, `${place}/model`, who),
        pick("towards", models, `${place}/other`, who)),
      make("div", { className: "row" }, ...when(place, who)));
    if (name) store.follow(`${place}/mute`, (on) => {
      element.classList.toggle("muted", Boolean(on));
      roll.mute(name, on);
    });
    return element;
  }

  function toggle(what, address, who) {
    const button = make("button", {
      className: `key small ${what}`, text: what,
      on: { click: () => step({ line, store }, address, onOrOff) },
    });
    store.follow(address, (on) => press(button, on));
    return label(button, `${what} ${who}`);
  }

  function judge(text, address, help) {
    return label(make("button", { className: "key small", text, title: help, on: { click: () => line.say(address) } }), help);
  }

  function pick(text, choices, address, who) {
    const select = label(make("select", { data: { address } }), `${text}: ${who}`);
    store.follow(address, choose(select, choices, (value) => line.say(address, value)));
    return make("label", { className: "field" }, make("span", { text }), select);
  }

  // When it plays, and in turns of how many bars.
  function when(place, who) {
    const address = `${place}/mode`, every = `${address}/bars`;
    const chips = modes.map((mode) =>
      make("button", { className: "chip", text: mode, on: { click: () => line.say(address, mode) } }));
    const group = label(make("div", { className: "chips" }, ...chips), `When ${who} plays`);
    group.setAttribute("role", "group");
    const select = label(make("select", { data: { address: every } }), `bars of a turn: ${who}`);
    store.follow(every, choose(select, TURNS.map(String), (bars) => line.say(every, Number(bars))));
    const turns = make("label", { className: "field turns" }, make("span", { text: "bars" }), select);
    store.follow(address, (mode) => {
      chips.forEach((it) => press(it, it.textContent === mode));
      turns.hidden = !TAKES_TURNS.includes(mode);
    });
    return [group, turns];
  }
};
