// The forms there are: what a prefix or a word with an error stands for.

import {fold} from "./words.js";
import {isOneEdit} from "./query.js";
import {Varints, compareText, crc32, toBytes} from "./bytes.js";
/** @import {Counts, Expanded, FindKey, Forms} from "./types.js" */
/** @import {View} from "./view.js" */
export {expand, formsNear, mostFrequent};

const MAX_EXPANSIONS = 256;

// Letters that a form may have beside those of its own script: none of them is another with an accent left out. Greek ones
// stand in units and names of substances.
const OTHER_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789æœøðþđħıłŋŧəαβγδλμπσφω";

// Return {forms, complete}: the most frequent forms that a prefix or fuzzy word stands for, and whether these are all.
/** @type {(view: View, leaf: Expanded, find: FindKey) => Promise<Forms>} */
async function expand(view, [kind, form], find) {
  const counts = await (kind === "prefix" ? formsFrom(view, form) : formsNear(view, form));
  return mostFrequent(counts, view.hasDead ? find : null, MAX_EXPANSIONS);
}

// Return the most frequent forms, ties by spelling. The numbers are upper bounds if `find` is given, which tells how
// many items that live have a form.
/** @type {(counts: Counts, find: FindKey | null, most: number) => Promise<Forms>} */
async function mostFrequent(counts, find, most) {
  const bounded = [...counts].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
  if (!find) return {forms: bounded.slice(0, most).map(([form]) => form), complete: bounded.length <= most};
  /** @type {[form: string, count: number][]} */
  const exact = [];
  /** @type {(a: [string, number], b: [string, number]) => number} */
  const order = (a, b) => b[1] - a[1] || compareText(a[0], b[0]);
  for (const [form, bound] of bounded) {
    if (exact.length > most && bound < exact[most - 1][1]) break;
    const count = (await find(form)).docs.length;
    if (!count) continue;
    let at = exact.length;
    while (at > 0 && order(exact[at - 1], [form, count]) > 0) at -= 1;
    exact.splice(at, 0, [form, count]);
    if (exact.length > most + 1) exact.pop();
  }
  return {forms: exact.slice(0, most).map(([form]) => form), complete: exact.length <= most};
}

// Return form to number of items, dead ones too, of all forms that begin so.
/** @type {(view: View, prefix: string) => Promise<Counts>} */
async function formsFrom(view, prefix) {
  /** @type {Counts} */
  const counts = new Map();
  const start = toBytes(prefix);
  /** @type {(key: Uint8Array, size: number) => boolean} */
  const begins = (key, size) => size >= start.length && start.every((byte, i) => byte === key[i]);
  await Promise.all(view.segments.map(async segment => {
    const first = Math.max(0, segment.shardOf(start)), {bounds} = segment;
    for (let n = first; n < bounds.length && (n === first || begins(bounds[n], bounds[n].length)); n += 1) {
      (await segment.shard(n)).eachForm(begins, (form, count) => counts.set(form, (counts.get(form) ?? 0) + count));
    }
  }));
  return counts;
}

// Return form to number of items, dead ones too, of all forms at most one edit away: insert, drop, change, swap.
//
// A segment of one shard is read through. For others every form that could be near is made and the hashes of the segment
// are asked whether it is there; a wrong yes (one in 268 million for each form there is) costs a look in vain. The letters
// tried are those of the form's own scripts and `OTHER_LETTERS`: all that words of one script are written with, so that
// only a form that mixes scripts in some other way than these is missed.
/** @type {(view: View, form: string) => Promise<Counts>} */
async function formsNear(view, form) {
  /** @type {Counts} */
  const counts = new Map();
  const letters = Array.from(form), near = Math.max(...letters.map(c => toBytes(c).length), 4);
  const size = toBytes(form).length;
  /** @type {(other: string, count: number) => void} */
  const note = (other, count) => counts.set(other, (counts.get(other) ?? 0) + count);
  /** @type {[hash: number, form: string][] | null} */
  let hashed = null;
  await Promise.all(view.segments.map(async segment => {
    const made = segment.forms();
    if (!made) {
      /** @type {(key: Uint8Array, length: number) => boolean} */
      const isClose = (_, length) => Math.abs(length - size) <= near;
      for (let n = 0; n < segment.bounds.length; n += 1) {
        (await segment.shard(n)).eachForm(isClose, (other, count) => {
          if (isOneEdit(letters, Array.from(other))) note(other, count);
        });
      }
      return;
    }
    const hashes = await made;
    hashed ??= nearForms(letters).map(other => /** @type {[number, string]} */ ([crc32(toBytes(other)) >>> 4, other])).sort((a, b) => a[0] - b[0]);
    await Promise.all(amongHashes(hashes, hashed).map(async other => {
      const found = await segment.find(other);
      if (found) note(other, found.docs.length);
    }));
  }));
  return counts;
}

