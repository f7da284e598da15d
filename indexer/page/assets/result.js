// A row of the list. page.html.j2 has the same markup for the items that are there before any script runs.

import {LINKED} from "./stored_row.js";
import {dayText, momentText, pieces, text} from "./texts.js";
import {element, find, icon} from "./dom.js";
/** @import {Content, Item, Link, ShownNote, Snippet} from "./types.js" */
export {fillNotes, fillSnippet, hrefOf, makeRow, personName};

const SHOWN_PAGES = 5, LONG_SNIPPET = 280;

// Return the row of an item; its snippet comes later.
/** @type {(item: Item, copies: Item[]) => HTMLElement} */
function makeRow(item, copies) {
  const link = element("a", {class: "title", href: hrefOf(item)}, element("bdi", {}, item.title || item.path));
  if (hrefOf(item) === item.url) link.rel = "noopener noreferrer nofollow";
  const body = element("div", {class: "r"}, element("h3", {}, link), metaOf(item), element("p", {class: "snippet"}));
  const saved = copies.find(copy => copy.isSavedCopy), others = copies.filter(copy => copy !== saved);
  if (saved) find(".meta", body).append(" ", element("a", {class: "saved", href: hrefOf(saved)}, text("row.saved")));
  if (others.length) {
    body.append(opening("copies", text("row.copies", {n: others.length}), others.map(copy => [hrefOf(copy), copy.path])));
  }
  if (item.links.length) {
    body.append(opening("copies links", text("row.links", {n: item.links.length}),
      item.links.map(([url, words]) => [url, words || shortAddress(url)])));
  }
  if (item.hasText) find(".meta", body).append(" ", element("button", {type: "button", class: "txt peek"}, text("preview")));
  return element("li", {"data-path": item.path, "data-id": item.id, "data-health": item.health || undefined}, icon(item.kind), body);
}

/** @type {(item: Item) => HTMLElement} */
function metaOf(item) {
  const meta = element("p", {class: "meta"},
    element("time", {datetime: new Date(item.date * 1000).toISOString().replace(".000", "")}, momentText(item.date)));
  item.path.split("/").slice(0, -1).forEach((name, depth) => {
    const own = element("bdi", {}, name);
    meta.append(...(depth ? [" › ", own] : [element("b", {}, own)]));
  });
  if (item.path.includes("/")) meta.append(" · ");
  meta.append(element("span", {class: "kind"}, text("kind." + item.kind)));
  for (const more of [personName(item.author), shortAddress(item.url)]) if (more) meta.append(" · ", element("bdi", {}, more));
  const health = healthBadge(item);
  if (health) meta.append(" ", health);
  if (item.conflict) {
    const name = element("bdi", {}, /** @type {string} */ (item.conflict.split("/").at(-1)));
    meta.append(" ", badge("badge w", "fork", ...pieces("row.conflict", {name}).filter(Boolean)));
  }
  if (item.isCut) meta.append(" ", badge("badge", "cut", text("row.cut")));
  if (item.onlineOnly) meta.append(" ", badge("badge", "cloud", text("row.online")));
  return meta;
}

// Return what is said of a link that is not as it should be.
/** @type {(item: Item) => HTMLElement | null} */
function healthBadge({health, since, movedTo}) {
  if (health === "gone" || health === "failing") {
    const words = since === null ? text("health." + health) : text(`health.${health}.since`, {day: dayText(since)});
    return badge("badge w", "broken", words);
  }
  if (health === "sign-in") return badge("badge", "key", text("health.sign-in"));
  if (!movedTo) return null;
  const address = element("a", {href: movedTo, rel: "noopener noreferrer nofollow"}, element("bdi", {}, shortAddress(movedTo)));
  return badge("badge", "moved", ...pieces("health.moved", {address}).filter(Boolean));
}

// Return a person's name without the address that may stand behind it.
/** @type {(person: string) => string} */
function personName(person) {
  return person.replace(/(\S)\s*<[^<>]*>$/, "$1");
}

/** @type {(kind: string, name: string, ...words: Content[]) => HTMLElement} */
function badge(kind, name, ...words) {
  return element("span", {class: kind}, icon(name), element("span", {}, ...words));
}

/** @type {(kind: string, title: string, links: Link[]) => HTMLElement} */
function opening(kind, title, links) {
  return element("details", {class: kind}, element("summary", {}, title), ...links.map(([url, words]) => {
    const link = element("a", {href: url}, element("bdi", {}, words));
    if (LINKED.test(url)) link.rel = "noopener noreferrer nofollow";
    return element("div", {}, link);
  }));
}

// Put the piece of its text with the hits into a row, and where that is: a PDF opens there.
/** @type {(row: HTMLElement, item: Item, snippet: Snippet) => void} */
function fillSnippet(row, item, snippet) {
  const parts = [];
  let at = 0;
  for (const [start, end] of snippet.marks) {
    parts.push(snippet.text.slice(at, start), element("mark", {}, snippet.text.slice(start, end)));
    at = end;
  }
  const shown = find(".snippet", row);
  shown.replaceChildren(...parts, snippet.text.slice(at));
  shown.classList.toggle("answer", snippet.text.length > LONG_SNIPPET);
  if (!snippet.page) return;
  find(".kind", row).textContent = snippet.pages.length
    ? text("row.pages", {kind: text("kind." + item.kind), page: String(snippet.page), pages: pagesText(snippet.pages)})
    : text("row.page", {kind: text("kind." + item.kind), page: String(snippet.page)});
  /** @type {HTMLAnchorElement} */
  const title = find(".title", row);
  if (item.kind === "pdf") title.href = hrefOf(item, snippet.page);
}

// Put the notes on an item below its snippet.
/** @type {(row: HTMLElement, notes: ShownNote[]) => void} */
function fillNotes(row, notes) {
  find(".snippet", row).after(...notes.map(({author, level, text: said}) => element("p", {class: "note", "data-level": level, dir: "auto"},
    element("b", {}, element("bdi", {}, personName(author) || text("kind.note"))), ...(level ? [" ", element("span", {class: "badge"}, text("level." + level))] : []),
    " ", said)));
}

// Return some pages; how many more there are.
/** @type {(pages: number[]) => string} */
function pagesText(pages) {
  return pages.slice(0, SHOWN_PAGES).join(", ") + (pages.length > SHOWN_PAGES ? " …" : "");
}

// Return where the title leads: to the item's own address, or to its file; that of a saved copy outlives its address.
/** @type {(item: Item, page?: number) => string} */
function hrefOf(item, page = 0) {
  if (item.url && !item.isSavedCopy) return item.url;
  return page ? item.href + "#page=" + page : item.href;
}

/** @type {(url: string) => string} */
function shortAddress(url) {
  const bare = url.replace(/^[a-z]+:(?:\/\/)?(?:www\.)?/i, "").replace(/\/+$/, "");
  return bare.length > 60 ? bare.slice(0, 59) + "…" : bare;
}
