// What the page shows of an item, as it lies in a data file: indexer/page/entry.py in JavaScript. tests/cases/rows.json holds
// both to it. Names that are not known are passed over.

import {KINDS, LEVELS, STATES} from "./given.js";
/** @import {Facts, RawRow, Row} from "./types.js" */
export {LINKED, decodeRow, hrefOfPath};

// Only web and mail addresses are links; whatever else a file may claim leads to the file itself.
const LINKED = /^(?:https?|mailto):/i, LONE = /\p{Surrogate}/gu, COPY = /\.html$/i;

// Return {id, path, href, title, author, url, size, tags, links, kind, date, added, onlineOnly, conflict, isCut, isEntry, isSavedCopy,
// noteOn, noteLink, level, health, since, movedTo, marks, question}; `facts` stand in place of those in the row, if others are
// known by now.
/** @type {(raw: RawRow, facts?: Facts) => Row} */
function decodeRow(raw, facts = raw.f ?? {}) {
  const {id, p: path, t: title = "", k: kind, d: date, w: added = date, a: author = "", u: url = "", s: size = 0} = raw;
  const {g: tags = [], l: links = [], e: isEntry = 0} = raw;
  const followed = LINKED.test(url) ? url : "", isSavedCopy = kind === "link" && followed !== "" && !isEntry && COPY.test(path);
  return {
    id, path: shownText(path), href: hrefOfPath(path), title, author, url: followed, size, tags,
    links: links.filter(([address]) => LINKED.test(address)), kind: KINDS.includes(kind) ? kind : "other", date, added,
    onlineOnly: Boolean(facts.o), conflict: facts.c ?? "", isCut: Boolean(facts.i), isEntry: Boolean(isEntry), isSavedCopy,
    noteOn: facts.n ?? "", noteLink: facts.a ?? "", level: LEVELS.includes(facts.v ?? "") ? facts.v ?? "" : "",
    health: STATES.includes(facts.h ?? "") ? facts.h ?? "" : "", since: facts.s ?? null,
    movedTo: LINKED.test(facts.m ?? "") ? facts.m ?? "" : "", marks: marksOf(facts.k), question: facts.q ?? "",
  };
}

// Return how many people set each mark, and some of their names.
/** @type {(raw: Facts["k"]) => Row["marks"]} */
function marksOf(raw) {
  return Object.fromEntries(Object.entries(raw ?? {}).filter(([, said]) => Array.isArray(said) && typeof said[0] === "number"));
}

// Return a text as it can be shown: lone surrogates, which stand for undecodable bytes of names, as U+FFFD.
/** @type {(text: string) => string} */
function shownText(text) {
  return text.replace(LONE, "\ufffd");
}

// Return the address of a file, relative to the page: each name percent-encoded, undecodable bytes as they are on disk. It
// leads no higher than the page and to no other host, whatever the path says.
/** @type {(path: string) => string} */
function hrefOfPath(path) {
  const names = path.split("/").filter(name => !["", ".", ".."].includes(name));
  const isEscaped = [...path.matchAll(LONE)].every(([lone]) => lone >= "\udc80" && lone <= "\udcff");
  return names.map(name => name.split(/(\p{Surrogate})/u).map((part, n) =>
    n % 2 ? hrefOfLone(part.charCodeAt(0), isEscaped) : encodeURIComponent(part)).join("")).join("/");
}

// A byte of a name that is not UTF-8, or half of a character on Windows.
/** @type {(code: number, isEscaped: boolean) => string} */
function hrefOfLone(code, isEscaped) {
  const bytes = isEscaped ? [code & 255] : [code >> 12 | 224, code >> 6 & 63 | 128, code & 63 | 128];
  return bytes.map(byte => "%" + byte.toString(16).toUpperCase()).join("");
}
