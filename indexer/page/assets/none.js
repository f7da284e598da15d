// If nothing has all that was asked for: what was meant, words that begin so, other ways to look.

import {parseQuery, partsOf, splitQuery} from "./query.js";
import {suggestion} from "./suggestion.js";
import {pieces, text} from "./texts.js";
import {element, find} from "./dom.js";
import {addressOf, hasChoice, noChoice, plain} from "./address.js";
/** @import {Ask, Asked, Asking, Choice, Content, IsStale, Mean, Near, Nearly, Query} from "./types.js" */
/** @import {Index} from "./index.js" */
export {NEAR_ITEMS, lookNear, meant, showNearly, showNone, showWays};

const NEAR_ITEMS = 5, MOST_WAYS = 5;

// Return {mean, nearly}: what was probably meant, with its count, and what the last word is the beginning of.
/** @type {(index: Index, ask: Ask, asked: Asked, query: Query, isStale: IsStale) => Promise<Near>} */
async function lookNear(index, ask, {q, chosen}, query, isStale) {
  const mean = q.trim() ? await suggestion(index, q, query) : null;
  if (isStale()) return {};
  const meant = mean ? await ask({q: mean, chosen}) : null;
  return {mean: mean ? {q: mean, total: meant?.relaxed ? 0 : meant?.total} : null, nearly: await lookNearly(ask, q, chosen)};
}

// As one types, the last word is often not all there yet: find what it begins if it is no word itself.
/** @type {(ask: Ask, q: string, chosen: Choice) => Promise<Nearly | null>} */
async function lookNearly(ask, q, chosen) {
  const word = /(?:^|\s)([^\s"():~*-][^\s"():~*]*)$/.exec(q)?.[1];
  if (!word) return null;
  const last = parseQuery(word), begun = parseQuery(word + "*");
  if (last[0] !== "word" || begun[0] !== "prefix") return null;
  const whole = await ask({q: word, chosen: noChoice()});
  if (!whole || whole.total) return null;
  const longer = q.trim() + "*", found = await ask({q: longer, chosen});
  return found?.total && !found.relaxed ? {word, q: longer, found} : null;
}

/** @type {(nearly: Nearly | null | undefined, rows: HTMLElement[]) => void} */
function showNearly(nearly, rows) {
  const place = find("#nearly"), rest = nearly && nearly.found.total > rows.length;
  place.hidden = !nearly;
  if (!nearly) return place.replaceChildren();
  place.replaceChildren(
    element("h2", {}, ...pieces("nearly", {word: element("bdi", {}, nearly.word)})),
    element("ol", {class: "rows"}, ...rows),
    ...(rest ? [element("p", {}, queryLink({q: nearly.q}, text("nearly.all", {n: nearly.found.total, words: nearly.q})))] : []));
}

/** @type {(asked: Asked, mean: Mean | null | undefined, searched: number) => void} */
function showNone({q, chosen}, mean, searched) {
  const words = plain(q);
  const title = words ? pieces("none.words", {words: element("bdi", {}, words)}) : [text("none.filters")];
  const parts = [element("h2", {}, ...title)];
  if (mean) parts.push(element("p", {class: "mean"}, ...meant(mean, chosen)));
  parts.push(element("p", {class: "quiet"}, text("none.searched", {n: searched})));
  find("#none").replaceChildren(...parts);
}

/** @type {(mean: Mean, chosen: Choice) => Content[]} */
function meant(mean, chosen) {
  const link = queryLink({q: mean.q, chosen}, element("b", {}, element("bdi", {}, mean.q)));
  return [...pieces("none.mean", {words: link}), ...(mean.total ? [" ", countOf(mean.total)] : [])];
}

/** @type {(n: number) => HTMLElement} */
const countOf = n => element("span", {class: "quiet n"}, text("count", {n}));

/** @type {(next: Asking, ...content: Content[]) => HTMLElement} */
function queryLink(next, ...content) {
  return element("a", {href: addressOf(next)}, ...content);
}

// Show other ways that do find something, each with its count; they come when they come, below all else.
/** @type {(ask: Ask, asked: Asked, query: Query, isStale: IsStale) => Promise<void>} */
async function showWays(ask, {q, chosen}, query, isStale) {
  const place = find("#ways"), /** @type {[key: string, next: {q: string, chosen?: Choice}][]} */ ways = [];
  place.hidden = true;
  if (hasChoice(chosen)) ways.push(["none.unfiltered", {q}]);
  const bare = withoutFilters(q);
  if (bare !== null) ways.push(["none.unfiltered", {q: bare}]);
  const parts = query[0] === "and" ? partsOf(query) : [query];
  if (parts.length > 1) ways.push(...parts.filter(part => part[0] === "word").map(part => /** @type {[string, {q: string}]} */ (["none.word", {q: part[1]}])));
  /** @type {HTMLElement[]} */
  const rows = [];
  for (const [key, next] of ways) {
    const found = rows.length < MOST_WAYS ? await ask(next) : null;
    if (isStale()) return;
    if (!found?.total || found.relaxed) continue;
    const words = queryLink(next, element("bdi", {}, next.q.trim() || text("none.everything")));
    rows.push(element("li", {}, ...pieces(key, {words}), " ", countOf(found.total)));
  }
  rows.push(element("li", {}, ...pieces("none.newest", {words: queryLink({}, text("none.newest.words"))})));
  place.replaceChildren(element("h3", {}, text("none.ways")), element("ul", {}, ...rows));
  place.hidden = false;
}

// Return a query of words and filters without the filters; null if there are none, or no words, or more than that.
/** @type {(q: string) => string | null} */
function withoutFilters(q) {
  const parts = splitQuery(q), words = parts.filter(part => !part.field);
  if (!words.length || words.length === parts.length || parts.some(part => !part.text)) return null;
  return words.map(part => part.kind === "phrase" ? `"${part.text}"` : part.text).join(" ");
}
