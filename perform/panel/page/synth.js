// "Listen here": plays the voices in the browser. Each note is scheduled on the audio clock.

const BUFFER = 0.1, LONGEST_BUFFER = 0.4; // seconds between a note's moment and its sound here
const SHORTEST = 0.02, CUT = 0.015;
const REVERB_SECONDS = 1.6, REVERB_GAIN = 0.16;
const TOO_LATE = 0.1; // seconds: after a stall of page or network, nothing is made up for
const DRIFT = 0.02; // ms per note that the two clocks may drift apart
const JUMP = 60; // ms: after this the audio clock has been suspended

const frequency = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

// The sound of each role: its oscillators (parts), its envelope and its filter.
const SOUNDS = {
  lead: { level: 0.2, attack: 0.012, hold: 0.65, decay: 0.25, release: 0.09, pan: 0.12,
    parts: [["sawtooth", 1, -5, 0.5], ["triangle", 1, 5, 0.8]], open: 5, closed: 2.2, vibrato: 4 },
  answer: { level: 0.22, attack: 0.006, hold: 0.4, decay: 0.5, release: 0.14, pan: -0.3,
    parts: [["sine", 1, 0, 0.9], ["sine", 2, 3, 0.25], ["triangle", 3, -3, 0.12]], open: 9, closed: 4 },
  bass: { level: 0.42, attack: 0.008, hold: 0.55, decay: 0.35, release: 0.07, pan: 0,
    parts: [["triangle", 1, 0, 0.9], ["sawtooth", 1, 3, 0.22], ["sine", 0.5, 0, 0.2]], open: 7, closed: 2.5 },
  pad: { level: 0.13, attack: 0.12, hold: 0.8, decay: 0.6, release: 0.4, pan: 0.35,
    parts: [["sawtooth", 1, -8, 0.4], ["sawtooth", 1, 8, 0.4], ["triangle", 0.5, 0, 0.4]], open: 3, closed: 2.5 },
};

export class Synth {
  // `voices`: [{name, role}].
  constructor(voices) {
    this.roles = new Map(voices.map((it) => [it.name, it.role]));
    this.context = null;
    this.active = new Map();
    this.late = 0;
    this.notesStarted = 0;
    this.notesEnded = 0;
  }

  get on() {
    return this.context !== null;
  }

  // Start. Browsers allow this only after a touch or a key.
  async start() {
    if (this.on) return;
    const context = (this.context = new AudioContext({ latencyHint: "interactive" }));
    this.buffer = BUFFER;
    this.skew = Infinity;
    this.room = null; // the reverb's gain, once that is computed
    this.master = new GainNode(context, { gain: 1.2 });
    this.meter = new AnalyserNode(context, { fftSize: 2048 });
    const limiter = new DynamicsCompressorNode(context, { threshold: -14, ratio: 6, attack: 0.004, release: 0.18 });
    this.master.connect(limiter);
    limiter.connect(this.meter).connect(context.destination);
    this.channels = new Map();
    for (const [name, role] of this.roles) {
      const channel = new StereoPannerNode(context, { pan: SOUNDS[role].pan });
      channel.connect(this.master);
      this.channels.set(name, channel);
    }
    await context.resume();
    await this.addReverb(context, limiter);
  }

  // Add the reverb, which is computed in pieces, so that no frame waits for it.
  async addReverb(context, limiter) {
    const buffer = await impulseResponse(context);
    if (context !== this.context) return; // stopped meanwhile
    const reverb = new ConvolverNode(context, { buffer });
    this.room = new GainNode(context, { gain: REVERB_GAIN });
    this.master.connect(reverb).connect(this.room).connect(limiter);
  }

  // Fade out, and release the audio device.
  async stop() {
    if (!this.on) return;
    const context = this.context;
    this.silence();
    this.context = null;
    await new Promise((done) => setTimeout(done, 80));
    await context.close();
  }

  // A note at a moment in ms of performance.now(); velocity 0 ends it.
  note(time, voice, pitch, velocity) {
    if (!this.on || !this.channels.has(voice)) return;
    const key = `${voice}/${pitch}`, at = this.audioTime(time);
    this.noteOff(key, at);
    if (velocity && this.behind < TOO_LATE) this.active.set(key, this.noteOn(voice, pitch, velocity, at));
  }

  // End all notes at once, also those that are scheduled, and the reverb.
  silence() {
    if (!this.on) return;
    this.room?.gain.setTargetAtTime(0, this.context.currentTime, CUT);
    this.silent = true;
    for (const sound of this.active.values()) sound.end(this.context.currentTime, CUT);
    this.notesEnded += this.active.size;
    this.active.clear();
    for (const sound of this.ending ?? []) sound.end(this.context.currentTime, CUT);
  }

