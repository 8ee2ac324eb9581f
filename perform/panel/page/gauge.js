// What the engine counts: how late notes were sent, how long messages take, and what went wrong.

import { $, make } from "./parts.js";

const FINEST = 0.001, COARSEST = 100; // ms, both ends of the histogram
const BINS_A_DECADE = 8, HEARD = 5; // ms from which lateness is heard
const MOST_LINES = 100, MOST_TOLD = 500;
const COLOURS = { info: "#a79fb5", warning: "#ffcf70", error: "#ff8f8f" };

const ms = (value) => (value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2));

export class Gauge {
  constructor() {
    this.rows = new Map();
    this.unseen = 0;
    this.told = new Set();
    new ResizeObserver(() => this.stats && this.draw()).observe($("late"));
  }

  // The figures of the daemon, once a second.
  figures(stats) {
    this.stats = stats;
    this.show("notes", `${stats.notes}`);
    this.show("heard late", `${stats.late}`, stats.late > 0);
    this.show("half within", `${ms(stats.late_p50)} ms`);
    this.show("99 % within", `${ms(stats.late_p99)} ms`);
    this.show("worst", `${ms(stats.late_max)} ms`, stats.late_max > HEARD);
    this.show("bars", `${stats.bars}`);
    this.show("phrases late", `${stats.late_phrases}`, stats.late_phrases > 0);
    this.show("bars missed", `${stats.missed}`, stats.missed > 0);
    this.show("bars substituted", `${stats.substituted}`, stats.substituted > 0);
    if (document.body.dataset.view === "engine" || $("late").offsetParent) this.draw();
  }

  show(name, value, bad = false) {
    let row = this.rows.get(name);
    if (!row) {
      row = make("dd");
      this.rows.set(name, row);
      $("figures").append(make("div", {}, make("dt", { text: name }), row));
    }
    if (row.textContent !== value) row.textContent = value;
    row.classList.toggle("bad", bad);
  }

  // Notes by lateness on a logarithmic scale; the mark is where lateness begins to be heard.
  draw() {
    const canvas = $("late"), wide = canvas.clientWidth, tall = canvas.clientHeight;
    if (!wide) return;
    const scale = Math.min(devicePixelRatio || 1, 2), g = canvas.getContext("2d");
    canvas.width = wide * scale;
    canvas.height = tall * scale;
    g.scale(scale, scale);
    const decades = Math.log10(COARSEST / FINEST), count = Math.round(decades * BINS_A_DECADE);
    const bins = new Array(count).fill(0);
    const place = (value) => Math.log10(value / FINEST) / decades;
    for (const [name, notes] of Object.entries(this.stats)) {
      if (!name.startsWith("under/")) continue;
      const bin = Math.floor(place(Number(name.slice(6)) * 0.999) * count);
      bins[Math.min(Math.max(bin, 0), count - 1)] += notes;
    }
    const most = Math.max(...bins, 1), floor = tall - 16, step = wide / count;
    g.font = "10px system-ui, sans-serif";
    for (let value = FINEST; value <= COARSEST; value *= 10) {
      const x = place(value) * wide, text = value < 1 ? `${Math.round(value * 1000)} µs` : `${Math.round(value)} ms`;
      g.fillStyle = "#2a2635";
      g.fillRect(Math.min(x, wide - 1), 0, 1, floor);
      g.fillStyle = "#8b8399";
      g.textAlign = value === FINEST ? "left" : x > wide - 20 ? "right" : "center";
      g.fillText(text, x, tall - 3);
    }
    g.fillStyle = "#ff8f8f";
    g.fillRect(place(HEARD) * wide, 0, 1.5, floor);
    bins.forEach((notes, bin) => {
      if (!notes) return;
      const high = Math.max(3, (notes / most) * (floor - 4)), edge = FINEST * 10 ** ((bin + 1) / BINS_A_DECADE);
      g.fillStyle = edge > HEARD ? "#ff8f8f" : "#49d6cf";
      g.fillRect(bin * step + 0.5, floor - high, Math.max(step - 1, 1), high);
    });
    canvas.setAttribute("aria-label",
      `Lateness of ${this.stats.notes} notes: half within ${ms(this.stats.late_p50)} ms, 99 % within ${ms(this.stats.late_p99)} ms`);
  }

  // Whether a line of Sideman's log is new here: whoever comes again is told the last ones once more.
  isNews(moment, text) {
    const line = `${moment} ${text}`, news = !this.told.has(line);
    this.told.add(line);
    if (this.told.size > MOST_TOLD) this.told.delete(this.told.values().next().value);
    return news;
  }

  // A line of the log; the newest stands first.
  log(level, text, time = new Date()) {
    const first = $("log").firstElementChild;
    if (first?.dataset.text === text) {
      first.dataset.times = Number(first.dataset.times ?? 1) + 1;
      first.querySelector("i").textContent = `× ${first.dataset.times}`;
      return;
    }
    const line = make("li", { data: { text } },
      make("time", { text: time.toTimeString().slice(0, 8) }), make("span", { text }), make("i"));
    line.style.color = COLOURS[level] ?? COLOURS.info;
    $("log").prepend(line);
    while ($("log").children.length > MOST_LINES) $("log").lastElementChild.remove();
    if (level !== "info" && document.body.dataset.view !== "engine") this.mark(this.unseen + 1);
  }

  mark(unseen) {
    this.unseen = unseen;
    $("unseen").hidden = !unseen;
    $("unseen").textContent = unseen > 9 ? "9+" : unseen;
  }
}
