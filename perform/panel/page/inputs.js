// Inputs that show a value, except while the user is using them.

import { make } from "./dom.js";

const RELEASED = 350; // ms after the last touch until a fader shows the value again

// Returns a function that shows a value by `show(value)`, except while a finger is on the fader.
export const bindFader = (input, show) => {
  let held = false, timer = 0, latest;
  const hold = () => {
    clearTimeout(timer);
    held = true;
  };
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      held = false;
      if (latest !== undefined) show(latest);
    }, RELEASED);
  };
  input.addEventListener("pointerdown", hold);
  for (const end of ["pointerup", "pointercancel", "change", "blur"]) input.addEventListener(end, release);
  input.addEventListener("input", () => {
    hold();
    if (!input.matches(":active")) release(); // moved by a key: no pointer goes up
  });
  return (value) => {
    latest = value;
    if (!held) show(value);
  };
};

// Returns a function that shows a value in a text field, except while the user writes in it.
export const bindText = (input) => {
  let written = false, latest;
  input.addEventListener("input", () => (written = true));
  input.addEventListener("change", () => (written = false));
  input.addEventListener("blur", () => {
    if (written && latest !== undefined && !input.matches("textarea")) input.value = latest;
    written = false;
  });
  return (value) => {
    latest = value;
    if (!written) input.value = value;
  };
};

// Returns a function that sends a text field's text to an address. A rejected text stays in the field,
// with the reason in `reason`, until it is corrected or, in a one-line field, until Escape.
// `accepted`: called when the text is accepted.
export const bindField = (input, reason, address, { connection, store }, accepted = () => {}) => {
  let waiting = false;
  const show = (text) => {
    reason.textContent = text;
    reason.hidden = !text;
    if (text) reason.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-invalid", String(Boolean(text)));
  };
  const accept = () => {
    if (!waiting) return;
    waiting = false;
    show("");
    accepted();
  };
  input.setAttribute("aria-describedby", reason.id);
  store.watch(address, accept);
  store.onReject(address, (text) => {
    waiting = false;
    show(text);
    return true;
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || reason.hidden || input.matches("textarea")) return;
    show("");
    input.value = store.get(address) ?? "";
  });
  return (text) => {
    if (!connection.live) return show("Sideman is away");
    waiting = true;
    connection.send(address, text);
    if (text === store.get(address)) accept(); // an unchanged value is not published
  };
};

// Returns a function that shows a value in a list of choices, also a value that is not in the list.
export const bindSelect = (select, choices, send) => {
  const option = (value) => make("option", { value, text: value });
  select.replaceChildren(...choices.map(option));
  select.addEventListener("change", () => send(select.value));
  return (value) => {
    if (![...select.options].some((it) => it.value === String(value))) select.append(option(value));
    select.value = value;
  };
};
