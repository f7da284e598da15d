// How well items match, and in which order they are shown: indexer/ranking.py and indexer/index/order.py in JavaScript.

import {distinct} from "./query.js";
import {compareText} from "./bytes.js";
import {NO_POSTINGS, intersect, nthLargest} from "./lists.js";
import {keyOf, positionsAt} from "./shard.js";
import {PER_ABOUT} from "./segment.js";
/** @import {Columns, Part, Sort} from "./types.js" */
/** @import {View} from "./view.js" */
/** @import {Search} from "./search.js" */
/** @import {Segment} from "./segment.js" */
export {DERIVED_SHARE, Ordering, PART_SHARE, PROXIMITY_FIRST, scoresOf};

const K1 = 1.2, B = 0.75, RELAXED_B = 0.6, LONGEST = 4, DERIVED_SHARE = 0.5, PART_SHARE = 1 / 3, DERIVED_ONLY = 1 / 1024, RECENCY_GAIN = 0.2, RECENCY_HALF_LIFE_DAYS = 180, DAY_MS = 86400000;
const PROXIMITY_GAIN = 0.5, PROXIMITY_FIRST = 50;
// Bytes of places of words that may be loaded to put the best in order again; in a large folder people would wait for them.
const PROXIMITY_BYTES = 512 << 10, PROXIMITY_BYTES_OF_MANY = 128 << 10, MANY_ITEMS = 20000;
const TIED_PAGES = 8;  // pages of items looked at for the paths of items that are equal in everything else
const PAGES_AT_ONCE = 16, FEW = 512;

// Return the score of each of `docs`, which are ascending.
/** @type {(search: Search, docs: Uint32Array, columns: Columns, now: number) => Float64Array} */
function scoresOf(search, docs, {lengths, days, qualities}, now) {
  const {view} = search, scores = new Float64Array(docs.length), today = Math.floor(now / DAY_MS);
  const {items} = view.facts, mean = view.meanLength || 1, b = search.relaxed ? RELAXED_B : B;
  for (const leaf of search.tellingLeaves()) {
    const {docs: those, weights} = search.list(leaf);
    const told = Math.log(1 + (items - those.length + 0.5) / (those.length + 0.5));
    for (let i = 0, j = 0; i < docs.length && j < those.length;) {
      if (docs[i] < those[j]) i += 1;
      else if (docs[i] > those[j]) j += 1;
      else {
        const norm = K1 * (1 - b + b * Math.min(lengths[docs[i]], LONGEST * mean) / mean);
        scores[i++] += told * weights[j] * (K1 + 1) / (weights[j++] + norm);
      }
    }
  }
  if (!search.relaxed) for (const part of search.topLevel()) setBack(docs, scores, search.list(part).derivedOnly);
  const recency = recencies(today);
  for (let i = 0; i < docs.length; i += 1) scores[i] *= recency(days[docs[i]]) * (0.5 + qualities[docs[i]] / 256);
  return scores;
}

// Put items that have only derived words or compounds for a required word after all others.
/** @type {(docs: Uint32Array, scores: Float64Array, alone?: Uint32Array) => void} */
function setBack(docs, scores, alone = NO_POSTINGS.docs) {
  for (let i = 0, j = 0; i < docs.length && j < alone.length;) {
    if (docs[i] < alone[j]) i += 1;
    else if (docs[i] > alone[j]) j += 1;
    else { scores[i++] *= DERIVED_ONLY; j += 1; }
  }
}

// Return a function of the day of an item; powers are slow, and days few.
/** @type {(today: number) => (day: number) => number} */
function recencies(today) {
  /** @type {number[]} */
  const known = [];
  return day => {
    const age = Math.max(0, today - day);
    return known[age] ??= 1 + RECENCY_GAIN * 2 ** (-age / RECENCY_HALF_LIFE_DAYS);
  };
}

/** @type {(score: number) => number} */
const rounded = score => Math.round(score * 1e9) / 1e9;

