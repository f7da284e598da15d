// Two files of a segment: sorted keys with their postings, and where these stand. docs/page-format.md has the format.

import {MAX_FORM, STEM_MARK} from "./words.js";
import {Varints, compareBytes, toText} from "./bytes.js";
/** @import {NotedKey, Positions, Postings} from "./types.js" */
export {Occurrences, Shard, keyOf, positionsAt, titleKey};

const STEM_KEY = 61, TITLE_KEY = 60;  // what a key ends with that is a stem, or a form in a title
const NOTED_KEYS = 32, MOST_KEY_BYTES = 4 * MAX_FORM + 1;

// Return the key of a term (a form, or a stem under STEM_MARK) in the files.
/** @type {(term: string) => string} */
function keyOf(term) {
  return term.startsWith(STEM_MARK) ? term.slice(1) + STEM_MARK : term;
}

/** @type {(form: string) => string} */
function titleKey(form) {
  return form + "<";
}

// Keys with their postings, read where they lie: a shard has some thousand keys and a query asks for a few of them. What
// is noted of every 32nd key leads there soon.
class Shard {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    const numbers = new Varints(bytes);
    this.bytes = bytes;
    this.count = numbers.next();
    this.keysAt = numbers.at;
    this.noted = this.noteKeys(numbers);
    this.countsAt = numbers.at;
    this.noteRest(numbers);
    this.postingsAt = numbers.at;
  }

  // Read all keys; return {key, next} of every `NOTED_KEYS`th one: itself, and where the one behind it begins.
  /** @type {(numbers: Varints) => NotedKey[]} */
  noteKeys(numbers) {
    const {bytes} = this, /** @type {NotedKey[]} */ noted = [], key = new Uint8Array(MOST_KEY_BYTES);
    for (let place = 0; place < this.count; place += 1) {
      const shared = numbers.next(), more = numbers.next();
      for (let i = 0; i < more; i += 1) key[shared + i] = bytes[numbers.at + i];
      numbers.at += more;
      if (place % NOTED_KEYS === 0) noted.push({key: key.slice(0, shared + more), next: numbers.at, countsAt: 0, sizesAt: 0, offset: 0});
    }
    return noted;
  }

  // Note where the numbers of items and of bytes are that belong to these keys, and where their postings begin.
  /** @type {(numbers: Varints) => void} */
  noteRest(numbers) {
    for (const one of this.noted) {
      one.countsAt = numbers.at;
      numbers.skip(NOTED_KEYS);
    }
    numbers.at = this.noted.at(-1)?.countsAt ?? numbers.at;
    numbers.skip(this.count - Math.max(0, this.noted.length - 1) * NOTED_KEYS);
    let offset = 0;
    this.noted.forEach((one, n) => {
      one.sizesAt = numbers.at;
      one.offset = offset;
      offset += numbers.sum(Math.min(NOTED_KEYS, this.count - n * NOTED_KEYS));
    });
  }

  // Return the place of a key among the keys; -1 if it is not one of them. No key is put together for that: `alike`
  // says how many bytes the key before, which is smaller, has in common with the one looked for.
  /** @type {(wanted: Uint8Array) => number} */
  placeOf(wanted) {
    let low = 0, high = this.noted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.noted[middle].key, wanted) <= 0) low = middle + 1; else high = middle;
    }
    if (!low) return -1;
    const {key, next} = this.noted[low - 1], first = (low - 1) * NOTED_KEYS;
    let alike = 0;
    while (alike < key.length && alike < wanted.length && key[alike] === wanted[alike]) alike += 1;
    if (alike === key.length && alike === wanted.length) return first;
    return this.placeAfter(first, next, wanted, alike);
  }

  /** @type {(first: number, next: number, wanted: Uint8Array, alike: number) => number} */
  placeAfter(first, next, wanted, alike) {
    const {bytes} = this, numbers = new Varints(bytes, next), end = Math.min(this.count, first + NOTED_KEYS);
    for (let place = first + 1; place < end; place += 1) {
      const shared = numbers.next(), more = numbers.next(), from = numbers.at;
      numbers.at += more;
      if (shared > alike) continue;
      let at = 0;
      while (at < more && shared + at < wanted.length && bytes[from + at] === wanted[shared + at]) at += 1;
      if (at === more && shared + at === wanted.length) return place;
      if (shared + at === wanted.length || (at < more && bytes[from + at] > wanted[shared + at])) return -1;
      alike = shared + at;
    }
    return -1;
  }

  // Call `see(form, number of items)` for each form whose bytes `isWanted(key, length)`.
  /** @type {(isWanted: (key: Uint8Array, length: number) => boolean, see: (form: string, count: number) => void) => void} */
  eachForm(isWanted, see) {
    const {bytes} = this, numbers = new Varints(bytes, this.keysAt), counts = new Varints(bytes, this.countsAt);
    const key = new Uint8Array(MOST_KEY_BYTES);
    for (let place = 0; place < this.count; place += 1) {
      const shared = numbers.next(), more = numbers.next(), count = counts.next(), size = shared + more;
      for (let i = 0; i < more; i += 1) key[shared + i] = bytes[numbers.at + i];
      numbers.at += more;
      if (key[size - 1] !== STEM_KEY && key[size - 1] !== TITLE_KEY && isWanted(key, size)) see(toText(key, 0, size), count);
    }
  }

  // Return {docs, weights} of the key at a place: items of the segment ascending, dead ones too.
  /** @type {(place: number) => Postings} */
  postings(place) {
    const {bytes} = this, noted = this.noted[Math.floor(place / NOTED_KEYS)], further = place % NOTED_KEYS;
    const sizes = new Varints(bytes, noted.sizesAt), counts = new Varints(bytes, noted.countsAt);
    counts.skip(further);
    const count = counts.next(), docs = new Uint32Array(count), weights = new Uint32Array(count);
    let at = this.postingsAt + noted.offset + sizes.sum(further), doc = -1, escapes = 0;
    for (let i = 0; i < count; i += 1) {
      let byte = bytes[at++], value = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = bytes[at++];
        value |= (byte & 127) << shift;
      }
      doc += (value >>> 4) + 1;
      docs[i] = doc;
      weights[i] = (value & 15) + 1;
      if (weights[i] > 15) escapes += 1;
    }
    const numbers = new Varints(bytes, at);
    for (let i = 0; escapes > 0; i += 1) {
      if (weights[i] < 16) continue;
      weights[i] += numbers.next();
      escapes -= 1;
    }
    return {docs, weights};
  }
}

