// One segment of the page: its root, and what is loaded of it when it is asked for. Items are numbered within it.

import {Kept, Varints, compareBytes, openContainer, toBytes, toText} from "./bytes.js";
import {loader} from "./loader.js";
import {Occurrences, Shard} from "./shard.js";
/** @import {AboutPage, Facets, Part, Passage, Positions, RawRow, Ref, Root, SegmentColumns} from "./types.js" */
export {PER_ABOUT, Segment};

const PER_ABOUT = 50;
/** @type {Kept<Shard | Occurrences>} */
const keptShards = new Kept(4 << 20);
/** @type {Kept<AboutPage>} */
const keptAbouts = new Kept(1 << 20);
/** @type {Kept<{texts: Passage[][], size: number}>} */
const keptTexts = new Kept(1 << 20);

class Segment {
  /** @type {(name: string) => Promise<Segment>} */
  static async open(name) {
    /** @type {{facts: Root, blobs: Uint8Array[]}} */
    const {facts, blobs} = openContainer(await loader.load(name));
    return new Segment(name, facts, blobs);
  }

  /** @param {string} name @param {Root} root @param {Uint8Array[]} blobs */
  constructor(name, root, blobs) {
    this.name = name;
    this.root = root;
    this.blobs = blobs;
    this.id = root.id;
    this.count = root.count;
    this.bounds = root.shards.map(([first]) => toBytes(first));
    /** @type {Map<string, Promise<any>>} */
    this.parts = new Map();
  }

  // --- files ----------------------------------------------------------------------------------------

  /** @type {(ref: Ref) => Promise<Uint8Array>} */
  async bytes(ref) {
    return typeof ref === "number" ? this.blobs[ref] : loader.load(ref);
  }

  /** @type {(ref: Ref) => string} */
  nameOf(ref) {
    return typeof ref === "number" ? `${this.name} ${ref}` : ref;
  }

  // Return what `make` makes of a part of the root, once: it stays as long as the segment.
  /** @type {<T>(name: "columns" | "times" | "facets" | "forms", make: (bytes: Uint8Array) => T) => Promise<T>} */
  part(name, make) {
    let made = this.parts.get(name);
    if (!made) {
      made = this.bytes(/** @type {Ref} */ (this.root[name])).then(make);
      this.parts.set(name, made);
      made.catch(() => this.parts.delete(name));
    }
    return made;
  }

  // Return {lengths, days, qualities, languages}, a number an item.
  /** @type {() => Promise<SegmentColumns>} */
  columns() {
    return this.part("columns", bytes => {
      const {count} = this, numbers = new Varints(bytes), days = new Int32Array(count);
      const lengths = numbers.fill(new Uint32Array(count));
      for (let i = 0, day = 0; i < count; i += 1) {
        const step = numbers.next();
        day += step % 2 ? -(step + 1) / 2 : step / 2;
        days[i] = day;
      }
      const rest = bytes.slice(numbers.at);
      if (rest.length !== 2 * count) throw new Error("damaged columns");
      return {lengths, days, qualities: rest.subarray(0, count), languages: rest.subarray(count)};
    });
  }

  // Return the second within its day of each item.
  /** @type {() => Promise<Uint32Array>} */
  times() {
    return this.part("times", bytes => new Varints(bytes).fill(new Uint32Array(this.count)));
  }

  // Return {folders, people, tags, sites} and, a number an item, {kinds, folder, person, site (both plus 1, or 0), tagEnds, tag}.
  /** @type {() => Promise<Facets>} */
  facets() {
    return this.part("facets", bytes => {
      const {count} = this, end = bytes.indexOf(10), values = JSON.parse(toText(bytes, 0, end));
      const kinds = bytes.slice(end + 1, end + 1 + count), numbers = new Varints(bytes, end + 1 + count);
      const folder = numbers.fill(new Uint32Array(count)), person = numbers.fill(new Uint32Array(count));
      const site = numbers.fill(new Uint32Array(count));
      const tagEnds = new Uint32Array(count), tag = new Uint32Array(bytes.length - numbers.at);
      let size = 0;
      for (let i = 0; i < count; i += 1) {
        for (let left = numbers.next(); left > 0; left -= 1) tag[size++] = numbers.next();
        tagEnds[i] = size;
      }
      return {...values, kinds, folder, person, site, tagEnds, tag: tag.slice(0, size)};
    });
  }

