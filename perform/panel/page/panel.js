// The panel: builds the page from the daemon's greeting, shows its messages, and sends the user's.

import { buildChart } from "./chart.js";
import { Connection } from "./connection.js";
import { $, label, make, press } from "./dom.js";
import { bindText } from "./inputs.js";
import { printedChord, voiceColours } from "./music.js";
import { ROOT_KEYS, buildPads } from "./pads.js";
import { buildParameters, buildSnapshots } from "./parameters.js";
import { Roll } from "./roll.js";
import { buildSongs } from "./songs.js";
import { buildSounds } from "./sounds.js";
import { StatsView } from "./stats.js";
import { buildStatus } from "./status.js";
import { Store, step, toggled } from "./store.js";
import { Synth } from "./synth.js";
import { buildTransposition } from "./transposition.js";
import { buildVoices } from "./voices.js";

const COST_EVERY = 1000; // ms between two updates of the drawing time
const MUTE_KEYS = "zxcv";

const store = new Store(), stats = new StatsView();
const beats = []; // that are still to be shown
let greeting = "", voices = [], roll = null, synth = null, pads = null, lost = false, lastError = "";

// --- messages of the daemon -----------------------------------------------------------------------------

const handle = (moment, address, values) => {
  if (address === "/note") {
    const time = connection.localTime(moment);
    roll?.note(time, ...values);
    synth?.note(time, ...values);
  } else if (address === "/beat") {
    const time = connection.localTime(moment);
    roll?.beat(time, ...values);
    beats.push({ time, bar: values[0], beat: values[1] });
  } else if (address.startsWith("/state/")) {
    store.set(address.slice(6), values[0]);
  } else if (address === "/chord") {
    roll?.chordSounds(connection.localTime(moment), values[0]);
  } else if (address === "/stats") {
    stats.update(values[0]);
  } else if (address === "/log") {
    const [level, text] = values, isNew = stats.isNew(moment, text);
    // an error of this browser also comes as a line of the log
    if (isNew && !text.startsWith(`${lastError} (`)) stats.log(level, text, new Date(moment * 1000));
  } else if (address === "/error") {
    lastError = values.filter(Boolean).join(": ");
    stats.log("error", lastError);
    if (!store.reject(...values)) showBanner(lastError, true);
  } else if (address === "/missed") {
    stats.log("warning", `${values[0]} had nothing new for bar ${values[1] + 1}`);
  } else if (address === "/browsers") {
    stats.show("browsers", `${values[0]}`);
  } else if (address === "/hello") {
    build(values[0]);
  }
};

const build = (hello) => {
  const text = JSON.stringify(hello);
  if (text === greeting) return;
  if (greeting) {
    location.reload(); // the rig has changed
    return;
  }
  greeting = text;
  voices = hello.voices;
  const colours = voiceColours(voices);
  roll = new Roll($("roll"), voices, colours, hello.qualities);
  synth = new Synth(voices);
  const shared = { connection, store, ...hello, colours, roll };
  pads = buildPads(shared);
  buildChart(shared);
  buildSongs(shared);
  buildVoices(shared);
  buildTransposition(shared);
  buildSounds(shared);
  buildParameters(shared);
  buildSnapshots(shared);
  buildStatus(shared);
  buildHeader(hello);
  $("legend").replaceChildren(...voices.map(({ name }) => {
    const item = make("li", { text: name });
    item.style.setProperty("--tint", colours.get(name));
    store.watch(`/voice/${name}/mute`, (on) => item.classList.toggle("muted", Boolean(on)));
    return item;
  }));
  // for the browser's console, and for tests
  window.sideman = { connection, store, roll, synth, stats };
};

const connectionChanged = (state, reason) => {
  document.body.dataset.link = state;
  if (state === "live") {
    $("link").textContent = "live";
    showBanner(lost ? "Sideman is back" : "", true);
    if (lost) stats.log("info", "Sideman is back");
    lost = false;
    return;
  }
  $("link").textContent = "away";
  showBanner(reason);
  if (!lost && greeting) stats.log("warning", reason);
  lost = Boolean(greeting) || lost;
  roll?.endNotes(performance.now());
  synth?.silence();
  clearBeats();
};

let bannerTimer = 0;
const showBanner = (text, brief = false) => {
  clearTimeout(bannerTimer);
  $("banner").hidden = !text;
  $("banner").textContent = text;
  if (text && brief) bannerTimer = setTimeout(() => ($("banner").hidden = true), 4000);
};

// --- the header -----------------------------------------------------------------------------------------

const buildHeader = ({ controls, beats: beatsOfMetre, clock }) => {
  buildTempo(controls.find((it) => it.address === "/tempo"));
  for (const action of ["start", "stop", "continue"]) $(action).onclick = () => connection.send("/transport", action);
  store.watch("/transport", (action) => {
    press($("start"), action !== "stop");
    press($("stop"), action === "stop");
    if (action !== "stop") return;
    clearBeats();
    synth?.silence();
  });
  store.watch("/metre", (metre) => {
    $("lamps").replaceChildren(...Array.from({ length: beatsOfMetre[metre] }, () => make("i")));
  });
  store.watch("/chord", (symbol) => {
    const [root, quality, bass] = printedChord(symbol);
    $("chord").replaceChildren(make("b", { text: root }), make("sup", { text: quality }), make("small", { text: bass }));
    label($("chord"), `Chord ${symbol}`);
  });
  $("sync").hidden = clock !== "link";
  store.watch("/sync", (on) => press($("sync"), on));
  $("sync").onclick = () => step({ connection, store }, "/sync", (on) => Number(!on));
  $("more").onclick = () => connection.send("/more");
  $("no").onclick = () => connection.send("/no");
  $("panic").onclick = panic;
  $("clear-keys").onclick = () => connection.send("/keys/clear");
  $("listen").onclick = listen;
};

