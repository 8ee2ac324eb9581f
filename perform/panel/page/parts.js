// What surfaces are made of here: elements, values that are followed, and faders that a finger holds.

const LETS_GO = 350; // ms after the last touch until a fader follows again
const ANSWERED = 1000; // ms until what was asked for and never told is forgotten

export const $ = (id) => document.getElementById(id);

export const make = (tag, { text, on, data, ...more } = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), more);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(data ?? {})) element.dataset[name] = value;
  for (const [name, act] of Object.entries(on ?? {})) element.addEventListener(name, act);
  element.append(...inside.filter(Boolean));
  return element;
};

export const label = (element, text) => {
  element.setAttribute("aria-label", text);
  return element;
};

export const press = (element, on) => element.setAttribute("aria-pressed", String(Boolean(on)));

// Where every value stands, by address, and who wants to know; also that a value was refused, and why.
export class Store {
  constructor() {
    this.values = new Map();
    this.followers = new Map();
    this.sayers = new Map();
    this.asked = new Map();
  }

  // Call `act` with the reason when what was said here at an address is refused; true from it: the reason is shown.
  refused(address, act) {
    this.sayers.set(address, [...(this.sayers.get(address) ?? []), act]);
  }

  // Whether anybody shows it; else what was moved goes back to where the value is.
  refuse(address, why) {
    this.asked.delete(address);
    const shown = (this.sayers.get(address) ?? []).filter((act) => act(why)).length > 0;
    if (!shown && this.values.has(address)) this.set(address, this.values.get(address));
    return shown;
  }

  get(address) {
    return this.values.get(address);
  }

  set(address, value) {
    this.values.set(address, value);
    if (this.asked.get(address)?.value === value) this.asked.delete(address);
    for (const follow of this.followers.get(address) ?? []) follow(value);
  }

  // Call `act` with the value, now where it is known, and whenever it moves.
  follow(address, act) {
    if (!this.followers.has(address)) this.followers.set(address, new Set());
    this.followers.get(address).add(act);
    if (this.values.has(address)) act(this.values.get(address));
    return () => this.followers.get(address).delete(act);
  }
}

// Says what follows from a value by `next`. Pressed again before that is told, it goes on from what was asked for.
export const step = ({ line, store }, address, next) => {
  const asked = store.asked.get(address), now = performance.now();
  const value = next(asked && now - asked.at < ANSWERED ? asked.value : store.get(address));
  if (line.live) store.asked.set(address, { value, at: now });
  line.say(address, value);
};

export const onOrOff = (value) => (value ? 0 : 1);

// An input that follows a value, but not while somebody is at it. `show(value)` puts it there.
export const follows = (input, show) => {
  let held = false, timer = 0, latest;
  const hold = () => {
    clearTimeout(timer);
    held = true;
  };
  const letGo = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      held = false;
      if (latest !== undefined) show(latest);
    }, LETS_GO);
  };
  input.addEventListener("pointerdown", hold);
  for (const end of ["pointerup", "pointercancel", "change", "blur"]) input.addEventListener(end, letGo);
  input.addEventListener("input", () => {
    hold();
    if (!input.matches(":active")) letGo(); // by keys: no finger goes up
  });
  return (value) => {
    latest = value;
    if (!held) show(value);
  };
};

// A field of text that follows a value, but not while somebody writes in it.
export const reads = (input) => (value) => {
  if (document.activeElement !== input) input.value = value;
};

// A field whose text is said at an address by what this returns. What is refused stays in it with the reason in
// `beside`, until it is mended or, on a line, Escape leaves it; `taken` is called when it is not refused.
export const says = (input, beside, address, { line, store }, taken = () => {}) => {
  let waits = false;
  const show = (why) => {
    beside.textContent = why;
    beside.hidden = !why;
    if (why) beside.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-invalid", String(Boolean(why)));
  };
  const accept = () => {
    if (!waits) return;
    waits = false;
    show("");
    taken();
  };
  input.setAttribute("aria-describedby", beside.id);
  store.follow(address, accept);
  store.refused(address, (why) => {
    waits = false;
    show(why);
    return true;
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || beside.hidden || input.matches("textarea")) return;
    show("");
    input.value = store.get(address) ?? "";
  });
  return (text) => {
    if (!line.live) return show("Sideman is away");
    waits = true;
    line.say(address, text);
    if (text === store.get(address)) accept(); // it stands there already: nothing will be told
  };
};

// A list of choices that follows a value, also one that is not in the list.
export const choose = (select, choices, say) => {
  const option = (value) => make("option", { value, text: value });
  select.replaceChildren(...choices.map(option));
  select.addEventListener("change", () => say(select.value));
  return (value) => {
    if (![...select.options].some((it) => it.value === String(value))) select.append(option(value));
    select.value = value;
  };
};
