// The connection to the daemon: JSON over a WebSocket, which is opened again whenever it closes.
// It also measures the daemon's clock.

const FIRST_WAIT = 250, LONGEST_WAIT = 3000; // ms until it is opened again
const PINGS_KEPT = 10, PING_EVERY = 2000, FIRST_PINGS = 5;
const SILENT = 7000; // ms; stats come each second, so a connection silent for so long is dead
const SHORTEST = 40; // ms between two values of one address

export class Connection {
  // `handle(moment, address, values)`: called with each message. `changed(state, reason)`: called
  // with "live" or "away".
  constructor(handle, changed) {
    this.handle = handle;
    this.changed = changed;
    this.wait = FIRST_WAIT;
    this.pings = [];
    this.offset = 0; // ms from the daemon's clock (since 1970) to ours (performance.now)
    this.synchronised = false;
    this.roundTrip = NaN; // ms
    this.changing = new Map();
    this.lastMessage = 0;
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
    const address = new URL(`ws${location.search}`, location.href); // also below a path
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.socket = new WebSocket(address));
    socket.onopen = () => {
      this.wait = FIRST_WAIT;
      this.lastMessage = performance.now();
      this.pings = [];
      this.synchronised = false;
      this.changed("live", "");
      for (let i = 0; i < FIRST_PINGS; i++) setTimeout(() => this.ping(), 60 * i);
    };
    socket.onmessage = (event) => {
      const now = (this.lastMessage = performance.now());
      for (const [moment, address, ...values] of JSON.parse(event.data)) {
        if (address === "/pong") this.handlePong(now, moment, values[0]);
        else this.handle(moment, address, values);
      }
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.handleClose(event.reason);
    };
  }

  handleClose(reason) {
    this.socket = null;
    this.changed("away", reason || "Sideman is away; trying again");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(this.wait * 1.6, LONGEST_WAIT);
    if (this.wait === LONGEST_WAIT) this.fetchReason();
  }

  // A refused WebSocket does not give the reason; an HTTP request does.
  async fetchReason() {
    try {
      const response = await fetch("icon.svg", { cache: "no-store" });
      if (response.status === 403) this.changed("away", (await response.text()).trim());
    } catch {
      // the daemon does not listen yet
    }
  }

  send(address, ...values) {
    if (this.live) this.socket.send(JSON.stringify([address, ...values]));
  }

  // Send a value that is being moved: always the last one, and at most 25 a second.
  sendChanging(address, value) {
    const changing = this.changing.get(address);
    if (changing) {
      changing.value = value;
      return;
    }
    this.send(address, value);
    const waiting = { value };
    this.changing.set(address, waiting);
    setTimeout(() => {
      this.changing.delete(address);
      if (waiting.value !== value) this.sendChanging(address, waiting.value);
    }, SHORTEST);
  }

  ping() {
    if (this.live && performance.now() - this.lastMessage > SILENT) {
      this.socket.close(); // its close event may come late, as nothing answers
      this.handleClose();
    }
    this.send("/ping", performance.now());
  }

  // The quickest of the last answers measures the daemon's clock best.
  handlePong(now, theirs, sent) {
    this.pings.push({ trip: now - sent, offset: (now + sent) / 2 - theirs * 1000 });
    if (this.pings.length > PINGS_KEPT) this.pings.shift();
    const best = this.pings.reduce((one, other) => (other.trip < one.trip ? other : one));
    this.roundTrip = best.trip;
    this.offset = best.offset;
    this.synchronised = true;
  }

  // A moment of the daemon's clock (seconds) on our clock (ms); now, until we are synchronised.
  localTime(moment) {
    return this.synchronised ? moment * 1000 + this.offset : performance.now();
  }
}
