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
    area.style.setProperty("--turn", turn.whose === "player" ? "" : colours.get(turn.names[0]));
    const left = turn.bars === 1 ? "last bar" : `${turn.bars} bars`;
    const text = turn.whose === "player" ? "Your turn" : turn.names.length > 2 ? "Sideman" : turn.names.join(" + ");
    $("turn").replaceChildren(make("b", { text }), make("span", { text: left }));
  };
  for (const { name } of voices)
    for (const last of ["turn", "turn/bars", "mute"]) store.watch(`/voice/${name}/${last}`, showTurn);
};

const hint = (store) => {
  const stopped = store.get("/transport") === "stop", symbol = store.get("/chord") || "N.C.";
  if (store.get("/chart")) return stopped ? "Stopped. Start plays the chart." : "";
  if (symbol === "N.C.") return stopped ? "Press a chord." : "No chord: press one, or write a chart.";
  return stopped ? `Stopped. Start plays over ${printedChord(symbol).join("")}.` : "";
};

// {whose, names, bars}: "voice" or "player", the voices whose turn it is, and the bars until a turn
// ends; null where no voice takes turns. With several voices it is the player's turn when all rest.
const turnOf = (store, voices) => {
  const taking = voices.map(({ name }) => name)
    .filter((name) => store.get(`/voice/${name}/turn`) && !store.get(`/voice/${name}/mute`));
  if (!taking.length) return null;
  const names = taking.filter((name) => store.get(`/voice/${name}/turn`) === "voice");
  const bars = Math.min(...(names.length ? names : taking).map((name) => store.get(`/voice/${name}/turn/bars`)));
  return { whose: names.length ? "voice" : "player", names, bars };
};
