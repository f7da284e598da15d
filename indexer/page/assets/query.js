// What the person asks for, as a tree: the same language and trees as indexer/index/query.py; tests/cases/query.json
// holds both to it. A tree is ["word", form] ["phrase", forms] ["prefix", form] ["fuzzy", form]
// ["filter", field, value] ["and", ...parts] ["or", ...parts] ["not", part]; ["and"] is all items.

import {IS_VALUES, LEVELS, MISTAKEN_FILTERS} from "./given.js";
import {wantedSite} from "./site.js";
import {chunks, forms, grouped} from "./words.js";
/** @import {Leaf, Piece, Query, Remark, Scored, Several, Synonym, Written} from "./types.js" */
export {distinct, everyLeaf, foldFolder, isOneEdit, isScored, parseQuery, partsOf, scoredLeaves, splitQuery, whole, withSynonyms};

const MISTAKEN = new Set(MISTAKEN_FILTERS), FIELDS = new Set(["type", "in", "by", "tag", "after", "before", "title",
  "is", "site", "level", "on"]);
/** @type {Record<string, string>} */
const FOUND_AS = {type: "kind", level: "is", on: "is"};
const KIND_NAMES = ["pdf", "word", "slides", "sheet", "text", "web", "mail", "book", "image", "link", "note", "question",
  "archive", "other"];
/** @type {Query} */
const NOTHING = ["not", ["and"]];
const BLANK = /[\s\x1c-\x1f\x85]/;  // U+FEFF is among them
const MOST_REMARKS = 3, MOST_REMARKED = 40;
const MINUS = "-\u2012\u2013\u2212";  // phones and word processors make another dash of a typed one
const MOST_GROUPS = 10, MOST_OF_A_GROUP = 34, MIN_PREFIX = 3, MIN_FUZZY = 4, MAX_DEPTH = 100;

// Return the tree of a query; `remarks` takes in what of it was not understood, as [code, text].
/** @type {(text: string, now?: Date, remarks?: Remark[]) => Query} */
function parseQuery(text, now = new Date(), remarks = []) {
  const pieces = withGroups(splitQuery(text, remarks));
  let at = 0;
  /** @type {Query[]} */
  const parts = [];
  while (at < pieces.length) {
    parts.push(either(0));
    skip("close");
  }
  const query = allOf(parts);
  if (!isEverything(query) || !stripped(text) || pieces.some(piece => piece.field)) return query;
  note(remarks, "signs", stripped(text));
  return NOTHING;

  /** @type {(depth: number) => Query} */
  function either(depth) {
    const alternatives = [all(depth)];
    while (isOperator("OR") && !isEverything(/** @type {Query} */ (alternatives.at(-1)))) {
      at += 1;
      const following = all(depth);
      if (isEverything(following)) {  // nothing to choose from: "OR" was a word
        alternatives.push(allOf([/** @type {Query} */ (alternatives.pop()), ["word", "or"]]));
        break;
      }
      alternatives.push(following);
    }
    if (alternatives.length === 1) return alternatives[0];
    const each = distinct(alternatives.flatMap(a => a[0] === "or" ? partsOf(a) : [a]));
    return each.length === 1 ? each[0] : ["or", ...each];
  }

  /** @type {(depth: number) => Query} */
  function all(depth) {
    /** @type {Query[]} */
    const parts = [];
    while (at < pieces.length && pieces[at].kind !== "close") {
      if (isOperator("OR")) {
        if (parts.length && !isEverything(allOf(parts))) break;
        at += 1;
        parts.push(["word", "or"]);
      } else if (isOperator("AND") && parts.length && goesOn()) at += 1;  // side by side is required anyway
      else parts.push(one(depth));
    }
    return allOf(parts);
  }

  /** @type {(depth: number) => Query} */
  function one(depth) {
    const piece = pieces[at++];
    if (piece.kind === "minus") return negated(depth, ["and"]);
    if (piece.kind === "open") {
      /** @type {Query} */
      const inner = depth < MAX_DEPTH ? either(depth + 1) : ["and"];
      skip("close");
      return inner;
    }
    if (piece.kind === "phrase") {
      if (piece.field) return filter(piece);
      const found = forms(piece.text);
      return found.length ? ["phrase", found] : ["and"];
    }
    if (piece.text === "NOT" && !piece.field) return negated(depth, ["word", "not"]);
    if (piece.field) return filter(piece);
    if (isLikeAFilter(piece.text)) note(remarks, "filter", piece.text);
    return plainWords(piece.text);
  }

  /** @type {(depth: number, otherwise: Query) => Query} */
  function negated(depth, otherwise) {
    if (at >= pieces.length || pieces[at].kind === "close" || isOperator("OR")) return otherwise;
    /** @type {Query} */
    const inner = depth < MAX_DEPTH ? one(depth + 1) : ["and"];
    if (isEverything(inner)) return otherwise;
    return inner[0] === "not" ? inner[1] : ["not", inner];
  }

  /** @type {(piece: Piece) => Query} */
  function filter(piece) {
    const value = filterValue(piece.field, piece.text, now);
    if (value === null) {
      note(remarks, {type: "kind", is: "is", after: "date", before: "date"}[piece.field] ?? "value", `${piece.field}:${piece.text}`);
      return plainWords(piece.field + " " + piece.text);
    }
    return value ? ["filter", FOUND_AS[piece.field] ?? piece.field, value] : ["and"];
  }

  /** @type {(name: string) => boolean} */
  function isOperator(name) {
    const piece = pieces[at];
    return piece !== undefined && piece.kind === "word" && piece.text === name && !piece.field;
  }

  /** @type {() => boolean} */
  function goesOn() {
    const following = pieces[at + 1];
    return following !== undefined && following.kind !== "close" && following.text !== "OR" && following.text !== "AND";
  }

  /** @type {(kind: string) => void} */
  function skip(kind) {
    if (at < pieces.length && pieces[at].kind === kind) at += 1;
  }
}