// The results: matches in order, copies folded. Matches are meant by their places in `docs`, which are ascending.
//
// The first ones, as many as `settle` was asked for, are in order down to the last tie, which costs a look at their rows.
// Those behind them, which few people get to, are put in order when `slice` asks for them, ties by number.
class Ordering {
  // Scores, one a match, are given if they are ordered by relevance.
  /** @type {(search: Search, docs: Uint32Array, columns: Columns, sort: Sort, scores: Float64Array | null, folds: Uint32Array) => Promise<Ordering>} */
  static async of(search, docs, {days}, sort, scores, folds) {
    const isByDate = sort === "newest" || sort === "oldest", sign = sort === "oldest" ? -1 : 1;
    const times = isByDate ? await search.view.times() : null;
    const major = scores ? scores.map(rounded) : Float64Array.from(docs, doc => days[doc] * sign);
    const minor = Float64Array.from(docs, doc => (times ?? days)[doc] * sign);
    return new Ordering(search.view, docs, sort, scores, major, minor, folds);
  }

  /**
   * @param {View} view
   * @param {Uint32Array} docs
   * @param {Sort} sort
   * @param {Float64Array | null} scores
   * @param {Float64Array} major
   * @param {Float64Array} minor
   * @param {Uint32Array} folds
   */
  constructor(view, docs, sort, scores, major, minor, folds) {
    this.view = view;
    this.docs = docs;
    this.sort = sort;
    this.scores = scores;
    this.major = major;
    this.minor = minor;
    this.folds = folds;
    /** @type {Uint32Array | null} */
    this.times = null;  // what settles a tie of score and day, if there is one
    /** @type {number[]} */
    this.order = [];  // results as far as they are known
    /** @type {Map<number, number[]>} */
    this.copies = new Map();
    this.length = this.countResults();
  }

  countResults() {
    const {docs, folds, view: {foldCount}} = this, seen = new Uint8Array(foldCount);
    let count = 0;
    for (const doc of docs) {
      const fold = folds[doc];
      if (!fold || !seen[fold]) count += 1;
      seen[fold] = 1;
    }
    return count;
  }

  // Return the results from one place to another, as items.
  /** @type {(from: number, to?: number) => number[]} */
  slice(from, to = this.length) {
    const end = Math.min(to, this.length);
    if (end > this.order.length) this.extend(end);
    return this.order.slice(from, end).map(i => this.docs[i] + this.view.first);
  }

  // Put the first `count` results in order, and note the copies of each.
  /** @type {(count: number, search: Search) => Promise<void>} */
  async settle(count, search) {
    const wanted = Math.min(this.length, Math.max(count, PROXIMITY_FIRST));
    this.order = this.sort === "name" ? await this.byName() : await this.best(wanted);
    if (this.scores && !search.relaxed) this.order = await this.nearestFirst(search);
    for (const [i, group] of this.copiesOf(this.order)) this.noteCopies(i, await this.untied(group));
  }

  /** @type {(count: number) => void} */
  extend(count) {
    const known = new Set(this.order), more = this.folded(this.sorted(count), count, known);
    this.order.push(...more);
    for (const [i, group] of this.copiesOf(more)) this.noteCopies(i, group);
  }

  // --- order ------------------------------------------------------------------------------------------

  // Return the matches that the first `count` results are among, in order but for ties.
  /** @type {(count: number) => number[]} */
  sorted(count) {
    for (let wanted = Math.max(2 * count, FEW); ; wanted *= 4) {
      const found = this.candidates(wanted);
      if (found.length === this.docs.length || this.folded(found, count).length === count) {
        return found.sort((a, b) => this.compare(a, b));
      }  // else many of them are copies of one another
    }
  }

  // Return the best `wanted` and all that are as good as the last of them.
  /** @type {(wanted: number) => number[]} */
  candidates(wanted) {
    const {major} = this, size = major.length;
    if (size <= wanted) return Array.from(major.keys());
    const limit = nthLargest(major, wanted), found = [];
    for (let i = 0; i < size; i += 1) if (major[i] >= limit) found.push(i);
    return found;
  }

  /** @type {(a: number, b: number) => number} */
  compare(a, b) {
    const {major, minor, times, docs} = this;
    return major[b] - major[a] || minor[b] - minor[a] || (times ? times[docs[b]] - times[docs[a]] : 0) || a - b;
  }

  // Return matches without those that are copies of one before; no more than fill up `known` to `count`.
  /** @type {(matches: number[], count: number, known?: Set<number>) => number[]} */
  folded(matches, count, known = new Set()) {
    const {folds} = this, seen = new Set(), found = [];
    for (const i of known) seen.add(folds[this.docs[i]]);
    for (const i of matches) {
      if (known.size + found.length === count) break;
      const fold = folds[this.docs[i]];
      if (known.has(i) || (fold && seen.has(fold))) continue;
      seen.add(fold);
      found.push(i);
    }
    return found;
  }

