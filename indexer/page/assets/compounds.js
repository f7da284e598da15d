// The parts of a German compound, as indexer/terms/compounds.py has them; tests/cases/words.json holds both to it.

import {COMPOUND_WORDS} from "./given.js";
export {compoundParts};

const COMPOUND = /^[a-z]{7,40}$/, SHORTEST_PART = 3, SHORTEST_STEM = 4;
const LINKS = ["", "s", "es", "n", "en", "e"], ENDINGS = ["", "e", "n", "en", "er", "ern", "es", "s", "se", "sen", "ses"];

/** @type {Set<string>} */
const compoundWords = new Set();
/** @type {Map<string, [word: string, links: string[]][]>} */
const compoundBeginnings = new Map();  // words, and `schul` of `schule`, with the links that they may have, by their first letters

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
  if (!compoundWords.size) learnWords();
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

// Return where a known word that begins at a place may end, the last place first.
/** @type {(form: string, start: number) => number[]} */
function endsOf(form, start) {
  const found = new Set();
  for (const [word, links] of compoundBeginnings.get(form.slice(start, start + SHORTEST_PART)) ?? []) {
    if (!form.startsWith(word, start)) continue;
    for (const link of links) if (form.startsWith(link, start + word.length)) found.add(start + word.length + link.length);
  }
  const derived = /(?:ung|heit|keit|schaft|ion|tat|tum|ling)s/g;
  derived.lastIndex = start + SHORTEST_STEM;
  while (derived.test(form)) found.add(derived.lastIndex);
  return [...found].filter(at => at <= form.length - SHORTEST_PART).sort((a, b) => b - a);
}

// Tell whether a word may be the last one of a compound.
/** @type {(rest: string) => boolean} */
function isEnd(rest) {
  return ENDINGS.some(ending => rest.endsWith(ending) && compoundWords.has(rest.slice(0, rest.length - ending.length)));
}

function learnWords() {
  for (const word of COMPOUND_WORDS.split(" ")) {
    compoundWords.add(word);
    const key = word.slice(0, SHORTEST_PART), known = compoundBeginnings.get(key) ?? [];
    compoundBeginnings.set(key, known);
    known.push([word, LINKS]);
    if (word.endsWith("e") && word.length > SHORTEST_STEM) known.push([word.slice(0, -1), ["", "s"]]);
  }
}
