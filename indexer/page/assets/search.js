// The search over one state of the page: which items match. indexer/index/evaluate.py is the same in Python, and
// tests/page/test_answers.py holds this to it; `order.js` has how well they match, `counting.js` their properties.

import {asPart, derived, readings} from "./words.js";
import {distinct, everyLeaf, isScored, partsOf, scoredLeaves, whole, withSynonyms} from "./query.js";
import {NO_POSTINGS, addDerived, addParts, intersect, largestOf, subtract, sumOf, unite} from "./lists.js";
import {keyOf, positionsAt, titleKey} from "./shard.js";
import {Stale} from "./index.js";
import {expand} from "./vocabulary.js";
import {DERIVED_SHARE, Ordering, PART_SHARE, PROXIMITY_FIRST, scoresOf} from "./order.js";
import {filterTests, narrow} from "./counting.js";
/** @import {Choice, Expanded, FoundKey, IsStale, Leaf, Newest, NewestPlace, Place, Postings, Query, Scored, SearchOptions, Searched, Sort, Synonym, Test} from "./types.js" */
/** @import {View} from "./view.js" */
/** @import {Index} from "./index.js" */
export {Search, countAll, newest, search};

const WORDS_OF_A_QUESTION = 5, MOST_SHOWN = 1000, LEAVES_AT_ONCE = 16, BUSY_MS = 40, FIRST_SHOWN = 20;

// Return the newest results without having looked at all items, as `search` returns them, but `isFirst`: more of them are
// there than `docs.slice` gives. Null if the head doesn't name enough.
/** @type {(index: Index) => Newest | null} */
function newest(index) {
  const {view} = index, {home: {newest, total}} = view.facts, /** @type {(place: Place | NewestPlace) => number} */ number = ([segment, item]) => view.first + view.bases[segment] + item;
  if (newest.length < Math.min(FIRST_SHOWN, total)) return null;
  const docs = newest.map(number);
  return {docs: {length: total, slice: (from, to) => docs.slice(from, to)}, total, relaxed: false, complete: true,
    copies: new Map(newest.map(([, , copies], i) => [docs[i], copies.map(number)])), groups: [], isQuestion: false, isAlone: false, sorted: "newest",
    isFirst: true};
}

// Answer a query. Resolves to null once `isStale()`, else to {docs, copies, total, relaxed, complete, groups, isQuestion, sorted}:
// - docs: results (copies folded) in order: `docs.length`, and `docs.slice(from, to)`, an array of items
// - copies: Map, of the results sliced so far that have any: result → items that are copies of it, in order
// - relaxed: whether results have only some of the words, as no item has all
// - complete: whether each prefix and fuzzy word was searched in all of its forms
// - groups: for each telling word, the terms that show it
// - isQuestion: whether it is a whole question rather than some words
// - isAlone: whether notes alone were asked for: then each is a result, not part of that of its item
// - sorted: the order that it came to be: relevance without words is newest
// `chosen` narrows by exact values of kind, department, person, tag and year; `settled` is how many of the first results,
// and no fewer than `PROXIMITY_FIRST`, are in order down to the last tie. `facetCounts(index, found, chosen)` counts all.
/** @type {(index: Index, query: Query, options?: SearchOptions) => Promise<Searched | null>} */
async function search(index, query, options = {}) {
  const {sort = "relevance", chosen = {}, now = Date.now(), settled = PROXIMITY_FIRST, isStale = () => false} = options;
  try {
    return await index.run(async view => {
      const asked = new Search(view, withSynonyms(query, view.synonyms), isStale);
      const found = await asked.answer(sort, chosen, Number(now));
      await found.docs.settle(settled, asked);
      asked.mind();
      const first = found.docs.slice(0, FIRST_SHOWN);  // what is not there shall be missed now, not when it is shown
      await Promise.all(first.map(doc => view.about(doc - view.first)));
      asked.mind();
      return found;
    });
  } catch (error) {
    if (error instanceof Stale) return null;
    throw error;
  }
}

// Return how many results have all of a query, of which copies are one.
/** @type {(view: View, query: Query) => Promise<number>} */
async function countAll(view, query) {
  const asked = new Search(view, query, () => false);
  await asked.prepare(distinct([...everyLeaf(query)]));
  const docs = asked.match(query), folds = asked.foldsFor(asked.asksForNotes());
  return docs.filter(doc => !folds[doc]).length + new Set(docs.filter(doc => folds[doc]).map(doc => folds[doc])).size;
}

