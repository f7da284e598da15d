// The keyboard, and the two windows that explain.

import {TEXTS} from "./given.js";
import {text} from "./texts.js";
import {element, find} from "./dom.js";
import {facets, toggleFacets} from "./facets.js";
export {field, goTo, listenToKeys, openHelp};

const field = find("#q");

const titles = () => [...document.querySelectorAll("#nearly:not([hidden]) a.title, #results a.title")];

function listenToKeys({clear, enter}) {
  addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented || find("dialog[open]")) return;
    const act = event.target === field ? fieldKeys[event.key] : pageKeys[event.key];
    if (act?.(event) === true) event.preventDefault();
  });
  const fieldKeys = {
    ArrowDown: () => goTo(0),
    Enter: () => enter(),
    Escape: () => Boolean(field.value) && (clear(), true),
  };
  const pageKeys = {
    ArrowDown: event => step(event.target, 1),
    ArrowUp: event => step(event.target, -1),
    Escape: () => (facets.hasAttribute("data-open") ? toggleFacets(false) : field.focus(), true),
    "/": () => (field.focus(), field.select(), true),
    "?": () => (openHelp("help"), true),
    o: ({target}) => target.matches("a.title") && (open(target.href, "_blank", "noopener"), true),
  };
}

function step(target, by) {
  if (target.closest("fieldset, #side, #facets")) return false;
  const all = titles(), at = all.indexOf(target.closest("li")?.querySelector("a.title"));
  if (at < 0) return goTo(by > 0 ? 0 : target.id === "more" ? all.length - 1 : -1);
  return goTo(at + by);
}

// Go to the n-th item; before the first is the field, behind the last what brings more.
function goTo(place) {
  const all = titles(), more = find("#more");
  const next = place < 0 ? field : all[place] ?? (more.hidden ? all.at(-1) : more);
  next?.focus();
  return Boolean(next);
}

function openHelp(name) {
  const dialog = find(`dialog[data-name=${name}]`) ?? document.body.appendChild(helpWindow(name));
  dialog.showModal();
}

function helpWindow(name) {
  const title = element("h2", {id: name + "-title"}, text(name));
  const close = element("form", {method: "dialog"}, element("button", {class: "btn"}, text("close")));
  return element("dialog", {id: name === "help" ? "help" : undefined, "data-name": name, "aria-labelledby": name + "-title"},
    element("div", {class: "row"}, title, close), name === "help" ? helpText() : howText());
}

function helpText() {
  const list = (key, tag, cut) => element("div", {}, element("h3", {}, text(`help.${key}.title`)), element("dl", {},
    ...TEXTS["help." + key].flatMap(([term, words]) =>
      [element("dt", {}, ...cut(term).flatMap(one => [element(tag, {}, one), " "])), element("dd", {}, words)])));
  return element("div", {class: "two"}, list("keys", "kbd", term => term.split(" ")), list("words", "code", term => [term]));
}

// What an empty folder shows in full is there for everybody.
function howText() {
  const copy = find("#how > div").cloneNode(true);
  copy.querySelector("h3").remove();
  copy.classList.add("page");
  return copy;
}
