// The chart with its cursor, its metre and its key; the count-in and the click before it.

import { $, label, make } from "./dom.js";
import { bindField, bindSelect, bindText } from "./inputs.js";
import { parseBars, printedChord } from "./music.js";

export const buildChart = ({ connection, store, controls, clock, click }) => {
  buildBars({ connection, store });
  const control = (address) => controls.find((it) => it.address === address);
  const watchSelect = (name, choices, valueOf = String) =>
    store.watch(`/${name}`, bindSelect($(name), choices, (value) => connection.send(`/${name}`, valueOf(value))));
  watchSelect("metre", control("/metre").choices);
  watchSelect("count-in", [...Array(control("/count-in").high + 1).keys()], Number);
  watchSelect("click", control("/click").choices);
  $("count-in-field").hidden = clock === "midi"; // which counts in by itself
  $("click-field").hidden = !click;
  const sendKey = bindField($("key"), $("no-key"), "/key", { connection, store });
  const showKey = bindText($("key"));
  store.watch("/key", (value) => $("no-key").hidden && showKey(value));
  $("key").onchange = () => sendKey($("key").value.trim() || "auto");
};

const buildBars = ({ connection, store }) => {
  const showText = bindText($("text"));
  const sendChart = bindField($("text"), $("no-chart"), "/chart", { connection, store }, () => {
    open(false);
    $("edit").focus();
  });
  let cells = [];
  const showExpected = () => {
    if (cells.length) return;
    const next = parseBars(store.get("/chords/expected") || "");
    const none = make("li", { className: "none", text: "No chart: press chords, or write one." });
    $("bars").replaceChildren(...(next.length ? next.map(expectedCell) : [none]));
  };
  const open = (on) => {
    $("editor").hidden = !on;
    $("edit").setAttribute("aria-expanded", String(on));
    if (on) $("text").focus();
  };
  store.watch("/chart", (text) => {
    if ($("no-chart").hidden) showText(text);
    const bars = parseBars(text || "");
    $("next").hidden = !bars.some((it) => it.opens);
    cells = bars.map(cellOf);
    $("bars").replaceChildren(...cells);
    showExpected();
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
  store.watch("/chart/bar", mark);
  store.watch("/chords/expected", showExpected);
  $("edit").onclick = () => open($("editor").hidden);
  $("next").onclick = () => connection.send("/chart/next");
  $("leave").onclick = () => sendChart("");
  $("editor").onsubmit = (event) => {
    event.preventDefault();
    sendChart($("text").value.trim());
  };
  $("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("editor").requestSubmit();
  });
};

const cellOf = ({ text, opens, closes }, place) => {
  const cell = make("li", {}, ...text.split(/\s+/).filter(Boolean).map((symbol) =>
    make("span", { text: symbol === "%" ? "%" : printedChord(symbol).join("") })));
  cell.classList.toggle("opens", opens);
  cell.classList.toggle("closes", closes);
  return label(cell, `bar ${place + 1}: ${text}`);
};

// A bar that the band is expected to play, because it has played it twice.
const expectedCell = (bar, place) => {
  const cell = label(cellOf(bar, place), `expected in ${place + 1}: ${bar.text}`);
  cell.classList.add("expected");
  return cell;
};
