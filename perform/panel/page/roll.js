// The live piano roll: notes move to the left, the line is now, and the chords are above.

import { parseChord, pitchName, printedChord } from "./music.js";

const SECONDS_WIDE = 8, SECONDS_NARROW = 5, NARROW = 560; // CSS pixels
const NOW_AT = 0.9, TOP = 22, BOTTOM = 14;
const MARGIN = 29, LINE = 12; // CSS pixels: the width of the octave names, the height of a name
const MAX_NOTES = 3000, FRAMES_KEPT = 600;
const MAX_SCALE = 2; // device pixels per CSS pixel; more is not visible, and costs time

// older browsers lack it
CanvasRenderingContext2D.prototype.roundRect ??= CanvasRenderingContext2D.prototype.rect;

export class Roll {
  // `voices`: [{name, low, high}]; `colours`: by name; `qualities`: intervals by name.
  constructor(canvas, voices, colours, qualities) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.colours = colours;
    this.qualities = qualities;
    this.low = Math.min(...voices.map((it) => it.low)) - 2;
    this.high = Math.max(...voices.map((it) => it.high)) + 2;
    this.notes = [];
    this.active = new Map();
    this.beats = [];
    this.chords = [];
    this.muted = new Set();
    this.chord = null;
    this.frames = new Float32Array(FRAMES_KEPT);
    this.framesDrawn = 0;
    this.backdrop = document.createElement("canvas");
    this.reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  // --- events; times in ms of performance.now() -----------------------------------------------------

  note(time, voice, pitch, velocity) {
    const key = `${voice}/${pitch}`, open = this.active.get(key);
    if (open) {
      open.end = Math.max(time, open.start + 15);
      this.active.delete(key);
    }
    if (!velocity) return;
    const note = { voice, pitch, velocity, start: time, end: Infinity };
    this.notes.push(note);
    this.active.set(key, note);
    if (this.notes.length > MAX_NOTES) this.notes.shift();
  }

  beat(time, bar, beat) {
    this.beats.push({ time, bar, beat });
  }

  chordSounds(time, symbol) {
    if (symbol === this.chords.at(-1)?.symbol) return;
    this.chords.push({ time, symbol, text: printedChord(symbol).join("") });
    this.chord = parseChord(symbol);
    this.paintBackdrop();
  }

  // End all notes: without a connection their ends are not known.
  endNotes(time) {
    for (const note of this.active.values()) note.end = time;
    this.active.clear();
  }

  mute(voice, muted) {
    if (muted) this.muted.add(voice);
    else this.muted.delete(voice);
  }

  // --- drawing --------------------------------------------------------------------------------------

  resize() {
    this.scale = Math.min(devicePixelRatio || 1, MAX_SCALE);
    this.width = this.canvas.clientWidth || 300;
    this.height = this.canvas.clientHeight || 150;
    this.canvas.width = this.backdrop.width = Math.round(this.width * this.scale);
    this.canvas.height = this.backdrop.height = Math.round(this.height * this.scale);
    this.seconds = this.width < NARROW ? SECONDS_NARROW : SECONDS_WIDE;
    this.now = Math.round(this.width * NOW_AT);
    this.row = (this.height - TOP - BOTTOM) / (this.high - this.low + 1);
    this.speed = this.now / (this.seconds * 1000);
    this.paintBackdrop();
  }

  y(pitch) {
    return TOP + (this.high - pitch) * this.row;
  }

  // Draw what changes only with the chord: a lane for each chord tone, brighter for the root.
  paintBackdrop() {
    this.changed = true;
    const g = this.backdrop.getContext("2d", { alpha: false });
    g.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    g.fillStyle = "#0f0d14";
    g.fillRect(0, 0, this.width, this.height);
    const tones = this.chord && this.qualities[this.chord.quality];
    const roots = [];
    for (let pitch = this.low; pitch <= this.high; pitch++) {
      const interval = tones ? (pitch - this.chord.root + 120) % 12 : pitch % 12;
      const inside = tones ? tones.some((tone) => tone % 12 === interval) : interval === 0;
      if (!inside) continue;
      g.fillStyle = interval ? "#17141f" : "#262033";
      g.fillRect(0, this.y(pitch), this.width, Math.max(this.row, 1));
      if (!interval) roots.push(pitch);
    }
    this.nameOctaves(g, roots);
  }

  // Name the roots from the lowest up, as far as there is space.
  nameOctaves(g, roots) {
    g.font = "600 10px system-ui, sans-serif";
    g.textBaseline = "middle";
    g.fillStyle = "#7d7590";
    let last = Infinity;
    for (const pitch of roots) {
      const y = this.y(pitch) + this.row / 2 + 0.5;
      if (last - y < LINE) continue;
      g.fillText(pitchName(pitch), 5, y);
      last = y;
    }
  }

