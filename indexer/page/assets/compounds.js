// The parts of a German compound, as indexer/terms/compounds.py has them; tests/cases/words.json holds both to it.

import {COMPOUND_WORDS} from "./given.js";
export {compoundParts};

const COMPOUND = /^[a-z]{7,40}$/, SHORTEST_PART = 3;
const LINKS = ["", "s", "es", "n", "en", "e"], ENDINGS = ["", "e", "n", "en", "er", "ern", "es", "s", "se", "sen", "ses"];
const DERIVED = /^[a-z]{3,}(?:ung|heit|keit|schaft|ion|tat|tum|ling)s$/;

const compoundWords = new Set(COMPOUND_WORDS.split(" "));

// What a compound may begin with: words with a link, and `schul` of `schule`.
/** @type {Set<string>} */
const compoundBeginnings = new Set();

// Return the parts of a form: what stands before, between and after the borders of its words; none for most forms.
/** @type {(form: string) => string[]} */
function compoundParts(form) {
  const borders = COMPOUND.test(form) ? bordersOf(form) : [];
  if (!borders.length) return [];
  const edges = [0, ...borders, form.length], found = borders.flatMap(at => [form.slice(0, at), form.slice(at)]);
  return [...new Set([...edges.slice(1).map((end, n) => form.slice(edges[n], end)), ...found])];
}

// Return where the words of a compound begin, but for the first: fewest words first, then long ones first.
/** @type {(form: string) => number[]} */
function bordersOf(form) {
  if (!compoundBeginnings.size) learnBeginnings();
  const seen = new Set();
  for (let level = [/** @type {number[]} */ ([])], /** @type {number[][]} */ following = []; level.length; level = following) {
    following = [];
    for (const before of level) {
      for (const at of endsOf(form, before.at(-1) ?? 0)) {
        if (seen.has(at)) continue;
        if (isEnd(form.slice(at))) return isEnd(form) ? [] : [...before, at];
        seen.add(at);
        following.push([...before, at]);
      }
    }
  }
  return [];
}

// Return where a word that begins at a place may end, the last place first.
/** @type {(form: string, start: number) => number[]} */
function endsOf(form, start) {
  const found = [];
  for (let at = form.length - SHORTEST_PART; at >= start + SHORTEST_PART; at -= 1) {
    const word = form.slice(start, at);
    if (compoundBeginnings.has(word) || DERIVED.test(word)) found.push(at);
  }
  return found;
}

// Tell whether a word may be the last one of a compound.
/** @type {(rest: string) => boolean} */
function isEnd(rest) {
  return ENDINGS.some(ending => rest.endsWith(ending) && compoundWords.has(rest.slice(0, rest.length - ending.length)));
}

function learnBeginnings() {
  for (const word of compoundWords) {
    for (const link of LINKS) compoundBeginnings.add(word + link);
    if (word.length > SHORTEST_PART + 1 && /[^i]e$/.test(word)) {
      for (const link of ["", "s"]) compoundBeginnings.add(word.slice(0, -1) + link);
    }
  }
}