// Return pieces with those of one number or code joined by blanks: `0800 555 1234`, `M8 x 20`.
/** @type {(pieces: Piece[]) => Piece[]} */
function withGroups(pieces) {
  /** @type {Piece[]} */
  const made = [];
  /** @type {(from: number, to: number) => string} */
  const textOf = (from, to) => pieces.slice(from, to).map(piece => piece.text).join(" ");
  for (let at = 0, count; at < pieces.length; at += count) {
    let end = at;
    while (end < pieces.length && end - at < MOST_GROUPS && mayBeGrouped(pieces[end])) end += 1;
    count = end > at + 1 ? grouped(textOf(at, end)) : 1;
    made.push(count > 1 ? {kind: "word", text: textOf(at, at + count), field: ""} : pieces[at]);
  }
  return made;
}

/** @type {(piece: Piece) => boolean} */
function mayBeGrouped({kind, text, field}) {
  return kind === "word" && !field && Array.from(text).length <= MOST_OF_A_GROUP && /^(?:[a-z]{0,2}[0-9]|[x×])/i.test(text);
}

// Cut a query into pieces. `(`, `-` and `field:` count where a chunk begins, `)` where a group is open.
/** @type {(text: string, remarks?: Remark[]) => Piece[]} */
function splitQuery(text, remarks = []) {
  /** @type {Piece[]} */
  const pieces = [];
  const size = text.length;
  /** @type {(c: string) => boolean} */
  const isBlank = c => BLANK.test(c);
  let at = 0, depth = 0;
  while (at < size) {
    const c = text[at];
    if (isBlank(c)) at += 1;
    else if (c === "(") { takeSign("open"); depth += 1; at += 1; }
    else if (c === ")" && depth) { takeSign("close"); depth -= 1; at += 1; }
    else if (MINUS.includes(c) && at + 1 < size && !isBlank(text[at + 1])) { takeSign("minus"); at += 1; }
    else if (c === '"') {
      if (text.indexOf('"', at + 1) < 0) note(remarks, "quote", stripped(text.slice(at)));
      at = takePhrase(at, "");
    }
    else at = takeChunk(at);
  }
  return pieces;

  /** @type {(kind: "open" | "close" | "minus") => void} */
  function takeSign(kind) {
    pieces.push({kind, text: "", field: ""});
  }

  /** @type {(from: number, field: string) => number} */
  function takePhrase(from, field) {
    const end = text.indexOf('"', from + 1);
    if (end < 0) return from + 1;
    pieces.push({kind: "phrase", text: text.slice(from + 1, end), field});
    return end + 1;
  }

  /** @type {(from: number) => number} */
  function takeChunk(from) {
    let end = from;
    while (end < size && !isBlank(text[end]) && text[end] !== '"' && !(text[end] === ")" && depth)) end += 1;
    const chunk = text.slice(from, end), colon = chunk.indexOf(":");
    const field = colon > 0 ? chunk.slice(0, colon).toLowerCase() : "";
    if (FIELDS.has(field)) {
      const value = chunk.slice(colon + 1);
      if (!value && text[end] === '"' && text.indexOf('"', end + 1) > 0) return takePhrase(end, field);
      if (value) { pieces.push({kind: "word", text: value, field}); return end; }
    }
    pieces.push({kind: "word", text: chunk, field: ""});
    return end;
  }
}

