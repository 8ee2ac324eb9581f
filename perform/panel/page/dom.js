// Elements of the page.

export const $ = (id) => document.getElementById(id);

// An element. `on`: its event listeners; `data`: its data attributes; `inside`: its children.
export const make = (tag, { text, on, data, ...properties } = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), properties);
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
