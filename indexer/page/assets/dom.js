// Elements, made without ever reading text as markup.

/** @import {Attributes, Content} from "./types.js" */
export {button, drawn, element, find, findAll, focusedIn, icon, notice, root, targetOf};

const root = document.documentElement;
// Return what the page has of a selector, or what a place in it has; who asks for what may be missing says so.
/** @type {<T extends HTMLElement>(selector: string, place?: ParentNode) => T} */
const find = (selector, place = document) => /** @type {any} */ (place.querySelector(selector));

/** @type {<T extends HTMLElement>(selector: string, place?: ParentNode) => T[]} */
const findAll = (selector, place = document) => /** @type {any} */ ([...place.querySelectorAll(selector)]);

/** @type {<T extends HTMLElement>(event: Event) => T} */
const targetOf = event => /** @type {any} */ (event.target);

// Return the element that has the focus, if it is within a place.
/** @type {<T extends HTMLElement>(place: HTMLElement) => T | null} */
const focusedIn = place => place.contains(document.activeElement) ? /** @type {any} */ (document.activeElement) : null;

/** @type {<K extends keyof HTMLElementTagNameMap>(tag: K, attributes?: Attributes, ...children: Content[]) => HTMLElementTagNameMap[K]} */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  setAll(made, attributes);
  made.append(...children);
  return made;
}

/** @type {(made: Element, attributes: Attributes) => void} */
function setAll(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, /** @type {string} */ (value === true ? "" : value));
  }
}

/** @type {(tag: keyof SVGElementTagNameMap, attributes?: Attributes, ...children: Content[]) => SVGElement} */
function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAll(made, attributes);
  made.append(...children);
  return made;
}

/** @type {(name: string) => SVGElement} */
function icon(name) {
  return drawn("svg", {"aria-hidden": "true"}, drawn("use", {href: "#i-" + name}));
}

/** @type {(attributes: Attributes, act: (event: Event) => unknown, ...children: Content[]) => HTMLButtonElement} */
function button(attributes, act, ...children) {
  const made = element("button", {type: "button", ...attributes}, ...children);
  made.addEventListener("click", act);
  return made;
}

// Show a line of notice, or take it away.
/** @type {(id: string, ...content: Content[]) => void} */
function notice(id, ...content) {
  const place = find("#" + id);
  place.hidden = !content.length;
  place.replaceChildren(...content);
}
