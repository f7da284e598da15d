// The lines above the list: how many items were found, and what there is to say of the answer.

import {IS_VALUES, KINDS} from "./given.js";
import {parseQuery} from "./query.js";
import {number, pieces, text} from "./texts.js";
import {element, find, notice} from "./dom.js";
import {plain} from "./address.js";
import {meant} from "./none.js";
/** @import {Answer, Asked, Near, Remark, Sort} from "./types.js" */
export {showNotices, showSummary};

const SAID_MS = 700, summary = find("#summary");
let saying = 0;

// What is seen changes at once; what is said out loud waits until the typing rests.
/** @type {(n: number, sort: Sort, scored: boolean, took: number, isTyped: boolean) => void} */
function showSummary(n, sort, scored, took, isTyped) {
  const line = pieces("summary", {n, count: element("b", {}, number(n))}).filter(Boolean);
  const order = scored && sort === "relevance" ? "" : text("order." + (sort === "relevance" ? "newest" : sort));
  if (order && n) line.push(", " + order);
  else if (n) line.push(element("span", {class: "took", "aria-hidden": "true"}, ", " + text("summary.took", {n: Math.max(1, Math.round(took))})));
  summary.dataset.total = String(n);
  clearTimeout(saying);
  if (!isTyped) return summary.replaceChildren(...line);
  const seen = element("span", {"aria-hidden": "true"}, ...line);
  summary.replaceChildren(seen);
  saying = setTimeout(() => summary.replaceChildren(...seen.childNodes), SAID_MS);
}

// Say what of a query was not understood.
/** @type {(q: string) => string} */
function remarksOn(q) {
  /** @type {Remark[]} */
  const remarks = [];
  parseQuery(q, new Date(), remarks);
  const known = {kinds: KINDS.join(", "), states: IS_VALUES.join(", ")};
  return remarks.map(([code, typed]) => text("remark." + code, {typed: plain(typed), ...known})).join(" ");
}

/** @type {(answer: Answer, asked: Asked, near: Near) => void} */
function showNotices({relaxed, complete}, {q, chosen}, {mean}) {
  const words = element("bdi", {}, plain(q));
  const lines = relaxed ? pieces("relaxed", {words}) : [];
  if (relaxed && mean) lines.push(" ", ...meant(mean, chosen));
  const remarks = remarksOn(q);
  notice("remarks", ...(remarks ? [remarks] : []));
  notice("relaxed", ...lines);
  notice("incomplete", ...(complete ? [] : [text("incomplete")]));
}
