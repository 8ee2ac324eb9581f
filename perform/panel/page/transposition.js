// How many semitones each MIDI input and each voice is moved.

import { $, label, make } from "./dom.js";
import { bindSelect } from "./inputs.js";

export const buildTransposition = ({ connection, store, controls, voices }) => {
  const inputs = controls.map((it) => it.address).filter((address) => /^\/input\/.*\/transpose$/.test(address));
  const { low, high } = controls.find((it) => it.address === "/transpose");
  const semitones = Array.from({ length: high - low + 1 }, (_, place) => String(high - place));

  function field(text, address, title) {
    const select = label(make("select", { data: { address } }), title);
    store.watch(address, bindSelect(select, semitones, (by) => connection.send(address, Number(by))));
    return make("label", { className: "field" }, make("span", { text }), select);
  }

  $("transposition").replaceChildren(
    ...inputs.map((address) => {
      const name = address.split("/")[2];
      return field(`${name} in`, address, `Transpose the input ${name}, in semitones`);
    }),
    field("all voices", "/transpose", "Transpose all voices, in semitones"),
    ...voices.map(({ name }) => field(name, `/voice/${name}/transpose`, `Transpose the voice ${name}, in semitones`)),
  );
};
