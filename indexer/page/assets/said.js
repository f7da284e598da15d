// What files in the folder say of an item, by its facts: which filters find it, and what it counts more or less for marks.
// indexer/model/items.py and indexer/terms/weighing.py are the same in Python.

import {FOUND_BY_IS, OPINIONS} from "./given.js";
import {foldFolder} from "./query.js";
/** @import {Facts, Test} from "./types.js" */
/** @import {View} from "./view.js" */
export {countOpinions, foundByFacts};

// Return for each segment whether an item has a value of `is:`; one of `level:` or `on:` stands behind that name. What a
// segment lists holds for the facts in its rows; others may stand in their place.
/** @type {(view: View, value: string) => Test[]} */
function foundByFacts(view, value) {
  return view.segments.map(({root}, n) => {
    const found = new Set(root.is?.[value]);
    return item => {
      const facts = view.factsOf.get(view.bases[n] + item);
      return facts ? hasValue(facts, value) : found.has(item);
    };
  });
}

/** @type {(facts: Facts, value: string) => boolean} */
function hasValue(facts, value) {
  if (Object.hasOwn(FOUND_BY_IS, value)) return FOUND_BY_IS[value].includes(facts.h ?? "");
  if (value === "noted") return Boolean(facts.b);
  if (value === "open") return ["open", "reopened"].includes(facts.q ?? "");
  if (value === "shared") return Boolean(facts.d);
  if (Object.hasOwn(OPINIONS, value)) return Boolean(facts.k?.[value]);
  if (!facts.n) return false;
  const name = facts.n.slice(facts.n.lastIndexOf("/") + 1), dot = name.lastIndexOf(".");
  return value === "level:" + facts.v || value === "on:" + foldFolder(name)
    || (dot > 0 && value === "on:" + foldFolder(name.slice(0, dot)));
}

// Add to the static bytes of all items what people marked them.
/** @type {(view: View, qualities: Uint8Array) => Uint8Array} */
function countOpinions(view, qualities) {
  /** @type {Map<number, number>} */
  const sums = new Map();
  for (const [mark, value] of Object.entries(OPINIONS)) {
    view.segments.forEach(({root}, n) => {
      for (const item of root.is?.[mark] ?? []) add(view.bases[n] + item, value, false);
    });
    for (const [doc, facts] of view.factsOf) if (hasValue(facts, mark)) add(doc, value, true);
  }
  for (const [doc, sum] of sums) qualities[doc] = Math.max(0, qualities[doc] + sum);
  return qualities;

  /** @type {(doc: number, value: number, isLater: boolean) => void} */
  function add(doc, value, isLater) {
    if (isLater === view.factsOf.has(doc)) sums.set(doc, (sums.get(doc) ?? 0) + value);
  }
}