class Search {
  /** @param {View} view @param {Query} query @param {IsStale} isStale */
  constructor(view, query, isStale) {
    this.view = view;
    this.query = query;
    this.isStale = isStale;
    this.complete = true;
    this.relaxed = false;
    /** @type {Map<string, Promise<FoundKey>>} */
    this.keys = new Map();  // key to what `View.find` gives
    /** @type {Map<string, Postings>} */
    this.lists = new Map();  // leaf or title filter, as JSON, to postings
    /** @type {Map<string, Test[]>} */
    this.tests = new Map();  // other filter, as JSON, to a test for each segment
    /** @type {Map<string, string[]>} */
    this.expanded = new Map();  // prefix or fuzzy word, as JSON, to forms
    this.paused = performance.now();
  }

  /** @type {(sort: Sort, chosen: Partial<Choice>, now: number) => Promise<Searched>} */
  async answer(sort, chosen, now) {
    const {view} = this;
    const leaves = distinct([...everyLeaf(this.query)]);
    const [columns] = await Promise.all([view.columns(), this.prepare(leaves)]);
    let matched = this.match(this.query);
    if (!matched.length) {
      matched = this.relax();
      this.relaxed = matched.length > 0;
    }
    const narrowed = await narrow(view, matched, chosen);
    this.mind();
    const scored = isScored(this.query), sorted = scored || sort !== "relevance" ? sort : "newest";
    const scores = scored && sorted === "relevance" ? scoresOf(this, narrowed, columns, now) : null;
    const isAlone = this.asksForNotes() || (chosen.kind?.length === 1 && chosen.kind[0] === "note");
    const docs = await Ordering.of(this, narrowed, columns, sorted, scores, this.foldsFor(isAlone));
    return {view, matched, docs, isAlone, folds: this.foldsFor(this.asksForNotes()), copies: docs.copies, total: docs.length, relaxed: this.relaxed, complete: this.complete,
      groups: distinct(this.tellingLeaves().slice(0, MOST_SHOWN).flatMap(leaf => this.termsOf(leaf))), isQuestion: this.isQuestion(), sorted};
  }

  // Throw if nobody waits for the answer any more.
  mind() {
    if (this.isStale()) throw new Stale();
  }

  // Let the page react between two steps of a long search.
  async pause() {
    if (performance.now() - this.paused > BUSY_MS) await new Promise(resolve => setTimeout(resolve));
    this.paused = performance.now();
    this.mind();
  }

  // --- what is looked up ------------------------------------------------------------------------------

  /** @type {(leaves: Leaf[]) => Promise<void>} */
  async prepare(leaves) {
    for (let at = 0; at < leaves.length; at += LEAVES_AT_ONCE) {
      await Promise.all(leaves.slice(at, at + LEAVES_AT_ONCE).map(leaf => this.prepareOne(leaf)));
      await this.pause();
    }
  }

  /** @type {(leaf: Leaf) => Promise<void>} */
  async prepareOne(leaf) {
    const name = JSON.stringify(leaf);
    if (leaf[0] === "filter" && leaf[1] !== "title") this.tests.set(name, await filterTests(this.view, leaf[1], leaf[2]));
    else this.lists.set(name, await this.lookUp(leaf));
  }

  /** @type {(leaf: Leaf) => Promise<Postings>} */
  lookUp(leaf) {
    switch (leaf[0]) {
      case "word": return this.weighWord(leaf[1], leaf[2] ?? [], leaf[3] ?? false);
      case "phrase": return this.weighPhrase(leaf[1], leaf[2]);
      case "filter": return this.adjacent(leaf[2].split(" ").map(titleKey));
      default: return this.weighExpanded(leaf);
    }
  }

  /** @type {(key: string) => Promise<FoundKey>} */
  find(key) {
    let found = this.keys.get(key);
    if (!found) this.keys.set(key, found = this.view.find(key));
    return found;
  }

