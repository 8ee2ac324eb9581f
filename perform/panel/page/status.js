// Over the roll, readable from afar: what is missing for music, and whose turn it is.

import { $, make } from "./dom.js";
import { printedChord } from "./music.js";

export const buildStatus = ({ store, voices, colours }) => {
  const showHint = () => {
    const text = hint(store);
    $("hint").textContent = text;
    $("hint").hidden = !text;
  };
  for (const address of ["/transport", "/chord", "/chart"]) store.watch(address, showHint);
  const showTurn = () => {
    const turn = turnOf(store, voices);
    $("turn").hidden = !turn;
    const area = $("turn").parentElement;
    area.dataset.turn = turn?.whose ?? "";
    if (!turn) return;
    area.style.setProperty("--turn", turn.whose === "player" ? "" : colours.get(turn.names[0]) ?? "");
    const left = turn.bars === 1 ? "last bar" : `${turn.bars} bars`;
    const several = turn.names.length > 2 ? "Sideman" : turn.names.join(" + ");
    const text = turn.whose === "player" ? "Your turn" : several || "Sideman";
    $("turn").replaceChildren(make("b", { text }), make("span", { text: left }));
  };
  for (const address of ["/turn", "/turn/bars"]) store.watch(address, showTurn);
  for (const { name } of voices)
    for (const last of ["turn", "mute", "solo"]) store.watch(`/voice/${name}/${last}`, showTurn);
};

const hint = (store) => {
  const stopped = store.get("/transport") === "stop", symbol = store.get("/chord") || "N.C.";
  if (store.get("/chart")) return stopped ? "Stopped. Start plays the chart." : "";
  if (symbol === "N.C.") return stopped ? "Press a chord." : "No chord: press one, or write a chart.";
  return stopped ? `Stopped. Start plays over ${printedChord(symbol).join("")}.` : "";
};

// {whose, names, bars}: "voice" or "player", the voices that can be heard whose turn it is, and the
// bars until a turn ends; null where no voice takes turns.
const turnOf = (store, voices) => {
  const whose = store.get("/turn");
  if (!whose) return null;
  const of = (name, last) => store.get(`/voice/${name}/${last}`);
  const all = voices.map(({ name }) => name), soloed = all.some((name) => of(name, "solo"));
  const names = all.filter((name) =>
    of(name, "turn") === "voice" && !of(name, "mute") && (!soloed || of(name, "solo")));
  return { whose, names, bars: store.get("/turn/bars") };
};
