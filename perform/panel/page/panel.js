// The panel: builds itself from the table that Sideman greets with, then follows, and says what is done here.

import { ROOT_KEYS, buildChart, buildPads } from "./chords.js";
import { Gauge } from "./gauge.js";
import { buildKnobs, buildSnapshots } from "./knobs.js";
import { Line } from "./line.js";
import { colours as coloured, written } from "./music.js";
import { $, Store, label, make, onOrOff, press, reads, step } from "./parts.js";
import { Roll } from "./roll.js";
import { Synth } from "./synth.js";
import { buildVoices } from "./voices.js";

const TELL_COST = 1000; // ms between two looks at how long drawing takes
const MUTES = "zxcv";

const store = new Store(), gauge = new Gauge();
const coming = []; // beats
let table = "", voices = [], roll = null, synth = null, pads = null, lost = false, answer = "";

// --- what Sideman says --------------------------------------------------------------------------------

const hear = (moment, address, values) => {
  if (address === "/note") {
    const time = line.when(moment);
    roll?.note(time, ...values);
    synth?.note(time, ...values);
  } else if (address === "/beat") {
    const time = line.when(moment);
    roll?.beat(time, ...values);
    coming.push({ time, beat: values[1] });
  } else if (address.startsWith("/state/")) {
    store.set(address.slice(6), values[0]);
  } else if (address === "/chord") {
    roll?.sounds(line.when(moment), values[0]);
  } else if (address === "/stats") {
    gauge.figures(values[0]);
  } else if (address === "/log") {
    const [level, text] = values, news = gauge.isNews(moment, text);
    // what was answered here already comes once more for everybody
    if (news && !text.startsWith(`${answer} (`)) gauge.log(level, text, new Date(moment * 1000));
  } else if (address === "/error") {
    answer = values.filter(Boolean).join(": ");
    gauge.log("error", answer);
    if (!store.refuse(...values)) banner(answer, true);
  } else if (address === "/missed") {
    gauge.log("warning", `${values[0]} had nothing new for bar ${values[1] + 1}`);
  } else if (address === "/browsers") {
    gauge.show("browsers", `${values[0]}`);
  } else if (address === "/hello") {
    greet(values[0]);
  }
};

const greet = (hello) => {
  const now = JSON.stringify(hello);
  if (now === table) return;
  if (table) {
    location.reload(); // another rig: another panel
    return;
  }
  table = now;
  voices = hello.voices;
  const colours = coloured(voices);
  roll = new Roll($("roll"), voices, colours, hello.qualities);
  synth = new Synth(voices);
  const shared = { line, store, ...hello, colours, roll };
  pads = buildPads(shared);
  buildChart(shared);
  buildVoices(shared);
  buildKnobs(shared);
  buildSnapshots(shared);
  buildTop(hello);
  $("legend").replaceChildren(...voices.map(({ name }) => {
    const item = make("li", { text: name });
    item.style.setProperty("--tint", colours.get(name));
    store.follow(`/voice/${name}/mute`, (on) => item.classList.toggle("muted", Boolean(on)));
    return item;
  }));
  // for whoever looks from the console, or measures
  window.sideman = { line, store, roll, synth, gauge };
};

const change = (state, why) => {
  document.body.dataset.link = state;
  if (state === "live") {
    $("link").textContent = "live";
    banner(lost ? "Sideman is back" : "", true);
    if (lost) gauge.log("info", "Sideman is back");
    lost = false;
    return;
  }
  $("link").textContent = "away";
  banner(why);
  if (!lost && table) gauge.log("warning", why);
  lost = Boolean(table) || lost;
  roll?.forget(performance.now());
  synth?.silence();
  rest();
};

let bannerTimer = 0;
const banner = (text, passes = false) => {
  clearTimeout(bannerTimer);
  $("banner").hidden = !text;
  $("banner").textContent = text;
  if (text && passes) bannerTimer = setTimeout(() => ($("banner").hidden = true), 4000);
};

// --- the top line ---------------------------------------------------------------------------------------