  // Return the hashes of its forms as they lie in the file; null if there is one shard to look at.
  /** @type {() => Promise<Uint8Array> | null} */
  forms() {
    return this.root.forms === null ? null : this.part("forms", bytes => bytes);
  }

  // --- words ----------------------------------------------------------------------------------------

  // Return the number of the shard that would hold a key; -1 if none would.
  /** @type {(key: Uint8Array) => number} */
  shardOf(key) {
    let low = 0, high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.bounds[middle], key) <= 0) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  /** @type {(number: number) => Promise<Shard>} */
  shard(number) {
    const ref = this.root.shards[number][1];
    return /** @type {Promise<Shard>} */ (keptShards.get(this.nameOf(ref), async () => new Shard(await this.bytes(ref)), shard => shard.bytes.length));
  }

  /** @type {(number: number) => Promise<Occurrences>} */
  occurrences(number) {
    const ref = this.root.shards[number][2];
    return /** @type {Promise<Occurrences>} */ (keptShards.get(this.nameOf(ref), async () => new Occurrences(await this.bytes(ref)), made => made.bytes.length));
  }

  /** @type {(number: number) => number} */
  occurrenceBytes(number) {
    return this.root.shards[number][3];
  }

  // Return {shard, place, docs, weights} of a key; null if no item has it.
  /** @type {(key: string) => Promise<Part | null>} */
  async find(key) {
    const bytes = toBytes(key), number = this.shardOf(bytes);
    if (number < 0) return null;
    const shard = await this.shard(number), place = shard.placeOf(bytes);
    return place < 0 ? null : {shard: number, place, ...shard.postings(place)};
  }

  // Return {flat, ends} of the positions of what `find` found in some items that it has.
  /** @type {(part: Part, items: Uint32Array) => Promise<Positions>} */
  async positions({shard, place, docs}, items) {
    const wanted = new Uint32Array(items.length);
    for (let i = 0, at = 0; i < items.length; i += 1) {
      while (docs[at] < items[i]) at += 1;
      wanted[i] = at;
    }
    return (await this.occurrences(shard)).positions(place, docs.length, wanted);
  }

  // --- items ----------------------------------------------------------------------------------------

  // Return {texts, rows} of the page of items that has this one.
  /** @type {(item: number) => Promise<AboutPage>} */
  about(item) {
    const ref = this.root.abouts[Math.floor(item / PER_ABOUT)];
    return keptAbouts.get(this.nameOf(ref), async () => {
      const bytes = await this.bytes(ref), {t: texts, i: rows} = JSON.parse(toText(bytes));
      return {texts, rows, size: bytes.length};
    }, page => page.size);
  }

  // Return the row of an item as it lies in the file; null if it was removed.
  /** @type {(item: number) => Promise<RawRow | null>} */
  async row(item) {
    return (await this.about(item)).rows[item % PER_ABOUT];
  }

  // Return the passages of an item: [[text, page or 0], …].
  /** @type {(item: number) => Promise<Passage[]>} */
  async passages(item) {
    const {texts, rows} = await this.about(item), row = rows[item % PER_ABOUT];
    if (!row?.x) return [];
    const [text, place] = row.x, ref = texts[text];
    const file = await keptTexts.get(this.nameOf(ref), async () => {
      const bytes = await this.bytes(ref);
      return {texts: JSON.parse(toText(bytes)), size: bytes.length};
    }, made => made.size);
    return file.texts[place] ?? [];
  }
}
