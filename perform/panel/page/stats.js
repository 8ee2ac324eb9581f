// The stats of the daemon, the histogram of lateness, and the log.

import { $, make } from "./dom.js";

const FINEST = 0.001, COARSEST = 100; // ms, both ends of the histogram
const BINS_PER_DECADE = 8, AUDIBLE = 5; // ms from which lateness can be heard
const MAX_LINES = 100, MAX_KNOWN_LINES = 500;
const COLOURS = { info: "#a79fb5", warning: "#ffcf70", error: "#ff8f8f" };

const ms = (value) => (value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2));

export class StatsView {
  constructor() {
    this.rows = new Map();
    this.unseen = 0;
    this.known = new Set();
    new ResizeObserver(() => this.stats && this.draw()).observe($("late"));
  }

  // Show the daemon's stats, which come once a second.
  update(stats) {
    this.stats = stats;
    this.show("notes", `${stats.notes}`);
    this.show("audibly late", `${stats.late}`, stats.late > 0);
    this.show("half within", `${ms(stats.late_p50)} ms`);
    this.show("99 % within", `${ms(stats.late_p99)} ms`);
    this.show("worst", `${ms(stats.late_max)} ms`, stats.late_max > AUDIBLE);
    this.show("stalls", `${stats.stalls}`, stats.stalls > 0);
    this.show("bars", `${stats.bars}`);
    this.show("phrases late", `${stats.late_phrases}`, stats.late_phrases > 0);
    this.show("bars missed", `${stats.missed}`, stats.missed > 0);
    this.show("bars substituted", `${stats.substituted}`, stats.substituted > 0);
    if (document.body.dataset.view === "engine" || $("late").offsetParent) this.draw();
  }

  // Show one value in the table.
  show(name, value, bad = false) {
    let row = this.rows.get(name);
    if (!row) {
      row = make("dd");
      this.rows.set(name, row);
      $("stats").append(make("div", {}, make("dt", { text: name }), row));
    }
    if (row.textContent !== value) row.textContent = value;
    row.classList.toggle("bad", bad);
  }

  // Draw the notes by lateness, on a logarithmic scale; the line is where lateness becomes audible.
  draw() {
    const canvas = $("late"), wide = canvas.clientWidth, tall = canvas.clientHeight;
    if (!wide) return;
    const scale = Math.min(devicePixelRatio || 1, 2), g = canvas.getContext("2d");
    canvas.width = wide * scale;
    canvas.height = tall * scale;
    g.scale(scale, scale);
    const decades = Math.log10(COARSEST / FINEST), count = Math.round(decades * BINS_PER_DECADE);
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
    g.fillRect(place(AUDIBLE) * wide, 0, 1.5, floor);
    bins.forEach((notes, bin) => {
      if (!notes) return;
      const high = Math.max(3, (notes / most) * (floor - 4)), edge = FINEST * 10 ** ((bin + 1) / BINS_PER_DECADE);
      g.fillStyle = edge > AUDIBLE ? "#ff8f8f" : "#49d6cf";
      g.fillRect(bin * step + 0.5, floor - high, Math.max(step - 1, 1), high);
    });
    canvas.setAttribute("aria-label",
      `Lateness of ${this.stats.notes} notes: half within ${ms(this.stats.late_p50)} ms, 99 % within ${ms(this.stats.late_p99)} ms`);
  }

  // Whether a line of the daemon's log is new: after a reconnection the last lines come again.
  isNew(moment, text) {
    const line = `${moment} ${text}`, isNew = !this.known.has(line);
    this.known.add(line);
    if (this.known.size > MAX_KNOWN_LINES) this.known.delete(this.known.values().next().value);
    return isNew;
  }

  // Add a line to the log, the newest first; a repeated line is counted.
  log(level, text, time = new Date()) {
    const first = $("log").firstElementChild;
    if (first?.dataset.text === text) {
      first.dataset.count = Number(first.dataset.count ?? 1) + 1;
      first.querySelector("i").textContent = `× ${first.dataset.count}`;
      return;
    }
    const line = make("li", { data: { text } },
      make("time", { text: time.toTimeString().slice(0, 8) }), make("span", { text }), make("i"));
    line.style.color = COLOURS[level] ?? COLOURS.info;
    $("log").prepend(line);
    while ($("log").children.length > MAX_LINES) $("log").lastElementChild.remove();
    if (level !== "info" && document.body.dataset.view !== "engine") this.showUnseen(this.unseen + 1);
  }

  // Show how many lines the user has not seen.
  showUnseen(unseen) {
    this.unseen = unseen;
    $("unseen").hidden = !unseen;
    $("unseen").textContent = unseen > 9 ? "9+" : unseen;
  }
}