// Return every form at most one edit away from some letters.
/** @type {(letters: string[]) => string[]} */
function nearForms(letters) {
  const found = new Set(), alphabet = alphabetOf(letters), text = (/** @type {(string | string[])[]} */ parts) => parts.flat().join("");
  for (let at = 0; at <= letters.length; at += 1) {
    const start = letters.slice(0, at), rest = letters.slice(at);
    found.add(text([start, rest.slice(1)]));
    if (rest.length > 1) found.add(text([start, rest[1], rest[0], rest.slice(2)]));
    const inserted = text([rest]), changed = text([rest.slice(1)]), before = text([start]);
    for (const letter of alphabet) {
      found.add(before + letter + inserted);
      if (rest.length) found.add(before + letter + changed);
    }
  }
  found.delete("");
  return [...found];
}

/** @type {(letters: string[]) => Set<string>} */
function alphabetOf(letters) {
  const found = new Set([...OTHER_LETTERS, ...letters]);
  const blocks = new Set(letters.map(c => /** @type {number} */ (c.codePointAt(0))).filter(code => code > 0x24f).map(blockOf));
  for (const block of blocks) for (const c of lettersOf(block)) found.add(c);
  return found;
}

// Scripts lie in blocks of 256 characters, or two in one; Korean syllables in a large one. Chinese and Japanese forms are
// of one or two characters and never that long.
/** @type {(code: number) => number | "korean"} */
function blockOf(code) {
  return code >= 0xac00 && code < 0xd7a4 ? "korean" : code >> 8;
}

/** @type {Map<number | "korean", string[]>} */
const blockLetters = new Map();

/** @type {(block: number | "korean") => string[]} */
function lettersOf(block) {
  let found = blockLetters.get(block);
  if (!found) {
    const every = block === "korean" ? koreanSyllables()
      : Array.from({length: 256}, (_, i) => String.fromCodePoint(block * 256 + i)).filter(c => /[\p{L}\p{N}\p{M}]/u.test(c));
    found = every.filter(c => fold(c) === c);
    blockLetters.set(block, found);
  }
  return found;
}

// Return the 2350 syllables of the Korean standard, of 11,172 that can be written: those in use.
/** @type {() => string[]} */
function koreanSyllables() {
  /** @type {(i: number) => number} */
  const byteAt = i => i % 2 ? 0xa1 + (i >> 1) % 94 : 0xb0 + Math.floor((i >> 1) / 94);
  const bytes = Uint8Array.from({length: 25 * 94 * 2}, (_, i) => byteAt(i));
  return Array.from(new TextDecoder("euc-kr").decode(bytes));
}

// Return the forms, given with their hashes in order, of which a hash is among some packed ones.
/** @type {(packed: Uint8Array, hashed: [hash: number, form: string][]) => string[]} */
function amongHashes(packed, hashed) {
  const numbers = new Varints(packed), found = [];
  for (let hash = 0, at = 0; at < hashed.length && numbers.at < packed.length;) {
    hash += numbers.next();
    while (at < hashed.length && hashed[at][0] < hash) at += 1;
    for (; at < hashed.length && hashed[at][0] === hash; at += 1) found.push(hashed[at][1]);
  }
  return found;
}