// Note what was not understood: some of it, and its beginning.
/** @type {(remarks: Remark[], code: string, text: string) => void} */
function note(remarks, code, text) {
  const letters = Array.from(text);
  const short = letters.length > MOST_REMARKED ? letters.slice(0, MOST_REMARKED - 1).join("") + "…" : text;
  if (remarks.length < MOST_REMARKS && !remarks.some(one => one[0] === code && one[1] === short)) remarks.push([code, short]);
}

/** @type {(text: string) => string} */
function stripped(text) {
  let from = 0, to = text.length;
  while (from < to && BLANK.test(text[from]) && text[from] !== "\ufeff") from += 1;
  while (to > from && BLANK.test(text[to - 1]) && text[to - 1] !== "\ufeff") to -= 1;
  return text.slice(from, to);
}

// Tell whether a word looks like a filter that there is none of: another name, or a letter mistyped.
/** @type {(text: string) => boolean} */
function isLikeAFilter(text) {
  const match = /^([a-z]{2,10}):(?!\/|\\)(.+)$/is.exec(text);
  if (!match || !forms(match[2]).length) return false;
  const name = match[1].toLowerCase();
  return MISTAKEN.has(name) || [...FIELDS].some(field => field.length > 3 && isOneEdit(Array.from(name), Array.from(field)));
}

// Tell whether letters become others by one edit, or none.
/** @type {(a: string[], b: string[]) => boolean} */
function isOneEdit(a, b) {
  if (Math.abs(a.length - b.length) > 1) return false;
  /** @type {(from: number, to: number) => boolean} */
  const same = (from, to) => a.slice(from).join("") === b.slice(to).join("");
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  if (start === a.length && start === b.length) return true;
  if (a.length > b.length) return same(start + 1, start);
  if (b.length > a.length) return same(start, start + 1);
  return same(start + 1, start + 1)
    || (a[start] === b[start + 1] && a[start + 1] === b[start] && same(start + 2, start + 2));
}

/** @type {(field: string, text: string, now: Date) => string | null} */
function filterValue(field, text, now) {
  if (field === "type") return KIND_NAMES.includes(text.toLowerCase()) ? text.toLowerCase() : null;
  if (field === "after" || field === "before") return parseWhen(text, now);
  if (field === "in") return foldFolder(text);
  if (field === "is") return IS_VALUES.includes(text.toLowerCase()) ? text.toLowerCase() : null;
  if (field === "level") return LEVELS.includes(text.toLowerCase()) ? "level:" + text.toLowerCase() : null;
  if (field === "on") return foldFolder(text) ? "on:" + foldFolder(text) : "";
  if (field === "site") return wantedSite(text) || null;
  const found = forms(text).join(" ");
  return field === "tag" ? found : found || null;
}

// Return folder names as they are compared: NFC, any case, joined by "/".
/** @type {(path: string) => string} */
function foldFolder(path) {
  /** @type {(name: string) => string} */
  const fold = name => name.normalize("NFC").toLowerCase().replace(/ß/g, "ss").replace(/ς/g, "σ").trim();
  return path.replace(/\\/g, "/").split("/").map(fold).filter(Boolean).join("/");
}

// Return the start (UTC) of a day, month or year, or so long before now, as ISO text; null for anything else.
/** @type {(text: string, now: Date) => string | null} */
function parseWhen(text, now) {
  const ago = /^(\d{1,4})([dwmy])$/i.exec(text.trim());
  if (ago) {
    const date = new Date(now), count = Number(ago[1]), unit = ago[2].toLowerCase();
    if (unit === "d" || unit === "w") date.setUTCDate(date.getUTCDate() - count * (unit === "w" ? 7 : 1));
    else {
      const day = date.getUTCDate();
      date.setUTCDate(1);
      date.setUTCMonth(date.getUTCMonth() - count * (unit === "y" ? 12 : 1));
      date.setUTCDate(Math.min(day, new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()));
    }
    return date.getUTCFullYear() < 1 ? null : isoTime(date);
  }
  const numbers = numbersOfDay(text.trim());
  if (!numbers?.[0]) return null;
  const [year, month, date] = numbers;
  const found = new Date(0);
  found.setUTCFullYear(year, month - 1, date);
  return found.getUTCMonth() === month - 1 && found.getUTCDate() === date && date > 0 ? isoTime(found) : null;
}

