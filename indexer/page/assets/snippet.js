// Which lines show why an item was found: indexer/index/snippet.py in JavaScript, but over all passages, which lie on one
// line each.

import {CHUNK, tokens} from "./words.js";
/** @import {Hit, Line, Passage, Snippet, Span} from "./types.js" */
export {ANSWER_WIDTH, WIDTH, hitsIn, snippetOf};

const WIDTH = 200, ANSWER_WIDTH = 420, BETWEEN = " · ", MOST_PAGES = 20, MOST_CHUNKS = 10000, /** @type {Hit[]} */ NO_HITS = [];
const SENTENCE_END = /[.!?…]["'”’»)\]]* (?=[\p{Lu}\p{Lo}\p{N}"'“„«(])| · /gu;
/** @type {{groups: string[][] | null, chunks: Map<string, Hit[]>}} */
let lookedUp = {groups: null, chunks: new Map()};

// Return {text, marks: [[start, end]…], page, pages}: the piece of the passages with the most of what was asked, which never
// begins with the title; `groups` are for each word the terms that show it, `pages` further ones with as many words.
/** @type {(passages: Passage[], groups: string[][], language: string, title?: string, width?: number) => Snippet} */
function snippetOf(passages, groups, language, title = "", width = WIDTH) {
  let best = null;
  /** @type {Map<number, number>} */
  const distinctOn = new Map();
  for (const [number, [whole, page]] of passages.entries()) {
    const text = number ? whole : withoutTitle(whole, title), hits = groups.length ? hitsIn(text, groups, language) : NO_HITS;
    const line = {text, hits, page}, found = bestWindow(hits, width), distinct = new Set(hits.map(hit => hit.group)).size;
    distinctOn.set(page, Math.max(distinctOn.get(page) ?? 0, distinct));
    const worth = [found.distinct, found.count];
    if (!best || worth[0] > best.distinct || (worth[0] === best.distinct && worth[1] > best.count)) best = {...found, line};
  }
  if (!best) return {text: "", marks: [], page: 0, pages: []};
  const {line, at, distinct} = best;
  if (!distinct) return {text: beginningOf(line.text, width), marks: [], page: 0, pages: []};
  const most = Math.max(...distinctOn.values());
  const pages = [...distinctOn].filter(([page, count]) => page && page !== line.page && count === most).map(([page]) => page);
  return {...windowsOf(line, distinct, at, width), page: line.page, pages: pages.sort((a, b) => a - b).slice(0, MOST_PAGES)};
}

// Return a text without its title, if it begins with that and goes on.
/** @type {(text: string, title: string) => string} */
function withoutTitle(text, title) {
  if (!title || text.slice(0, title.length).toLowerCase() !== title.toLowerCase()) return text;
  const rest = text.slice(title.length);
  return /^[\p{L}\p{N}]/u.test(rest) ? text : rest.replace(/^[ ·.:–—-]+/, "") || text;
}

// Return as much of a text as the page shows before any script runs.
/** @type {(text: string, width: number) => string} */
function beginningOf(text, width) {
  if (text.length <= width) return text;
  const blank = text.lastIndexOf(" ", width);
  return text.slice(0, blank > width / 2 ? blank : width) + " …";
}

// Return the words of a text that show one of those asked. A long text has few different words, and the next one has the same.
/** @type {(text: string, groups: string[][], language: string) => Hit[]} */
function hitsIn(text, groups, language) {
  if (lookedUp.groups !== groups || lookedUp.chunks.size > MOST_CHUNKS) lookedUp = {groups, chunks: new Map()};
  const {chunks: known} = lookedUp, sets = groups.map(group => new Set(group)), found = [];
  for (const {0: chunk, index: from} of text.matchAll(CHUNK)) {
    const name = language + " " + chunk;
    let hits = known.get(name);
    if (!hits) {
      hits = tokens(chunk, language).map(({form, stem, others, start, end}) =>
        ({start, end, group: sets.findIndex(set => [form, stem, ...others].some(term => set.has(term)))})).filter(hit => hit.group >= 0);
      known.set(name, hits.length ? hits : NO_HITS);
    }
    for (const hit of hits) found.push({...hit, start: from + hit.start, end: from + hit.end});
  }
  return found;
}

// Return what the best window is worth (words not `known` first, then the number of hits) and where it begins.
/** @type {(hits: Hit[], width: number, known?: Set<number>) => {distinct: number, count: number, at: number}} */
function bestWindow(hits, width, known = new Set()) {
  let best = {distinct: 0, count: 0, at: 0}, left = 0;
  hits.forEach((hit, right) => {
    while (left < right && hit.end - hits[left].start > width) left += 1;
    const inside = hits.slice(left, right + 1), distinct = new Set(inside.map(one => one.group).filter(group => !known.has(group))).size;
    if (distinct > best.distinct || (distinct && distinct === best.distinct && inside.length > best.count)) {
      best = {distinct, count: inside.length, at: hits[left].start};
    }
  });
  return best;
}

// Return the best window; or two of half the width, in their order, if these show more of the words.
/** @type {(line: Line, distinct: number, at: number, width: number) => Span} */
function windowsOf(line, distinct, at, width) {
  const whole = windowOf(line, at, width);
  if (new Set(line.hits.map(hit => hit.group)).size === distinct) return whole;
  const half = Math.floor(width / 2), first = bestWindow(line.hits, half).at;
  const shown = new Set(line.hits.filter(hit => first <= hit.start && hit.end <= first + half).map(hit => hit.group));
  const second = bestWindow(line.hits, half, shown);
  if (shown.size + second.distinct <= distinct || Math.abs(first - second.at) < width) return whole;
  const [a, b] = [first, second.at].sort((x, y) => x - y).map(one => windowOf(line, one, half));
  const text = a.text.replace(/ …$/, ""), more = b.text.replace(/^… /, ""), shift = text.length + 3 - (b.text.length - more.length);
  /** @type {[start: number, end: number][]} */
  const others = b.marks.map(([start, end]) => [start + shift, end + shift]);
  return {text: `${text} … ${more}`, marks: [...a.marks, ...others]};
}

// Return about `width` characters from before a place on, from and to the end of a sentence where that fits.
/** @type {(line: Line, at: number, width: number) => Span} */
function windowOf({text, hits}, at, width) {
  let [start, isWhole] = beginOf(text, at, width);
  if (text.length - start < width && text.length > width) {
    const other = beginOf(text, text.length - width + Math.floor(width / 4), width);
    if (other[0] < start) [start, isWhole] = other;
  }
  const last = Math.max(0, ...hits.map(hit => hit.end).filter(end => end <= start + width)), [end, isEnd] = endOf(text, start, width, last);
  const before = isWhole ? "" : "… ", after = isEnd ? "" : " …", shift = before.length - start;
  /** @type {[start: number, end: number][]} */
  const marks = hits.filter(hit => start <= hit.start && hit.end <= end).map(hit => [hit.start + shift, hit.end + shift]);
  return {text: before + text.slice(start, end) + after, marks};
}

// Return the matches of a sentence's end between two places.
/** @type {(text: string, from: number, to: number) => {at: number, end: number, isBetween: boolean}[]} */
function sentenceEnds(text, from, to) {
  return [...text.slice(from, to).matchAll(SENTENCE_END)]
    .map(match => ({at: from + match.index, end: from + match.index + match[0].length, isBetween: match[0] === BETWEEN}));
}

// Return where to begin before a place, and whether a sentence begins there.
/** @type {(text: string, at: number, width: number) => [start: number, isWhole: boolean]} */
function beginOf(text, at, width) {
  const least = Math.max(0, at - Math.floor(width / 2));
  if (text.length <= width || at <= Math.floor(width / 4)) return [0, true];
  const last = sentenceEnds(text, least, at + 1).filter(({end}) => end <= at).at(-1);
  if (last) return [last.end, true];
  if (!least) return [0, true];
  const start = Math.max(0, at - Math.floor(width / 4)), blank = text.indexOf(" ", start - 1);
  return blank >= 0 && blank < start + 40 ? [blank + 1, false] : [start, false];
}

// Return where to end, not before `least`, and whether a sentence ends there.
/** @type {(text: string, start: number, width: number, least: number) => [end: number, isEnd: boolean]} */
function endOf(text, start, width, least) {
  if (text.length - start <= width) return [text.length, true];
  const middle = start + Math.floor(width / 2), last = sentenceEnds(text, Math.max(least, middle), start + width + BETWEEN.length).at(-1);
  if (last) return [last.isBetween ? last.at : last.end - 1, true];
  const blank = text.lastIndexOf(" ", start + width);
  return [blank > middle ? blank : start + width, false];
}
