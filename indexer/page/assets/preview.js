// A closer look beside the list: the text that the page has of an item, passage by passage, with its hits. Nothing is loaded
// before it is asked for.

import {hitsIn} from "./snippet.js";
import {hrefOf} from "./result.js";
import {text} from "./texts.js";
import {button, element, find, findAll, icon} from "./dom.js";
/** @import {Content, Item, Passage} from "./types.js" */
export {closePreview, isPreviewOpen, showPreview, stepPreview};

const place = find("#preview");
let opened = 0, hit = -1;
/** @type {HTMLElement | null} */
let from = null;

/** @type {() => boolean} */
const isPreviewOpen = () => !place.hidden;

// Show an item; `passages` resolves to its text. The focus stays in the list, so that one can go on to the next item.
/** @type {(row: HTMLElement, item: Item, passages: Promise<Passage[] | null>, groups: string[][], language: string) => Promise<void>} */
async function showPreview(row, item, passages, groups, language) {
  opened += 1;
  const mine = opened;
  from = row;
  for (const one of findAll("[data-previewed]")) one.removeAttribute("data-previewed");
  row.setAttribute("data-previewed", "");
  place.hidden = false;
  place.replaceChildren(headOf(item, 0), element("p", {class: "quiet"}, text("preview.wait")));
  const found = await passages;
  if (mine !== opened) return;
  const body = element("div", {class: "text"}, ...partsOfText(found ?? [], item, groups, language));
  const count = findAll("mark", body).length;
  place.replaceChildren(headOf(item, count), found?.length ? body : element("p", {class: "quiet"}, text("preview.none")));
  place.scrollTop = 0;
  hit = -1;
  if (count) stepPreview(1);
}

/** @type {(item: Item, count: number) => HTMLElement} */
function headOf(item, count) {
  const title = element("a", {class: "title", href: hrefOf(item)}, element("bdi", {}, item.title || item.path));
  if (item.url) title.rel = "noopener noreferrer nofollow";
  const steps = count ? [element("span", {class: "quiet", id: "hit", role: "status"}),
    button({class: "step", "aria-label": text("preview.before")}, () => stepPreview(-1), icon("before")),
    button({class: "step", "aria-label": text("preview.after")}, () => stepPreview(1), icon("after"))] : [];
  return element("div", {class: "head"}, element("h2", {}, title), element("div", {class: "steps-of"}, ...steps,
    button({class: "step", "aria-label": text("close")}, closePreview, icon("x"))));
}

// Return the passages with a line before each page; a PDF opens there.
/** @type {(passages: Passage[], item: Item, groups: string[][], language: string) => HTMLElement[]} */
function partsOfText(passages, item, groups, language) {
  const parts = [];
  let last = 0;
  for (const [words, page] of passages) {
    if (page && page !== last) {
      last = page;
      const name = text("preview.page", {page: String(page)});
      parts.push(element("h3", {}, item.kind === "pdf" ? element("a", {href: hrefOf(item, page)}, name) : name));
    }
    parts.push(element("p", {dir: "auto"}, ...marked(words, groups, language)));
  }
  return parts;
}

/** @type {(words: string, groups: string[][], language: string) => Content[]} */
function marked(words, groups, language) {
  const parts = [];
  let at = 0;
  for (const {start, end} of groups.length ? hitsIn(words, groups, language) : []) {
    parts.push(words.slice(at, start), element("mark", {}, words.slice(start, end)));
    at = end;
  }
  return [...parts, words.slice(at)];
}

// Go to the next hit, or the one before.
/** @type {(by: number) => boolean} */
function stepPreview(by) {
  const marks = findAll("mark", place);
  if (place.hidden || !marks.length) return false;
  marks[hit]?.removeAttribute("data-now");
  hit = (hit + by + marks.length) % marks.length;
  marks[hit].setAttribute("data-now", "");
  marks[hit].scrollIntoView({block: "center", behavior: "instant"});
  find("#hit").textContent = text("preview.hit", {n: hit + 1, of: marks.length});
  return true;
}

// Close it and go back to where it was opened; tell whether it was open.
/** @type {() => boolean} */
function closePreview() {
  if (place.hidden) return false;
  opened += 1;
  place.hidden = true;
  place.replaceChildren();
  from?.removeAttribute("data-previewed");
  if (from?.isConnected) find("a.title", from).focus({preventScroll: true});
  return true;
}