// Where the keys of a shard stand.
class Occurrences {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    const numbers = new Varints(bytes);
    this.bytes = bytes;
    this.count = numbers.next();
    this.sizesAt = numbers.at;
    numbers.skip(this.count);
    this.partsAt = numbers.at;
  }

  // Return {flat, ends}: the positions of a key in some of its items, of which `wanted` has the ascending numbers among
  // its postings, one item after the other, and where those of each end.
  /** @type {(place: number, count: number, wanted: Uint32Array) => Positions} */
  positions(place, count, wanted) {
    const at = this.partsAt + new Varints(this.bytes, this.sizesAt).sum(place);
    const counts = new Varints(this.bytes, at), steps = new Varints(this.bytes, at);
    steps.skip(count);
    const ends = new Uint32Array(wanted.length);
    /** @type {Uint32Array} */
    let flat = new Uint32Array(Math.max(64, wanted.length)), size = 0;
    for (let i = 0, item = 0; i < wanted.length; i += 1, item += 1) {
      let passed = 0;
      for (; item < wanted[i]; item += 1) passed += counts.next();
      steps.skip(passed);
      for (let left = counts.next(), position = 0; left > 0; left -= 1) {
        position += steps.next();
        if (size === flat.length) flat = twiceAsLong(flat);
        flat[size++] = position;
      }
      ends[i] = size;
    }
    return {flat, ends};
  }
}

// Return the positions in one of these items.
/** @type {(positions: Positions, i: number) => Uint32Array} */
function positionsAt({flat, ends}, i) {
  return flat.subarray(i ? ends[i - 1] : 0, ends[i]);
}

/** @type {(numbers: Uint32Array) => Uint32Array} */
function twiceAsLong(numbers) {
  const longer = new Uint32Array(2 * numbers.length);
  longer.set(numbers);
  return longer;
}