  // The loudest of the last samples, 0 to 1.
  peak() {
    if (!this.on) return 0;
    const samples = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(samples);
    return samples.reduce((most, it) => Math.max(most, Math.abs(it)), 0);
  }

  // The audio clock's time (seconds) of a moment of the page's clock (ms). The audio clock moves in
  // steps, so its smallest lag is the true one. A note that comes too late makes the buffer longer.
  audioTime(time) {
    const lag = performance.now() - this.context.currentTime * 1000;
    if (lag < this.skew || lag > this.skew + JUMP) this.skew = lag;
    else this.skew += DRIFT;
    const at = (time - this.skew) / 1000 + this.buffer;
    this.behind = this.context.currentTime - at;
    if (this.behind <= 0) return at;
    this.late++;
    this.buffer = Math.min(this.buffer + Math.min(this.behind, TOO_LATE), LONGEST_BUFFER);
    return this.context.currentTime;
  }

  noteOff(key, at) {
    const sound = this.active.get(key);
    if (!sound) return;
    this.active.delete(key);
    this.notesEnded++;
    sound.end(Math.max(at, sound.started + SHORTEST));
    this.ending ??= new Set();
    this.ending.add(sound);
    sound.onEnd = () => this.ending.delete(sound);
  }

  noteOn(voice, pitch, velocity, at) {
    const { context } = this, preset = SOUNDS[this.roles.get(voice)];
    this.notesStarted++;
    if (this.silent) this.room?.gain.setTargetAtTime(REVERB_GAIN, at, CUT);
    this.silent = false;
    const force = velocity / 127, tone = frequency(pitch);
    const loud = preset.level * (0.25 + 0.75 * force ** 1.6);
    const gain = new GainNode(context, { gain: 0 });
    const filter = new BiquadFilterNode(context, { type: "lowpass", Q: 0.8 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loud, at + preset.attack);
    gain.gain.setTargetAtTime(loud * preset.hold, at + preset.attack, preset.decay);
    const open = Math.min(tone * preset.open * (0.6 + force), 14000);
    filter.frequency.setValueAtTime(open, at);
    filter.frequency.setTargetAtTime(Math.max(tone * preset.closed, 220), at + preset.attack, preset.decay);
    filter.connect(gain).connect(this.channels.get(voice));
    const sources = preset.parts.map(([type, ratio, cents, share]) => {
      const source = new OscillatorNode(context, { type, frequency: tone * ratio, detune: cents });
      source.connect(new GainNode(context, { gain: share })).connect(filter);
      source.start(at);
      return source;
    });
    if (preset.vibrato) sources.push(vibrato(context, sources, preset.vibrato, at));
    return new ActiveNote(context, gain, sources, at, preset.release);
  }
}

class ActiveNote {
  constructor(context, gain, sources, started, release) {
    this.context = context;
    this.gain = gain;
    this.sources = sources;
    this.started = started;
    this.time = release;
    this.onEnd = () => {};
    sources[0].onended = () => {
      gain.disconnect();
      this.onEnd();
    };
  }

  end(at, time = this.time) {
    const { gain } = this.gain;
    if (gain.cancelAndHoldAtTime) gain.cancelAndHoldAtTime(at);
    else gain.cancelScheduledValues(at);
    gain.setTargetAtTime(0, at, time / 3);
    for (const source of this.sources) source.stop(Math.max(at, this.started) + time * 3);
  }
}

// A vibrato that starts late, like a player's.
const vibrato = (context, sources, cents, at) => {
  const oscillator = new OscillatorNode(context, { frequency: 5.2 });
  const depth = new GainNode(context, { gain: 0 });
  depth.gain.setValueAtTime(0, at + 0.25);
  depth.gain.linearRampToValueAtTime(cents, at + 0.8);
  oscillator.connect(depth);
  for (const source of sources) depth.connect(source.detune);
  oscillator.start(at);
  return oscillator;
};

const nextTask = () => new Promise((done) => setTimeout(done));

// The impulse response of a small room: decaying noise. Each channel takes a few milliseconds.
const impulseResponse = async (context) => {
  const length = Math.round(REVERB_SECONDS * context.sampleRate);
  const buffer = new AudioBuffer({ numberOfChannels: 2, length, sampleRate: context.sampleRate });
  for (let channel = 0; channel < 2; channel++) {
    await nextTask();
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < length; i++) samples[i] = (Math.random() * 2 - 1) * (1 - i / length) ** 3;
  }
  await nextTask();
  return buffer;
};