const buildTempo = ({ low, high }) => {
  const input = $("tempo"), within = (bpm) => Math.min(Math.max(bpm, low), high);
  Object.assign(input, { min: low, max: high });
  const showText = bindText(input);
  const show = (bpm) => showText(Math.round(bpm * 10) / 10);
  store.watch("/tempo", show);
  // a rejected tempo goes back to the true one, and so does one that the daemon does not receive
  input.onchange = () => {
    if (Number(input.value) && connection.live) connection.send("/tempo", Number(input.value));
    else show(store.get("/tempo"));
  };
  $("slower").onclick = () => step({ connection, store }, "/tempo", (bpm) => within(Math.round(bpm) - 1));
  $("faster").onclick = () => step({ connection, store }, "/tempo", (bpm) => within(Math.round(bpm) + 1));
  $("tap").onpointerdown = () => connection.send("/tap");
  $("tap").onclick = (event) => event.detail === 0 && connection.send("/tap");
};

const panic = () => {
  connection.send("/panic");
  synth?.silence();
};

const listen = async () => {
  try {
    await (synth.on ? synth.stop() : synth.start());
  } catch (error) {
    stats.log("error", `This browser makes no sound: ${error.message}`);
  }
  press($("listen"), synth.on);
};

const startOrStop = () => step({ connection, store }, "/transport", (was) => (was === "stop" ? "start" : "stop"));

const mute = (name) => step({ connection, store }, `/voice/${name}/mute`, toggled);

// --- views and keys -------------------------------------------------------------------------------------

const showView = (name) => {
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll("[data-to]")) {
    if (tab.dataset.to === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (name === "engine") stats.showUnseen(0);
};
for (const tab of document.querySelectorAll("[data-to]")) tab.onclick = () => showView(tab.dataset.to);
// a wide screen always shows the play view, and another view beside it
const wide = matchMedia("(min-width: 1000px)");
const showFirstView = () => showView(wide.matches ? "shape" : "play");
wide.onchange = showFirstView;
showFirstView();
$("banner").onclick = () => ($("banner").hidden = true);
const setHeaderHeight = ([it]) => document.documentElement.style.setProperty("--head", `${it.target.offsetHeight}px`);
new ResizeObserver(setHeaderHeight).observe(document.querySelector("header"));
$("keys").onclick = () => $("manual").showModal();

const KEYS = {
  " ": startOrStop,
  b: () => connection.send("/tap"),
  "+": () => connection.send("/more"),
  "-": () => connection.send("/no"),
  r: () => connection.send("/chord", "N.C."),
  n: () => connection.send("/chart/next"),
  pagedown: () => connection.send("/song/next"), // also of pedals that turn pages
  pageup: () => connection.send("/song/previous"),
  l: listen,
  "?": () => $("manual").showModal(),
};

// The action of a key; undefined for a key without one.
const actionOf = (key, code) => {
  const column = ROOT_KEYS.indexOf(key), voice = voices[MUTE_KEYS.indexOf(key)];
  if (column >= 0) return () => pads.playRoot(column, code);
  if (/^[1-9]$/.test(key)) return () => pads.chooseQuality(Number(key) - 1);
  return voice ? () => mute(voice.name) : KEYS[key];
};

document.addEventListener("keydown", (event) => {
  const target = event.target, typing = target.matches("textarea, select, input:not([type=range])");
  if (event.ctrlKey || event.metaKey || event.altKey || !greeting || $("manual").open) return;
  if (event.key === "Escape" && !typing) panic();
  if (event.key === "Escape" && typing) target.blur();
  const key = event.key.toLowerCase(), act = actionOf(key, event.code);
  if (key.startsWith("page") && $("set").hidden) return; // they scroll the page
  if (typing || !act || (key === " " && target.matches("button"))) return; // space presses a button
  event.preventDefault();
  if (!event.repeat) act();
});
document.addEventListener("keyup", (event) => pads?.release(event.code));

// --- each frame -----------------------------------------------------------------------------------------

let lastCost = 0;
const drawFrame = (now) => {
  requestAnimationFrame(drawFrame);
  while (beats.length && beats[0].time <= now) showBeat(beats.shift());
  if (roll?.busy) roll.draw(performance.now());
  if (now - lastCost > COST_EVERY) {
    lastCost = now;
    if (roll) stats.show("a frame takes", `${roll.cost().p50.toFixed(1)} ms`);
    if (connection.synchronised) stats.show("round trip", `${connection.roundTrip.toFixed(1)} ms`);
  }
};

// Bars below 0 are those of a count-in.
const showBeat = ({ bar, beat }) => {
  [...$("lamps").children].forEach((lamp, place) => lamp.classList.toggle("lit", place === beat));
  label($("lamps"), beat < 0 ? "beat" : `beat ${beat + 1}`);
  $("count").hidden = bar >= 0;
  if (bar >= 0) return;
  const more = bar < -1 && make("span", { text: bar < -2 ? `${-bar - 1} more bars` : "1 more bar" });
  $("count").replaceChildren(make("span", { text: "count-in" }), make("b", { text: beat + 1 }), ...(more ? [more] : []));
};

const clearBeats = () => {
  beats.length = 0;
  showBeat({ bar: 0, beat: -1 });
};

const connection = new Connection(handle, connectionChanged);
requestAnimationFrame(drawFrame);