  // The largest sum over one reading: the form alone, or its light stem in one of the languages; or a synonym. Words derived
  // from the same stem count a share, and so do compounds that it is part of.
  /** @type {(form: string, also: Synonym[], isWhole: boolean) => Promise<Postings>} */
  async weighWord(form, also, isWhole) {
    const {languages, size} = this.view, groups = readings(form, languages).map(group => this.sum(group));
    const every = await Promise.all([...groups, ...also.map(synonym => this.lookUp(whole(synonym)))]);
    const full = largestOf(every, size), wide = await this.weighDerived(form);
    const found = wide.docs.length ? addDerived(full, wide, DERIVED_SHARE) : full;
    const parts = isWhole ? NO_POSTINGS : await this.sum(asPart(form, languages));
    return parts.docs.length ? addParts(found, full, parts, PART_SHARE) : found;
  }

  // The largest sum over the words that have one stem; nothing if that is the same as in `readings`.
  /** @type {(form: string) => Promise<Postings>} */
  async weighDerived(form) {
    const {languages} = this.view, known = new Set(readings(form, languages).flat()), groups = [];
    for (const group of derived(form, languages)) {
      const more = await Promise.all(group.filter(term => !known.has(term)).map(term => this.find(keyOf(term))));
      if (more.some(({docs}) => docs.length)) groups.push(this.sum(group));
    }
    return largestOf(await Promise.all(groups), this.view.size);
  }

  /** @type {(forms: string[], joined?: string) => Promise<Postings>} */
  async weighPhrase(forms, joined) {
    if (forms.length === 1) return this.find(forms[0]);
    const every = await Promise.all([this.adjacent(forms), ...(joined ? [this.find(joined)] : [])]);
    return largestOf(every, this.view.size);
  }

  /** @type {(leaf: Expanded) => Promise<Postings>} */
  async weighExpanded(leaf) {
    const {forms, complete} = await expand(this.view, leaf, form => this.find(form));
    this.expanded.set(JSON.stringify(leaf), forms);
    this.complete = this.complete && complete;
    return this.sum(forms);
  }

  /** @type {(terms: string[]) => Promise<Postings>} */
  async sum(terms) {
    return sumOf(await Promise.all([...new Set(terms)].map(term => this.find(keyOf(term)))), this.view.size);
  }

  // Return the items in which keys stand side by side, with how often they do.
  /** @type {(keys: string[]) => Promise<Postings>} */
  async adjacent(keys) {
    const {view} = this, distinct = [...new Set(keys)], found = await Promise.all(distinct.map(key => this.find(key)));
    const steps = keys.map(key => distinct.indexOf(key));
    if (keys.length === 1) return {docs: found[0].docs, weights: new Uint32Array(found[0].docs.length).fill(1)};
    const every = await Promise.all(view.segments.map(async (segment, n) => {
      const parts = found.flatMap(({parts}) => parts[n] ?? []);
      if (parts.length < found.length) return null;
      const common = parts.map(part => part.docs).sort((a, b) => a.length - b.length).reduce(intersect);
      const docs = view.deadCounts[n] ? common.filter(item => !view.dead[view.bases[n] + item]) : common;
      if (!docs.length) return null;
      const places = await Promise.all(parts.map(part => segment.positions(part, docs)));
      return {docs, weights: docs.map((_, i) => beginnings(steps.map(step => positionsAt(places[step], i))).length)};
    }));
    const {docs, weights} = view.live(every.map(part => part && withWeights(part)));
    return {docs, weights};
  }

  // --- which ------------------------------------------------------------------------------------------

  /** @type {(leaf: Query) => Postings} */
  list(leaf) {
    return this.lists.get(JSON.stringify(leaf)) ?? NO_POSTINGS;
  }

  /** @type {(part: Query) => Uint32Array} */
  match(part) {
    switch (part[0]) {
      case "and": return this.matchAll(partsOf(part));
      case "or": return partsOf(part).map(one => this.match(one)).reduce(unite);
      case "not": return this.without(this.view.everything(), part[1]);
      default: {
        const tests = this.tests.get(JSON.stringify(part));
        return tests ? this.view.passing(this.view.everything(), tests) : this.list(part).docs;
      }
    }
  }

