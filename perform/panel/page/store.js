// The current value at each address, and who watches it.

const PENDING = 1000; // ms until a value that was sent, and not published, is forgotten

export class Store {
  constructor() {
    this.values = new Map();
    this.watchers = new Map();
    this.rejectHandlers = new Map();
    this.pending = new Map();
  }

  get(address) {
    return this.values.get(address);
  }

  set(address, value) {
    this.values.set(address, value);
    if (this.pending.get(address)?.value === value) this.pending.delete(address);
    for (const watch of this.watchers.get(address) ?? []) watch(value);
  }

  // Call `act` with the value, now if it is known, and after each change. Returns what ends this.
  watch(address, act) {
    if (!this.watchers.has(address)) this.watchers.set(address, new Set());
    this.watchers.get(address).add(act);
    if (this.values.has(address)) act(this.values.get(address));
    return () => this.watchers.get(address).delete(act);
  }

  // Call `act` with the reason when a message of ours is rejected; it returns whether it shows it.
  onReject(address, act) {
    this.rejectHandlers.set(address, [...(this.rejectHandlers.get(address) ?? []), act]);
  }

  // Whether the reason is shown; if not, every control goes back to the current value.
  reject(address, reason) {
    this.pending.delete(address);
    const shown = (this.rejectHandlers.get(address) ?? []).filter((act) => act(reason)).length > 0;
    if (!shown && this.values.has(address)) this.set(address, this.values.get(address));
    return shown;
  }
}

// Send the value that `next` makes of the current one. If an earlier value of ours is not published
// yet, `next` gets that one.
export const step = ({ connection, store }, address, next) => {
  const sent = store.pending.get(address), now = performance.now();
  const value = next(sent && now - sent.at < PENDING ? sent.value : store.get(address));
  if (connection.live) store.pending.set(address, { value, at: now });
  connection.send(address, value);
};

export const toggled = (value) => (value ? 0 : 1);