// Return year, month and day of 2026-11-20, 20.11.2026 and the like; with strokes only if a number above 12 says which
// one is the day.
/** @type {(text: string) => [number, number, number] | null} */
function numbersOfDay(text) {
  const day = /^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?$/.exec(text);
  if (day) return [Number(day[1]), Number(day[2] ?? 1), Number(day[3] ?? 1)];
  const spelled = /^(?:(\d{1,2})([./-]))?(\d{1,2})[./-](\d{4})$/.exec(text);
  if (!spelled) return null;
  const first = Number(spelled[1] ?? 1), second = Number(spelled[3]), year = Number(spelled[4]), isStroke = spelled[2] === "/";
  if (isStroke && first !== second && Math.max(first, second) <= 12) return null;
  return isStroke && second > 12 ? [year, first, second] : [year, second, first];
}

/** @type {(date: Date) => string} */
function isoTime(date) {
  return date.toISOString().replace(/(?:\.000)?Z$/, "+00:00");
}

// Return the words of a chunk: codes and the like as one, the last word with its `*` or `~`.
/** @type {(chunk: string) => Query} */
function plainWords(chunk) {
  const found = chunks(chunk), piece = found.pop();
  const parts = found.flatMap(piecesOf);
  if (!piece) return allOf(parts);
  const last = /** @type {string} */ (piece.forms.at(-1)), length = Array.from(last).length;
  /** @type {Query[]} */
  const rest = piece.forms.slice(0, -1).map(form => ["word", form]);
  if (chunk.endsWith("*") && length >= MIN_PREFIX) parts.push(...rest, ["prefix", last]);
  else if (chunk.endsWith("~") && length >= MIN_FUZZY) parts.push(...rest, ["fuzzy", last]);
  else parts.push(...piecesOf(piece));
  return allOf(parts);
}

/** @type {(written: Written) => Query[]} */
function piecesOf({forms, joined, isOne}) {
  if (!isOne) return forms.map(form => joined ? ["word", form, [["word", joined]]] : ["word", form]);
  return [joined ? ["phrase", forms, joined] : ["phrase", forms]];
}

// Return each part once, in order.
/** @type {<T>(parts: T[]) => T[]} */
function distinct(parts) {
  return [...new Map(parts.map(part => [JSON.stringify(part), part])).values()];
}

/** @type {(parts: Query[]) => Query} */
function allOf(parts) {
  const flat = distinct(parts.flatMap(part => part[0] === "and" ? partsOf(part) : [part]));
  return flat.length === 1 ? flat[0] : ["and", ...flat];
}

/** @type {(query: Several) => Query[]} */
function partsOf([, ...parts]) {
  return parts;
}

/** @type {(query: Query) => boolean} */
function isEverything(query) {
  return query[0] === "and" && query.length === 1;
}

// Tell whether there is anything to rank by: a word that is not excluded.
/** @type {(query: Query) => boolean} */
function isScored(query) {
  if (query[0] === "and" || query[0] === "or") return partsOf(query).some(isScored);
  return query[0] !== "not" && query[0] !== "filter";
}

// Return a query with what else its plain words stand for, as ["word", form, leaves]; `synonyms` is a Map of form to
// leaves.
/** @type {(query: Query, synonyms: Map<string, Synonym[]>) => Query} */
function withSynonyms(query, synonyms) {
  const inner = (/** @type {Query} */ part) => withSynonyms(part, synonyms);
  switch (query[0]) {
    case "word": {
      const also = [...query[2] ?? [], ...synonyms.get(query[1]) ?? []];
      return also.length ? ["word", query[1], also] : ["word", query[1]];
    }
    case "and": return ["and", ...partsOf(query).map(inner)];
    case "or": return ["or", ...partsOf(query).map(inner)];
    case "not": return ["not", inner(query[1])];
    default: return query;
  }
}

// Return a query whose words don't match as parts of compounds: what is excluded, and synonyms.
/** @template {Query} T @param {T} query @returns {T} */
function whole(query) {
  /** @type {(part: Query) => Query} */
  const made = part => {
    switch (part[0]) {
      case "word": return ["word", part[1], part[2] ?? [], true];
      case "and": case "or": return [part[0], ...partsOf(part).map(made)];
      case "not": return ["not", made(part[1])];
      default: return part;
    }
  };
  return /** @type {T} */ (made(query));
}

// Yield the words, phrases, prefixes and fuzzy words that are not excluded, each once a time it is asked for.
/** @type {(query: Query) => Generator<Scored>} */
function* scoredLeaves(query) {
  if (query[0] === "and" || query[0] === "or") for (const part of partsOf(query)) yield* scoredLeaves(part);
  else if (query[0] !== "not" && query[0] !== "filter") yield query;
}

/** @type {(query: Query) => Generator<Leaf>} */
function* everyLeaf(query) {
  if (query[0] === "not") yield* everyLeaf(whole(query[1]));
  else if (query[0] === "and" || query[0] === "or") for (const part of partsOf(query)) yield* everyLeaf(part);
  else yield query;
}