  /** @type {(count: number) => Promise<number[]>} */
  async best(count) {
    const sorted = this.sorted(count), settled = [];
    for (const group of this.groups(sorted)) {
      settled.push(...await this.untied(group));
      if (settled.length >= count && this.folded(settled, count).length === count) break;
    }
    return this.folded(settled, count);
  }

  // Yield runs of matches that are equal in all that is known of them.
  /** @type {(sorted: number[]) => Generator<number[]>} */
  * groups(sorted) {
    const {major, minor} = this;
    for (let at = 0, end; at < sorted.length; at = end) {
      for (end = at + 1; end < sorted.length; end += 1) {
        if (major[sorted[end]] !== major[sorted[at]] || minor[sorted[end]] !== minor[sorted[at]]) break;
      }
      yield sorted.slice(at, end);
    }
  }

  // Put matches in order: equal ones by time, then path and id; by number if that would cost many files.
  /** @type {(matches: number[]) => Promise<number[]>} */
  async untied(matches) {
    if (matches.length < 2) return matches;
    const {rank} = this;
    if (rank) return matches.sort((a, b) => rank[a] - rank[b]);
    if (this.scores) this.times ??= await this.view.times();
    const sorted = matches.sort((a, b) => this.compare(a, b)), found = [];
    for (let at = 0, end; at < sorted.length; at = end) {
      for (end = at + 1; end < sorted.length && this.isTie(sorted[at], sorted[end]); end += 1);
      const tied = sorted.slice(at, end), pages = new Set(tied.map(i => this.pageOf(this.docs[i])));
      found.push(...tied.length > 1 && pages.size <= TIED_PAGES ? await this.byPath(tied) : tied);
    }
    return found;
  }

  /** @type {(a: number, b: number) => boolean} */
  isTie(a, b) {
    const {major, minor, times, docs} = this;
    return major[a] === major[b] && minor[a] === minor[b] && (!times || times[docs[a]] === times[docs[b]]);
  }

  /** @type {(doc: number) => string} */
  pageOf(doc) {
    const [number, item] = this.view.locate(doc);
    return number + " " + Math.floor(item / PER_ABOUT);
  }

  /** @type {(tied: number[]) => Promise<number[]>} */
  async byPath(tied) {
    const rows = await Promise.all(tied.map(i => this.view.row(this.docs[i])));
    /** @type {[path: string, id: string, i: number][]} */
    const named = tied.map((i, n) => [rows[n]?.path ?? "", rows[n]?.id ?? "", i]);
    return named.sort((a, b) => compareText(a[0], b[0]) || compareText(a[1], b[1])).map(one => one[2]);
  }

  /** @type {() => Promise<number[]>} */
  async byName() {
    /** @type {[title: string, path: string, id: string, i: number][]} */
    const every = [];
    const {docs} = this;
    for (let at = 0; at < docs.length;) {
      const pages = new Set(), from = at;
      for (; at < docs.length && (pages.add(this.pageOf(docs[at])), pages.size <= PAGES_AT_ONCE); at += 1);
      const rows = await Promise.all(Array.from(docs.subarray(from, at), doc => this.view.row(doc)));
      rows.forEach((row, n) => every.push([foldCase(row?.title ?? ""), row?.path ?? "", row?.id ?? "", from + n]));
    }
    every.sort((a, b) => compareText(a[0], b[0]) || compareText(a[1], b[1]) || compareText(a[2], b[2]));
    const ranks = new Uint32Array(docs.length);
    every.forEach(([, , , i], rank) => { ranks[i] = rank; });
    this.rank = ranks;
    return this.folded(every.map(one => one[3]), this.length);
  }

  // --- copies -----------------------------------------------------------------------------------------

  // Return result to its copies among the matches, of those that have any.
  /** @type {(results: number[]) => Map<number, number[]>} */
  copiesOf(results) {
    const {docs, folds} = this, /** @type {Map<number, number>} */ byFold = new Map();
    /** @type {Map<number, number[]>} */
    const found = new Map();
    for (const i of results) if (folds[docs[i]]) byFold.set(folds[docs[i]], i);
    for (let i = 0; byFold.size && i < docs.length; i += 1) {
      const first = byFold.get(folds[docs[i]]);
      if (first === undefined || first === i) continue;
      const group = found.get(first);
      if (group) group.push(i);
      else found.set(first, [i]);
    }
    return found;
  }

