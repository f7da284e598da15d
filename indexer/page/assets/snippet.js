// Which lines show why an item was found: indexer/index/snippet.py in JavaScript, but over all passages.

import {CHUNK, tokens} from "./words.js";
/** @import {Best, Passage, Snippet, Token} from "./types.js" */
export {snippetOf};

const MOST_CHUNKS = 10000, /** @type {Token[]} */ NO_HITS = [];
/** @type {{terms: Set<string> | null, chunks: Map<string, Token[]>}} */
let lookedUp = {terms: null, chunks: new Map()};

// Return {text, marks: [[start, end]…], page}: the piece of the passages with the most of what was asked.
/** @type {(passages: Passage[], terms: Set<string>, language: string, width?: number) => Snippet} */
function snippetOf(passages, terms, language, width = 200) {
  let best = null;
  for (const [text, page] of passages) {
    const hits = terms.size ? hitsIn(text, terms, language) : NO_HITS, {worth, at} = bestWindow(hits, width);
    if (!best || worth > best.worth) best = {worth, at, text, hits, page};
  }
  return best ? cutSnippet(best, width) : {text: "", marks: [], page: 0};
}

// Return the words of a text that show one of `terms`. A long text has few different words, and the next one has the same.
/** @type {(text: string, terms: Set<string>, language: string) => Token[]} */
function hitsIn(text, terms, language) {
  if (lookedUp.terms !== terms || lookedUp.chunks.size > MOST_CHUNKS) lookedUp = {terms, chunks: new Map()};
  const {chunks: known} = lookedUp, found = [];
  /** @type {(t: Token) => boolean} */
  const isHit = t => terms.has(t.form) || terms.has(t.stem) || t.others.some(term => terms.has(term));
  for (const {0: chunk, index: from} of text.matchAll(CHUNK)) {
    const name = language + " " + chunk;
    let hits = known.get(name);
    if (!hits) {
      hits = tokens(chunk, language).filter(isHit);
      known.set(name, hits.length ? hits : NO_HITS);
    }
    for (const hit of hits) found.push({...hit, start: from + hit.start, end: from + hit.end});
  }
  return found;
}

// Return the worth of the best window (distinct hits first, then their number) and where it begins.
/** @type {(hits: Token[], width: number) => {worth: number, at: number}} */
function bestWindow(hits, width) {
  let worth = 0, at = 0, left = 0;
  hits.forEach((token, right) => {
    while (left < right && token.end - hits[left].start > width) left += 1;
    const inside = hits.slice(left, right + 1);
    const value = 1000 * new Set(inside.map(t => t.stem || t.form)).size + inside.length;
    if (value > worth) { worth = value; at = hits[left].start; }
  });
  return {worth, at};
}

/** @type {(best: Best, width: number) => Snippet} */
function cutSnippet({worth, at, text, hits, page}, width) {
  /** @type {(from: number) => number} */
  const wordStart = from => {
    if (from <= 0) return 0;
    const blank = text.indexOf(" ", from - 1);
    return blank >= 0 && blank < from + 40 ? blank + 1 : from;
  };
  let start = worth ? wordStart(at - Math.floor(width / 4)) : 0;
  if (text.length - start < width) start = wordStart(text.length - width);
  let end = Math.min(text.length, start + width);
  if (end < text.length) {
    const blank = text.lastIndexOf(" ", end);
    if (blank > start + width / 2) end = blank;
  }
  const before = start ? "… " : "", after = end < text.length ? " …" : "", shift = before.length - start;
  /** @type {[start: number, end: number][]} */
  const marks = hits.filter(t => start <= t.start && t.end <= end).map(t => [t.start + shift, t.end + shift]);
  return {text: before + text.slice(start, end) + after, marks, page: worth ? page : 0};
}
