// The bank, program and volume that each voice sends to its synthesizer; an empty field sends nothing.

import { $, label, make } from "./dom.js";
import { bindText } from "./inputs.js";

const PARTS = ["bank", "program", "volume"];

export const buildSounds = ({ connection, store, controls, voices }) => {
  const numberOf = (part) => controls.find((it) => it.address.startsWith("/voice/") && it.address.endsWith(`/${part}`));

  // The lowest number stands for "nothing is sent": the field is empty then.
  function field(voice, part) {
    const address = `/voice/${voice}/${part}`;
    const { low, high } = numberOf(part);
    const input = make("input", { type: "number", min: low + 1, max: high, step: 1, data: { address } });
    const show = bindText(label(input, `${part} of ${voice}, ${low + 1} to ${high}`));
    const shown = (value) => show(value === low ? "" : value);
    store.watch(address, shown);
    input.addEventListener("change", () => {
      if (input.checkValidity()) connection.send(address, input.value === "" ? low : Number(input.value));
      else shown(store.get(address));
    });
    return make("label", { className: "field" }, make("span", { text: part }), input);
  }

  $("sounds").replaceChildren(
    ...voices.map(({ name }) =>
      make("div", { className: "row" }, make("span", { className: "of", text: name }), ...PARTS.map((part) => field(name, part))),
    ),
  );
};