  /** @type {(i: number, group: number[]) => void} */
  noteCopies(i, group) {
    const {docs, view: {first}} = this;
    this.copies.set(docs[i] + first, group.map(copy => docs[copy] + first));
  }

  // --- nearness ---------------------------------------------------------------------------------------

  // Return the known order with the best in order again, by how near their words stand together.
  /** @type {(search: Search) => Promise<number[]>} */
  async nearestFirst(search) {
    const top = this.order.slice(0, PROXIMITY_FIRST), rest = this.order.slice(PROXIMITY_FIRST);
    const groups = distinct(search.tellingLeaves().filter(leaf => leaf[0] === "word" || leaf[0] === "phrase")
      .flatMap(leaf => search.termsOf(leaf)).map(group => group.sort(compareText)));
    const near = groups.length > 1 ? await nearness(search, top.map(i => this.docs[i]), groups) : null;
    if (!near) return this.order;
    const plain = this.major, scores = this.scores ?? plain, /** @type {number[]} */ found = [];
    this.major = plain.slice();
    top.forEach((i, n) => { this.major[i] = rounded(scores[i] * near[n]); });
    for (const group of this.groups(top.sort((a, b) => this.compare(a, b)))) found.push(...await this.untied(group));
    this.major = plain;
    return [...found, ...rest];
  }
}

// Return a factor for each of some items; null if too much would have to be loaded for that.
/** @type {(search: Search, docs: number[], groups: string[][]) => Promise<number[] | null>} */
async function nearness(search, docs, groups) {
  const {view} = search, sorted = Uint32Array.from(docs).sort(), terms = [...new Set(groups.flat())];
  const found = await Promise.all(terms.map(term => search.find(keyOf(term)))), /** @type {Map<string, number>} */ needed = new Map();
  /** @type {{term: string, segment: Segment, base: number, part: Part, own: Uint32Array}[]} */
  const looks = [];
  view.eachSegment(sorted, (n, base, from, to) => {
    const items = sorted.slice(from, to).map(doc => doc - base);
    terms.forEach((term, number) => {
      const part = found[number].parts[n], own = part ? intersect(part.docs, items) : NO_POSTINGS.docs;
      if (!part || !own.length) return;
      needed.set(n + " " + part.shard, view.segments[n].occurrenceBytes(part.shard));
      looks.push({term, segment: view.segments[n], base, part, own});
    });
  });
  const most = view.facts.items > MANY_ITEMS ? PROXIMITY_BYTES_OF_MANY : PROXIMITY_BYTES;
  if ([...needed.values()].reduce((a, b) => a + b, 0) > most) return null;
  /** @type {Map<number, Map<string, Uint32Array>>} */
  const places = new Map(docs.map(doc => [doc, new Map()]));
  await Promise.all(looks.map(async ({term, segment, base, part, own}) => {
    const read = await segment.positions(part, own);
    own.forEach((item, i) => places.get(item + base)?.set(term, positionsAt(read, i)));
  }));
  /** @type {(doc: number, group: string[]) => number[]} */
  const positionsIn = (doc, group) => [...new Set(group.flatMap(term => [...places.get(doc)?.get(term) ?? []]))];
  return docs.map(doc => proximity(groups.map(group => positionsIn(doc, group))));
}

// Return the factor for the narrowest stretch that holds one position of each word; those that have none are left out.
/** @type {(positions: number[][]) => number} */
function proximity(positions) {
  const present = positions.filter(where => where.length);
  if (present.length < 2) return 1;
  const share = present.length / positions.length;
  return 1 + PROXIMITY_GAIN * share * Math.min(1, present.length / (narrowest(present) + 1));
}

// Return the least difference of last and first position among one of each list.
/** @type {(positions: number[][]) => number} */
function narrowest(positions) {
  const events = positions.flatMap((where, which) => where.map(at => [at, which]));
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const last = new Array(positions.length).fill(-1);
  let best = Infinity;
  for (const [at, which] of events) {
    last[which] = at;
    const first = Math.min(...last);
    if (first >= 0) best = Math.min(best, at - first);
  }
  return best;
}

// Return a text as Python's casefold makes it (but for Cherokee).
/** @type {(text: string) => string} */
function foldCase(text) {
  /** @type {(c: string) => string} */
  const foldOne = c => c === "ı" ? c : Array.from(c.toUpperCase(), one => one.toLowerCase()).join("");
  return Array.from(text.replace(/ẞ/g, "ss"), foldOne).join("");
}