const buildTop = ({ controls, beats }) => {
  const tempo = controls.find((it) => it.address === "/tempo");
  Object.assign($("tempo"), { min: tempo.low, max: tempo.high });
  const within = (bpm) => Math.min(Math.max(bpm, tempo.low), tempo.high);
  const shown = reads($("tempo"));
  const tell = (bpm) => shown(Math.round(bpm * 10) / 10);
  store.follow("/tempo", tell);
  $("tempo").onchange = () => Number($("tempo").value) && line.say("/tempo", within(Number($("tempo").value)));
  $("tempo").onblur = () => Number($("tempo").value) || tell(store.get("/tempo"));
  $("slower").onclick = () => step({ line, store }, "/tempo", (bpm) => within(Math.round(bpm) - 1));
  $("faster").onclick = () => step({ line, store }, "/tempo", (bpm) => within(Math.round(bpm) + 1));
  $("tap").onpointerdown = () => line.say("/tap");
  $("tap").onclick = (event) => event.detail === 0 && line.say("/tap");
  for (const action of ["start", "stop", "continue"]) $(action).onclick = () => line.say("/transport", action);
  store.follow("/transport", (action) => {
    press($("start"), action !== "stop");
    press($("stop"), action === "stop");
    if (action === "stop") rest();
  });
  store.follow("/metre", (metre) => $("lamps").replaceChildren(...Array.from({ length: beats[metre] }, () => make("i"))));
  store.follow("/chord", (symbol) => {
    const [root, quality, bass] = written(symbol);
    $("chord").replaceChildren(make("b", { text: root }), make("sup", { text: quality }), make("small", { text: bass }));
    label($("chord"), `Chord ${symbol}`);
  });
  $("more").onclick = () => line.say("/more");
  $("no").onclick = () => line.say("/no");
  $("panic").onclick = panic;
  $("listen").onclick = listen;
};

const panic = () => {
  line.say("/panic");
  synth?.silence();
};

const listen = async () => {
  try {
    await (synth.on ? synth.stop() : synth.start());
  } catch (fault) {
    gauge.log("error", `This browser makes no sound: ${fault.message}`);
  }
  press($("listen"), synth.on);
};

const startOrStop = () => step({ line, store }, "/transport", (was) => (was === "stop" ? "start" : "stop"));

// --- views and keys -------------------------------------------------------------------------------------

const view = (to) => {
  document.body.dataset.view = to;
  for (const tab of document.querySelectorAll("[data-to]")) {
    if (tab.dataset.to === to) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (to === "engine") gauge.mark(0);
};
for (const tab of document.querySelectorAll("[data-to]")) tab.onclick = () => view(tab.dataset.to);
// On a wide screen playing is always seen, so that beside it something else opens.
const wide = matchMedia("(min-width: 1000px)");
const fit = () => view(wide.matches ? "shape" : "play");
wide.onchange = fit;
fit();
$("banner").onclick = () => ($("banner").hidden = true);
new ResizeObserver(([it]) => document.documentElement.style.setProperty("--head", `${it.target.offsetHeight}px`)).observe(document.querySelector("header"));
$("keys").onclick = () => $("manual").showModal();

const KEYS = {
  " ": startOrStop,
  b: () => line.say("/tap"),
  "+": () => line.say("/more"),
  "-": () => line.say("/no"),
  r: () => line.say("/chord", "N.C."),
  n: () => line.say("/chart/next"),
  l: listen,
  "?": () => $("manual").showModal(),
};

// What a key does, if anything.
const meaning = (key, code) => {
  const column = ROOT_KEYS.indexOf(key), voice = voices[MUTES.indexOf(key)];
  if (column >= 0) return () => pads.root(column, code);
  if (/^[1-9]$/.test(key)) return () => pads.kind(Number(key) - 1);
  return voice ? () => mute(voice.name) : KEYS[key];
};

document.addEventListener("keydown", (event) => {
  const at = event.target, typing = at.matches("textarea, select, input:not([type=range])");
  if (event.ctrlKey || event.metaKey || event.altKey || !table || $("manual").open) return;
  if (event.key === "Escape" && !typing) panic();
  if (event.key === "Escape" && typing) at.blur();
  const key = event.key.toLowerCase(), act = meaning(key, event.code);
  if (typing || !act || (key === " " && at.matches("button"))) return; // space presses the button
  event.preventDefault();
  if (!event.repeat) act();
});
document.addEventListener("keyup", (event) => pads?.lift(event.code));

const mute = (name) => step({ line, store }, `/voice/${name}/mute`, onOrOff);

// --- each frame -----------------------------------------------------------------------------------------

let told = 0;
const frame = (now) => {
  requestAnimationFrame(frame);
  while (coming.length && coming[0].time <= now) light(coming.shift().beat);
  if (roll?.busy) roll.draw(performance.now());
  if (now - told > TELL_COST) {
    told = now;
    if (roll) gauge.show("a frame takes", `${roll.cost().p50.toFixed(1)} ms`);
    if (line.known) gauge.show("there and back", `${line.trip.toFixed(1)} ms`);
  }
};

const light = (beat) => {
  [...$("lamps").children].forEach((lamp, place) => lamp.classList.toggle("lit", place === beat));
  label($("lamps"), beat < 0 ? "beat" : `beat ${beat + 1}`);
};

// No beat comes.
const rest = () => {
  coming.length = 0;
  light(-1);
};

const line = new Line(hear, change);
requestAnimationFrame(frame);