  /** @type {(parts: Query[]) => Uint32Array} */
  matchAll(parts) {
    const isList = (/** @type {Query} */ part) => this.lists.has(JSON.stringify(part));
    const lists = parts.filter(isList).map(part => this.list(part).docs).sort((a, b) => a.length - b.length);
    lists.push(...parts.filter(part => part[0] === "and" || part[0] === "or").map(part => this.match(part)));
    let docs = lists.length ? lists.reduce(intersect) : this.view.everything();
    for (const tests of parts.map(part => this.tests.get(JSON.stringify(part)))) if (tests) docs = this.view.passing(docs, tests);
    for (const part of parts) if (part[0] === "not" && docs.length) docs = this.without(docs, part[1]);
    return docs;
  }

  /** @type {(docs: Uint32Array, excluded: Query) => Uint32Array} */
  without(docs, excluded) {
    const tests = this.tests.get(JSON.stringify(excluded));
    return tests ? this.view.passing(docs, tests, false) : subtract(docs, this.match(whole(excluded)));
  }

  // Return the items that have at least one of the telling words and phrases; none if fewer than two are asked for.
  /** @type {() => Uint32Array} */
  relax() {
    const parts = this.topLevel(), isWord = (/** @type {Query} */ part) => part[0] === "word" || part[0] === "phrase";
    const every = parts.filter(isWord), fixed = parts.filter(part => !isWord(part));
    if (every.length < 2) return NO_POSTINGS.docs;
    const telling = every.filter(part => !this.isFunctionWord(part)), seen = new Uint8Array(this.view.size);
    for (const part of telling.length ? telling : every) for (const doc of this.list(part).docs) seen[doc] = 1;
    return (fixed.length ? this.matchAll(fixed) : this.view.everything()).filter(doc => seen[doc]);
  }

  // The leaves that score and are shown: without function words, unless there is nothing else.
  /** @type {() => Scored[]} */
  tellingLeaves() {
    const every = [...scoredLeaves(this.query)], telling = every.filter(leaf => !this.isFunctionWord(leaf));
    return telling.length ? telling : every;
  }

  /** @type {(part: Query) => boolean} */
  isFunctionWord(part) {
    return part[0] === "word" && this.view.functionWords.has(part[1]);
  }

  /** @type {() => boolean} */
  isQuestion() {
    return this.topLevel().filter(part => part[0] === "word" || part[0] === "phrase").length >= WORDS_OF_A_QUESTION;
  }

  /** @type {() => boolean} */
  asksForNotes() {
    return this.topLevel().some(part => part[0] === "filter" && part[1] === "kind" && part[2] === "note");
  }

  // The numbers that say which items are one result.
  /** @type {(isAlone: boolean) => Uint32Array} */
  foldsFor(isAlone) {
    return isAlone ? new Uint32Array(this.view.size) : this.view.folds;
  }

  // The parts that are all required.
  /** @type {() => Query[]} */
  topLevel() {
    return this.query[0] === "and" ? partsOf(this.query) : [this.query];
  }

  // --- besides ----------------------------------------------------------------------------------------

  // Return the terms whose places show a leaf, in groups: one group of each for a phrase's forms.
  /** @type {(leaf: Scored) => string[][]} */
  termsOf(leaf) {
    if (leaf[0] === "phrase") return [...leaf[1], ...(leaf[2] ? [leaf[2]] : [])].map(form => [form]);
    if (leaf[0] !== "word") return [this.expanded.get(JSON.stringify(leaf)) ?? []];
    const [, form, also = [], isWhole] = leaf, {languages} = this.view, compounds = isWhole ? [] : asPart(form, languages);
    const own = new Set([form, ...readings(form, languages).flat(), ...derived(form, languages).flat(), ...compounds]);
    for (const synonym of also) this.termsOf(whole(synonym)).flat().forEach(term => own.add(term));
    return [[...own]];
  }
}

// Return the positions at which the first form stands with all others behind it in a row.
/** @type {(places: Uint32Array[]) => Uint32Array} */
function beginnings(places) {
  let found = places[0];
  for (let step = 1; step < places.length && found.length; step += 1) {
    const others = places[step];
    let at = 0;
    found = found.filter(begin => {
      while (at < others.length && others[at] < begin + step) at += 1;
      return at < others.length && others[at] === begin + step;
    });
  }
  return found;
}

/** @type {(postings: Postings) => Postings} */
function withWeights({docs, weights}) {
  return {docs: docs.filter((_, i) => weights[i]), weights: weights.filter(Boolean)};
}
