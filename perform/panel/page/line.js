// The line to Sideman: JSON both ways over a WebSocket that opens itself again, and whose clock theirs is.

const FIRST_WAIT = 250, LONGEST_WAIT = 3000; // ms
const PINGS_KEPT = 10, PING_EVERY = 2000, PINGS_AT_FIRST = 5;
const SILENT = 7000; // ms; figures come each second, so a line that says nothing so long is dead
const FASTEST = 40; // ms between two values of one address that somebody turns

export class Line {
  // `hear(moment, address, values)`: a message; `change(state, why)`: "live" or "away".
  constructor(hear, change) {
    this.hear = hear;
    this.change = change;
    this.wait = FIRST_WAIT;
    this.pings = [];
    this.offset = 0; // ms that our clock (performance.now) is ahead of theirs (since 1970)
    this.known = false;
    this.trip = NaN; // ms there and back
    this.turned = new Map();
    this.heard = 0;
    setInterval(() => this.ping(), PING_EVERY);
    addEventListener("online", () => this.open());
    document.addEventListener("visibilitychange", () => document.hidden || this.open());
    this.open();
  }

  get live() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  open() {
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.timer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}/ws${location.search}`));
    socket.onopen = () => {
      this.wait = FIRST_WAIT;
      this.heard = performance.now();
      this.pings = [];
      this.known = false;
      this.change("live", "");
      for (let i = 0; i < PINGS_AT_FIRST; i++) setTimeout(() => this.ping(), 60 * i);
    };
    socket.onmessage = (event) => {
      const now = (this.heard = performance.now());
      for (const [moment, address, ...values] of JSON.parse(event.data)) {
        if (address === "/pong") this.pong(now, moment, values[0]);
        else this.hear(moment, address, values);
      }
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.lose(event.reason);
    };
  }

  lose(why) {
    this.socket = null;
    this.change("away", why || "Sideman is away; trying again");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 1.6, LONGEST_WAIT);
    if (this.wait === LONGEST_WAIT) this.askWhy();
  }

  // A socket that is refused does not say why; the page's own address does.
  async askWhy() {
    try {
      const answer = await fetch("icon.svg", { cache: "no-store" });
      if (answer.status === 403) this.change("away", (await answer.text()).trim());
    } catch {
      // nobody there yet
    }
  }

  say(address, ...values) {
    if (this.live) this.socket.send(JSON.stringify([address, ...values]));
  }

  // A value that is being turned: the last one is said, and no more than so many a second.
  turn(address, value) {
    const turned = this.turned.get(address);
    if (turned) {
      turned.value = value;
      return;
    }
    this.say(address, value);
    const waiting = { value };
    this.turned.set(address, waiting);
    setTimeout(() => {
      this.turned.delete(address);
      if (waiting.value !== value) this.turn(address, waiting.value);
    }, FASTEST);
  }

  ping() {
    if (this.live && performance.now() - this.heard > SILENT) {
      this.socket.close(); // which may take long: nobody answers
      this.lose();
    }
    this.say("/ping", performance.now());
  }

  // Of the last answers the one that was quickest knows their clock best.
  pong(now, theirs, sent) {
    this.pings.push({ trip: now - sent, offset: (now + sent) / 2 - theirs * 1000 });
    if (this.pings.length > PINGS_KEPT) this.pings.shift();
    const best = this.pings.reduce((one, other) => (other.trip < one.trip ? other : one));
    this.trip = best.trip;
    this.offset = best.offset;
    this.known = true;
  }

  // When a moment of theirs is by our clock, in ms; until that is known, now.
  when(moment) {
    return this.known ? moment * 1000 + this.offset : performance.now();
  }
}
