// A row of the list. page.html.j2 has the same markup for the items that are there before any script runs.

import {MARKS} from "./given.js";
import {LINKED, hrefOfPath} from "./stored_row.js";
import {dayText, momentText, pieces, text} from "./texts.js";
import {element, find, findAll, icon} from "./dom.js";
/** @import {Content, Item, Link, Question, Relation, ShownNote, Snippet} from "./types.js" */
export {badge, fillNotes, fillRelated, fillSnippet, hrefOf, makeRow, noteLine, personName, shortAddress};

const SHOWN_PAGES = 5, LONG_SNIPPET = 280, SHOWN_NAMES = 2, UNKNOWN = "\ufffd";

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
  const acts = actsOn(item);
  if (acts.length) body.append(element("div", {class: "acts"}, ...acts));
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
  if (item.question) meta.append(" ", badge("badge", "question", text("question." + item.question)));
  for (const mark of MARKS) {
    const [n, ...names] = item.marks[mark] ?? [];
    if (n) meta.append(" ", markBadge(mark, n, names.map(name => personName(String(name)))));
  }
  return meta;
}

// Return a mark with those who set it.
/** @type {(mark: string, n: number, names: string[]) => HTMLElement} */
function markBadge(mark, n, names) {
  const shown = names.slice(0, SHOWN_NAMES).map(one => one.replaceAll("_", " ")), rest = n - shown.length;
  const people = element("bdi", {}, shown.join(", ") + (rest > 0 ? " +" + rest : ""));
  return badge(mark === "useful" ? "badge" : "badge w", mark, ...pieces("mark." + mark, {names: people}).filter(Boolean));
}

// Return what can be said of an item: a note, an answer, marks. One that is a note itself, or in a name that can't be told, has none.
/** @type {(item: Item) => HTMLElement[]} */
function actsOn({kind, path, noteOn, isEntry}) {
  if (noteOn || kind === "note" || path.includes(UNKNOWN) || (isEntry && kind !== "link")) return [];
  const note = kind === "question" ? actButton("answer", "note") : actButton("add-note", "note");
  return isEntry || kind === "question" ? [note] : [note, ...MARKS.map(mark => actButton("mark", mark))];
}

/** @type {(name: string, shape: string) => HTMLElement} */
function actButton(name, shape) {
  const label = text(name === "mark" ? "mark.as." + shape : "act." + name);
  return element("button", {type: "button", class: name, "data-mark": name === "mark" ? shape : undefined, title: label, "aria-label": label}, icon(shape));
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
  for (const one of findAll(".note", row)) one.remove();
  find(".snippet", row).after(...notes.map(noteLine));
}

/** @type {(note: ShownNote) => HTMLElement} */
function noteLine({author, level, text: said, isPending}) {
  return element("p", {class: "note", "data-level": level, dir: "auto"},
    element("b", {}, element("bdi", {}, personName(author) || text("kind.note"))), ...(level ? [" ", badge("badge", level, text("level." + level))] : []),
    " ", said, ...(isPending ? [" ", element("span", {class: "pending"}, text("pending"))] : []));
}

// Put below an item which questions it answers, or may answer, and what other departments have that is like it.
/** @type {(row: HTMLElement, questions: [key: string, question: Question][], relations: Relation[]) => void} */
function fillRelated(row, questions, relations) {
  const lines = questions.map(([key, {path, question}]) => element("p", {class: "related"}, icon("question"), element("span", {},
    ...pieces(key, {question: element("a", {href: hrefOfPath(path)}, element("bdi", {}, question))}).filter(Boolean))));
  lines.push(...relations.map(([department, n, some]) => {
    const links = some.flatMap(([path, title], place) => [place ? ", " : ": ", element("a", {href: hrefOfPath(path)}, element("bdi", {}, title || path))]);
    return element("p", {class: "related"}, icon("fork"), element("span", {},
      ...pieces("related", {n, department: element("b", {}, element("bdi", {}, department))}).filter(Boolean), ...links));
  }));
  for (const one of findAll(".related", row)) one.remove();
  find(".r", row).append(...lines);
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
