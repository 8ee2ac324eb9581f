// "Listen here": the voices in the page itself. Each note is scheduled ahead, by its own time, on the audio clock.

const BUFFER = 0.1, LONGEST_BUFFER = 0.4; // seconds between a note's moment and its sound here
const SHORTEST = 0.02, CUT = 0.015;
const ECHO_SECONDS = 1.6, ECHO_SHARE = 0.16;
const CREEP = 0.02; // ms a note that the clocks may drift apart
const JUMP = 60; // ms: the audio clock stood still for a while

const frequency = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

// A sound for each role: what it is made of, and how it begins (attack), holds (level) and ends (release).
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
    this.sounding = new Map();
    this.late = 0;
    this.struck = 0;
    this.released = 0;
  }

  get on() {
    return this.context !== null;
  }

  // Begin; only from a touch or a key, for browsers let no page sound by itself.
  async start() {
    if (this.on) return;
    const context = (this.context = new AudioContext({ latencyHint: "interactive" }));
    this.buffer = BUFFER;
    this.skew = Infinity;
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
    await this.furnish(context, limiter);
  }

  // Put an echo beside what sounds already. It is made piece by piece, so that no frame waits for it.
  async furnish(context, limiter) {
    const buffer = await echo(context);
    if (context !== this.context) return; // switched off meanwhile
    const room = new ConvolverNode(context, { buffer });
    this.master.connect(new GainNode(context, { gain: ECHO_SHARE })).connect(room).connect(limiter);
  }

  // Fade out and let everything go.
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
    const key = `${voice}/${pitch}`, at = this.place(time);
    this.release(key, at);
    if (velocity) this.sounding.set(key, this.strike(voice, pitch, velocity, at));
  }

  // Everything silent, at once, also what is scheduled.
  silence() {
    if (!this.on) return;
    for (const sound of this.sounding.values()) sound.end(this.context.currentTime, CUT);
    this.released += this.sounding.size;
    this.sounding.clear();
    for (const sound of this.ending ?? []) sound.end(this.context.currentTime, CUT);
  }

  // The loudest sample of the last moment, 0 to 1.
  peak() {
    if (!this.on) return 0;
    const samples = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(samples);
    return samples.reduce((most, it) => Math.max(most, Math.abs(it)), 0);
  }

  // Seconds of the audio clock for a moment of the page's clock. The audio clock goes in steps, so it is the
  // least that it lags by which tells where it is; what comes too late widens the buffer, once for all.
  place(time) {
    const lag = performance.now() - this.context.currentTime * 1000;
    if (lag < this.skew || lag > this.skew + JUMP) this.skew = lag;
    else this.skew += CREEP;
    const at = (time - this.skew) / 1000 + this.buffer;
    const behind = this.context.currentTime - at;
    if (behind <= 0) return at;
    this.late++;
    this.buffer = Math.min(this.buffer + behind, LONGEST_BUFFER);
    return this.context.currentTime;
  }

  release(key, at) {
    const sound = this.sounding.get(key);
    if (!sound) return;
    this.sounding.delete(key);
    this.released++;
    sound.end(Math.max(at, sound.begun + SHORTEST));
    this.ending ??= new Set();
    this.ending.add(sound);
    sound.gone = () => this.ending.delete(sound);
  }

  strike(voice, pitch, velocity, at) {
    const { context } = this, made = SOUNDS[this.roles.get(voice)];
    this.struck++;
    const force = velocity / 127, tone = frequency(pitch);
    const loud = made.level * (0.25 + 0.75 * force ** 1.6);
    const gain = new GainNode(context, { gain: 0 });
    const filter = new BiquadFilterNode(context, { type: "lowpass", Q: 0.8 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loud, at + made.attack);
    gain.gain.setTargetAtTime(loud * made.hold, at + made.attack, made.decay);
    const open = Math.min(tone * made.open * (0.6 + force), 14000);
    filter.frequency.setValueAtTime(open, at);
    filter.frequency.setTargetAtTime(Math.max(tone * made.closed, 220), at + made.attack, made.decay);
    filter.connect(gain).connect(this.channels.get(voice));
    const sources = made.parts.map(([type, ratio, cents, share]) => {
      const source = new OscillatorNode(context, { type, frequency: tone * ratio, detune: cents });
      source.connect(new GainNode(context, { gain: share })).connect(filter);
      source.start(at);
      return source;
    });
    if (made.vibrato) sources.push(vibrato(context, sources, made.vibrato, at));
    return new Sounding(context, gain, sources, at, made.release);
  }
}

class Sounding {
  constructor(context, gain, sources, begun, release) {
    this.context = context;
    this.gain = gain;
    this.sources = sources;
    this.begun = begun;
    this.time = release;
    this.gone = () => {};
    sources[0].onended = () => {
      gain.disconnect();
      this.gone();
    };
  }

  end(at, time = this.time) {
    const { gain } = this.gain;
    if (gain.cancelAndHoldAtTime) gain.cancelAndHoldAtTime(at);
    else gain.cancelScheduledValues(at);
    gain.setTargetAtTime(0, at, time / 3);
    for (const source of this.sources) source.stop(Math.max(at, this.begun) + time * 3);
  }
}

// A slow waver that sets in late, as a player's does.
const vibrato = (context, sources, cents, at) => {
  const waver = new OscillatorNode(context, { frequency: 5.2 });
  const depth = new GainNode(context, { gain: 0 });
  depth.gain.setValueAtTime(0, at + 0.25);
  depth.gain.linearRampToValueAtTime(cents, at + 0.8);
  waver.connect(depth);
  for (const source of sources) depth.connect(source.detune);
  waver.start(at);
  return waver;
};

const breathe = () => new Promise((done) => setTimeout(done));

// A small room: noise that dies away. Each channel takes some milliseconds, and so does what comes after.
const echo = async (context) => {
  const length = Math.round(ECHO_SECONDS * context.sampleRate);
  const buffer = new AudioBuffer({ numberOfChannels: 2, length, sampleRate: context.sampleRate });
  for (let channel = 0; channel < 2; channel++) {
    await breathe();
    const samples = buffer.getChannelData(channel);
    for (let i = 0; i < length; i++) samples[i] = (Math.random() * 2 - 1) * (1 - i / length) ** 3;
  }
  await breathe();
  return buffer;
};