  draw(now) {
    const started = performance.now(), g = this.context;
    this.changed = false;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.drawImage(this.backdrop, 0, 0);
    g.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    const span = this.seconds * 1000;
    // with reduced motion the page fills from left to right, and then starts again
    const first = this.reducedMotion.matches ? Math.floor(now / span) * span : now - span;
    const line = (now - first) * this.speed;
    this.prune(first - 1000);
    this.drawBeats(g, first, now);
    this.drawNotes(g, first, now, line);
    if (!this.reducedMotion.matches) this.drawMargin(g);
    this.drawChords(g, first, now);
    g.fillStyle = this.active.size ? "#fff3dc" : "#6d6580";
    g.fillRect(line, TOP - 4, 1.5, this.height - TOP - BOTTOM + 8);
    this.drawNames(g, line);
    this.frames[this.framesDrawn++ % FRAMES_KEPT] = performance.now() - started;
  }

  drawBeats(g, first, now) {
    g.font = "500 10px system-ui, sans-serif";
    g.textBaseline = "alphabetic";
    for (const { time, bar, beat } of this.beats) {
      if (time > now) break;
      const x = Math.round((time - first) * this.speed);
      g.fillStyle = beat ? "#221e2c" : "#4a4358";
      g.fillRect(x, TOP, 1, this.height - TOP - BOTTOM);
      if (!beat) {
        g.fillStyle = "#8b8399";
        g.fillText(bar < 0 ? "count-in" : String(bar + 1), x + 3, this.height - 3);
      }
    }
  }

  drawNotes(g, first, now, line) {
    const tall = Math.max(this.row, 5), round = Math.min(tall / 2, 3);
    for (const note of this.notes) {
      if (note.start > now) continue;
      const open = note.end > now;
      const left = (note.start - first) * this.speed;
      const right = open ? line : (note.end - first) * this.speed;
      const y = this.y(note.pitch) + (this.row - tall) / 2;
      g.globalAlpha = this.muted.has(note.voice) ? 0.25 : 0.5 + note.velocity / 254;
      g.fillStyle = open ? "#fff3dc" : this.colours.get(note.voice) || "#ffffff";
      g.beginPath();
      g.roundRect(left, y, Math.max(right - left - 1, 2), tall, round);
      g.fill();
      if (open) {
        g.globalAlpha = 1;
        g.fillStyle = this.colours.get(note.voice) || "#ffffff";
        g.fillRect(left, y, Math.max(right - left - 3, 2), tall);
      }
    }
    g.globalAlpha = 1;
  }

  // Draw the octave names again, over the notes at the left edge.
  drawMargin(g) {
    const high = this.height - TOP - BOTTOM, { scale } = this;
    g.drawImage(this.backdrop, 0, TOP * scale, MARGIN * scale, high * scale, 0, TOP, MARGIN, high);
  }

  drawChords(g, first, now) {
    g.font = "600 12px system-ui, sans-serif";
    g.textBaseline = "middle";
    let free = Infinity; // from the right, so that nothing covers the newest chord
    for (let i = this.chords.length - 1; i >= 0; i--) {
      const { time, text } = this.chords[i];
      if (time > now) continue;
      const x = Math.max((time - first) * this.speed, 4), wide = g.measureText(text).width;
      if (x + wide + 8 < free) {
        g.fillStyle = i === this.chords.length - 1 ? "#ffd9a0" : "#b3aabf";
        g.fillText(text, x + 3, TOP / 2);
        free = x;
      }
      if (time < first) break;
    }
  }

  // Name the sounding notes beside the line; no name covers another or leaves the roll.
  drawNames(g, line) {
    g.font = "700 11px system-ui, sans-serif";
    g.textBaseline = "middle";
    const rows = Math.floor((this.height - TOP) / LINE);
    const sounding = [...this.active.values()].sort((a, b) => b.pitch - a.pitch).slice(0, rows);
    const places = [];
    for (const { pitch } of sounding) places.push(Math.max(this.y(pitch) + this.row / 2, (places.at(-1) ?? -99) + LINE));
    sounding.forEach((note, place) => {
      const lowest = this.height - LINE / 2 - (places.length - 1 - place) * LINE;
      g.fillStyle = this.colours.get(note.voice) || "#ffffff";
      g.fillText(pitchName(note.pitch), Math.min(line + 7, this.width - 30), Math.min(places[place], lowest));
    });
  }

  prune(before) {
    while (this.notes.length && this.notes[0].end < before) this.notes.shift();
    while (this.beats.length && this.beats[0].time < before) this.beats.shift();
    while (this.chords.length > 1 && this.chords[1].time < before) this.chords.shift();
  }

  // Whether the picture changes.
  get busy() {
    return this.changed || this.notes.length > 0 || this.beats.length > 0;
  }

  // Milliseconds to draw a frame: the median and the 99th percentile of the last frames.
  cost() {
    const times = [...this.frames.subarray(0, Math.min(this.framesDrawn, FRAMES_KEPT))].sort((a, b) => a - b);
    const at = (share) => times[Math.min(Math.floor(times.length * share), times.length - 1)] || 0;
    return { p50: at(0.5), p99: at(0.99), count: this.framesDrawn };
  }
}
