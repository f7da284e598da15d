// The keyboard, and the two windows that explain.

import {TEXTS} from "./given.js";
import {text} from "./texts.js";
import {element, find, findAll, targetOf} from "./dom.js";
import {facets, toggleFacets} from "./facets.js";
import {closePreview, stepPreview} from "./preview.js";
export {field, goTo, listenToKeys, openHelp};

/** @type {HTMLInputElement} */
const field = find("#q");

/** @type {() => HTMLElement[]} */
const titles = () => findAll("#nearly:not([hidden]) a.title, #results a.title");

/** @type {(acts: {clear: () => void, enter: () => boolean, preview: (row: HTMLElement) => boolean}) => void} */
function listenToKeys({clear, enter, preview}) {
  addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented || find("dialog[open]")) return;
    const act = event.target === field ? fieldKeys[event.key] : pageKeys[event.key];
    if (act?.(event) === true) event.preventDefault();
  });
  /** @type {Record<string, (event: KeyboardEvent) => unknown>} */
  const fieldKeys = {
    ArrowDown: () => goTo(0),
    Enter: () => enter(),
    Escape: () => Boolean(field.value) && (clear(), true),
  };
  /** @type {Record<string, (event: KeyboardEvent) => unknown>} */
  const pageKeys = {
    ArrowDown: event => step(targetOf(event), 1),
    ArrowUp: event => step(targetOf(event), -1),
    " ": event => {
      const target = targetOf(event), row = target.closest("li[data-id]");
      return target.matches("a.title") && row !== null && preview(/** @type {HTMLElement} */ (row));
    },
    n: () => stepPreview(1),
    N: () => stepPreview(-1),
    Escape: () => closePreview() || (facets.hasAttribute("data-open") ? toggleFacets(false) : field.focus(), true),
    "/": () => (field.focus(), field.select(), true),
    "?": () => (openHelp("help"), true),
    o: event => {
      /** @type {HTMLAnchorElement} */
      const title = targetOf(event);
      return title.matches("a.title") && (open(title.href, "_blank", "noopener"), true);
    },
  };
}

/** @type {(target: HTMLElement, by: number) => boolean} */
function step(target, by) {
  if (target.closest("fieldset, #side, #facets")) return false;
  const all = titles(), at = all.indexOf(/** @type {HTMLElement} */ (target.closest("li")?.querySelector("a.title")));
  if (at < 0) return goTo(by > 0 ? 0 : target.id === "more" ? all.length - 1 : -1);
  return goTo(at + by);
}

// Go to the n-th item; before the first is the field, behind the last what brings more.
/** @type {(place: number) => boolean} */
function goTo(place) {
  const all = titles(), more = find("#more");
  const next = place < 0 ? field : all[place] ?? (more.hidden ? all.at(-1) : more);
  next?.focus();
  return Boolean(next);
}

/** @type {(name: string) => void} */
function openHelp(name) {
  /** @type {HTMLDialogElement} */
  const dialog = find(`dialog[data-name=${name}]`) ?? document.body.appendChild(helpWindow(name));
  dialog.showModal();
}

/** @type {(name: string) => HTMLDialogElement} */
function helpWindow(name) {
  const title = element("h2", {id: name + "-title"}, text(name));
  const close = element("form", {method: "dialog"}, element("button", {class: "btn"}, text("close")));
  return element("dialog", {id: name === "help" ? "help" : undefined, "data-name": name, "aria-labelledby": name + "-title"},
    element("div", {class: "row"}, title, close), name === "help" ? helpText() : howText());
}

function helpText() {
  /** @type {(key: string, tag: "kbd" | "code", cut: (term: string) => string[]) => HTMLElement} */
  const list = (key, tag, cut) => element("div", {}, element("h3", {}, text(`help.${key}.title`)), element("dl", {},
    .../** @type {[string, string][]} */ (TEXTS["help." + key]).flatMap(([term, words]) =>
      [element("dt", {}, ...cut(term).flatMap(one => [element(tag, {}, one), " "])), element("dd", {}, words)])));
  return element("div", {class: "two"}, list("keys", "kbd", term => term.split(" ")), list("words", "code", term => [term]));
}

// What an empty folder shows in full is there for everybody.
/** @type {() => HTMLElement} */
function howText() {
  const copy = /** @type {HTMLElement} */ (find("#how > div").cloneNode(true));
  find("h3", copy).remove();
  copy.classList.add("page");
  return copy;
}
