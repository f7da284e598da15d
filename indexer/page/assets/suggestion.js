// What was perhaps meant: a query that finds nothing, with its words put right, chosen by what the other words find.
// indexer/search/suggestion.py is the same in Python; tests/page/test_answers.py compares them.

import {tokens} from "./words.js";
import {distinct, parseQuery, partsOf, scoredLeaves, withSynonyms} from "./query.js";
import {mostFrequent, formsNear} from "./vocabulary.js";
import {countAll} from "./search.js";
/** @import {Change, FindKey, Query, Token} from "./types.js" */
/** @import {View} from "./view.js" */
/** @import {Index} from "./index.js" */
export {suggestion};

const MIN_SUGGESTED = 4, MIN_PART = 3, MOST_NEAR = 4, MOST_TRIED = 12, MOST_WORDS = 40;
const KEYS = ["qwertzuiop", "qwertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn"];
const NEIGHBOURS = new Set(KEYS.flatMap(row => Array.from(row).slice(1).flatMap((b, i) => [row[i] + b, b + row[i]])));

// Return the query with words put right, so that items have all of them; null if there is nothing to put right. `query` is
// what the text was read as.
/** @type {(index: Index, text: string, query: Query) => Promise<string | null>} */
function suggestion(index, text, query) {
  return index.run(async view => {
    const whole = withSynonyms(query, view.synonyms);
    const asked = new Set([...scoredLeaves(whole)].flatMap(([kind, what]) => kind === "word" ? [what] : kind === "phrase" ? what : []));
    const found = tokens(text).slice(0, MOST_WORDS).filter(({form}) => asked.has(form)), /** @type {Token[]} */ wrong = [];
    for (const token of found) if (mayBeWrong(token.form) && !await frequency(view, token.form)) wrong.push(token);
    let best = 0, meant = null;
    for (const changes of await tries(view, text, found, wrong)) {
      const count = await countAll(view, changes.reduce(changed, whole)), worth = count * Math.min(...changes.map(change => change.weight));
      if (worth > best) { best = worth; meant = rewritten(text, changes); }
    }
    return meant;
  });
}

// Return what may be changed together: all wrong words, each by one of its near forms; or two words become one.
/** @type {(view: View, text: string, found: Token[], wrong: Token[]) => Promise<Change[][]>} */
async function tries(view, text, found, wrong) {
  const joined = await joins(view, text, found), forms = new Set(joined.flatMap(change => change.forms));
  const choices = [];
  for (const token of wrong) choices.push(await repairs(view, token));
  /** @type {Change[][]} */
  let every = wrong.length ? [[]] : [];
  for (const choice of choices) every = every.flatMap(before => choice.map(change => [...before, change])).slice(0, MOST_TRIED);
  if (wrong.every(({form}) => forms.has(form))) every.push(...joined.map(change => [change]));
  return every.slice(0, MOST_TRIED);
}

/** @type {(view: View, token: Token) => Promise<Change[]>} */
async function repairs(view, {form, start, end}) {
  const counts = await formsNear(view, form), /** @type {FindKey} */ find = key => view.find(key);
  counts.delete(form);
  const {forms} = await mostFrequent(counts, view.hasDead ? find : null, MOST_NEAR);
  const near = forms.map(other => ({start, end, text: other, forms: [form], weight: weightOf(form, other)}));
  near.sort((a, b) => b.weight - a.weight);
  const letters = Array.from(form);
  for (let at = MIN_PART; at <= letters.length - MIN_PART; at += 1) {
    const first = letters.slice(0, at).join(""), second = letters.slice(at).join("");
    if (await frequency(view, first) && await frequency(view, second)) {
      near.push({start, end, text: first + " " + second, forms: [form], weight: 1});
    }
  }
  return near;
}

/** @type {(view: View, text: string, found: Token[]) => Promise<Change[]>} */
async function joins(view, text, found) {
  const made = [];
  for (const [i, second] of found.slice(1).entries()) {
    const first = found[i], form = first.form + second.form;
    if (!text.slice(first.end, second.start).trim() && isAlphabetic(form) && await frequency(view, form)) {
      made.push({start: first.start, end: second.end, text: form, forms: [first.form, second.form], weight: 1});
    }
  }
  return made;
}

/** @type {(view: View, form: string) => Promise<number>} */
async function frequency(view, form) {
  return (await view.find(form)).docs.length;
}

/** @type {(form: string) => boolean} */
function isAlphabetic(form) {
  return /^\p{L}+$/u.test(form);
}

/** @type {(form: string) => boolean} */
function mayBeWrong(form) {
  return Array.from(form).length >= MIN_SUGGESTED && isAlphabetic(form);
}

// Return how probably a word was typed for another: two letters swapped or one doubled, a neighbouring key, any other.
/** @type {(typed: string, meant: string) => number} */
function weightOf(typed, meant) {
  const a = Array.from(typed), b = Array.from(meant);
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at += 1;
  if (a.length === b.length) {
    if ([...a].sort().join("") === [...b].sort().join("")) return 8;
    return NEIGHBOURS.has(a[at] + b[at]) ? 3 : 1;
  }
  const longer = a.length > b.length ? a : b;
  return at && longer[at - 1] === longer[at] ? 8 : 1;
}

// Return a query with a change made in its words.
/** @type {(query: Query, change: Change) => Query} */
function changed(query, change) {
  const {forms, text} = change;
  switch (query[0]) {
    case "word": {
      if (!forms.includes(query[1])) return query;
      return query[1] === forms[0] ? parseQuery(text) : ["and"];
    }
    case "phrase": {
      if (!forms.every(form => query[1].includes(form))) return query;
      return ["phrase", query[1].flatMap(form => form === forms[0] ? text.split(" ") : forms.includes(form) ? [] : [form])];
    }
    case "and": {
      const flat = distinct(partsOf(query).map(part => changed(part, change)).flatMap(part => part[0] === "and" ? partsOf(part) : [part]));
      return flat.length === 1 ? flat[0] : ["and", ...flat];
    }
    case "or": return ["or", ...partsOf(query).map(part => changed(part, change))];
    default: return query;
  }
}

/** @type {(text: string, changes: Change[]) => string} */
function rewritten(text, changes) {
  const parts = [];
  let at = 0;
  for (const change of [...changes].sort((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, change.start), change.text);
    at = change.end;
  }
  return parts.join("") + text.slice(at);
}
