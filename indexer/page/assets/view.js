// One state of the page, as one head describes it: its segments together. Items are numbered through all of them, oldest
// segment first; what is dead in any of them is never found, and counts for nothing.

import {FUNCTION_WORDS} from "./given.js";
import {openContainer, toText} from "./bytes.js";
import {loader} from "./loader.js";
import {decodeRow} from "./stored_row.js";
import {countOpinions} from "./said.js";
import {Segment} from "./segment.js";
/** @import {Columns, Facets, Facts, Fold, FoundKey, Head, Item, Passage, Postings, Row, SegmentColumns, Test} from "./types.js" */
export {View};

const PAGE_FORMAT = 4;

class View {
  // Open the state of that head; segments that are known already by the names of their roots are taken from there.
  /** @type {(name: string, known?: Map<string, Segment>) => Promise<View>} */
  static async open(name, known = new Map()) {
    /** @type {{facts: Head, blobs: Uint8Array[]}} */
    const {facts, blobs} = openContainer(await loader.load(name));
    if (facts.format !== PAGE_FORMAT) throw new Error("another format");
    const segments = await Promise.all(facts.segments.map(root => known.get(root) ?? Segment.open(root)));
    if (facts.open) segments.push(new Segment(name, facts.open, blobs));
    return new View(name, facts, segments);
  }

  /** @param {string} name @param {Head} facts @param {Segment[]} segments */
  constructor(name, facts, segments) {
    this.name = name;
    this.facts = facts;
    this.segments = segments;
    /** @type {number[]} */
    this.bases = [];
    this.size = 0;
    for (const segment of segments) {
      this.bases.push(this.size);
      this.size += segment.count;
    }
    this.languages = facts.languages;
    this.meanLength = facts.items ? facts.length / facts.items : 0;
    this.functionWords = new Set(facts.languages.flatMap(code => FUNCTION_WORDS[code] ?? []));
    this.synonyms = new Map(facts.synonyms.filter(([words]) => words.length === 1).map(([[form], leaves]) => [form, leaves]));
    this.first = 0;  // what is added to its numbers outside
    /** @type {Uint8Array | null} */
    this.languageOf = null;  // a number an item, once columns are loaded
    this.dead = new Uint8Array(this.size);
    this.folds = new Uint32Array(this.size);
    /** @type {Map<number, Facts>} */
    this.factsOf = new Map();  // item to the facts that stand in place of those in its row
    this.foldCount = 0;
    this.applyMarks();
    /** @type {Map<string, any>} */
    this.made = new Map();
  }

  // Number the copies again from 1, those of one item alike; what a newer segment says of an older one counts.
  applyMarks() {
    const bases = new Map(this.segments.map((segment, n) => [segment.id, this.bases[n]])), numbers = new Map([[0, 0]]);
    /** @type {(base: number, fold: Fold) => void} */
    const note = (base, [item, fold]) => {
      if (!numbers.has(fold)) numbers.set(fold, numbers.size);
      this.folds[base + item] = /** @type {number} */ (numbers.get(fold));
    };
    this.segments.forEach((segment, n) => segment.root.folds.forEach(pair => note(this.bases[n], pair)));
    for (const {root} of this.segments) {
      for (const [id, {dead = [], folds = [], facts = []}] of Object.entries(root.marks)) {
        const base = bases.get(id);
        if (base === undefined) continue;
        for (const item of dead) this.dead[base + item] = 1;
        folds.forEach(pair => note(base, pair));
        for (const [item, those] of facts) this.factsOf.set(base + item, those);
      }
    }
    this.foldCount = numbers.size;
    /** @type {number[]} */
    this.deadCounts = this.segments.map((segment, n) => this.dead.subarray(this.bases[n], this.bases[n] + segment.count)
      .reduce((sum, one) => sum + one, 0));
    this.hasDead = this.deadCounts.some(Boolean);
  }

  // Return what `make` makes, once.
  /** @type {<T>(name: string, make: () => T) => T} */
  once(name, make) {
    if (!this.made.has(name)) {
      const made = make();
      this.made.set(name, made);
      Promise.resolve(made).catch(() => this.made.delete(name));
    }
    return this.made.get(name);
  }

  // --- of all items -----------------------------------------------------------------------------------

  // Return {lengths, days, qualities}, a number an item.
  /** @type {() => Promise<Columns>} */
  columns() {
    return this.once("columns", async () => {
      const every = await Promise.all(this.segments.map(segment => segment.columns()));
      /** @type {<T extends Uint8Array | Uint32Array | Int32Array>(name: keyof SegmentColumns, column: T) => T} */
      const join = (name, column) => this.joined(column, every.map(columns => columns[name]));
      this.languageOf = join("languages", new Uint8Array(this.size));
      return {
        lengths: join("lengths", new Uint32Array(this.size)), days: join("days", new Int32Array(this.size)),
        qualities: countOpinions(this, join("qualities", new Uint8Array(this.size))),
      };
    });
  }

  // Return the second within its day of each item.
  /** @type {() => Promise<Uint32Array>} */
  times() {
    return this.once("times", async () => this.joined(new Uint32Array(this.size),
      await Promise.all(this.segments.map(segment => segment.times()))));
  }

  // Return the facets of each segment.
  /** @type {() => Promise<Facets[]>} */
  facets() {
    return Promise.all(this.segments.map(segment => segment.facets()));
  }

  /** @type {<T extends Uint8Array | Uint32Array | Int32Array>(whole: T, parts: ArrayLike<number>[]) => T} */
  joined(whole, parts) {
    parts.forEach((part, n) => whole.set(part, this.bases[n]));
    return whole;
  }

  // Return all items that live.
  /** @type {() => Uint32Array} */
  everything() {
    return this.once("everything", () => {
      const found = new Uint32Array(this.size);
      let size = 0;
      for (let doc = 0; doc < this.size; doc += 1) if (!this.dead[doc]) found[size++] = doc;
      return found.slice(0, size);
    });
  }

  // Call `see(number, base, from, to)` for each segment with some of `docs`: those between two places.
  /** @type {(docs: Uint32Array, see: (number: number, base: number, from: number, to: number) => void) => void} */
  eachSegment(docs, see) {
    let from = 0;
    this.segments.forEach((segment, n) => {
      const end = this.bases[n] + segment.count;
      let to = from;
      while (to < docs.length && docs[to] < end) to += 1;
      if (to > from) see(n, this.bases[n], from, to);
      from = to;
    });
  }

  // Return those of `docs` that pass; a test for each segment takes the number of an item within it.
  /** @type {(docs: Uint32Array, tests: Test[], wanted?: boolean) => Uint32Array} */
  passing(docs, tests, wanted = true) {
    const found = new Uint32Array(docs.length);
    let size = 0;
    this.eachSegment(docs, (n, base, from, to) => {
      const test = tests[n];
      for (let i = from; i < to; i += 1) if (test(docs[i] - base) === wanted) found[size++] = docs[i];
    });
    return found.slice(0, size);
  }

  // --- words ------------------------------------------------------------------------------------------

  // Return {docs, weights} of a key in all items that live, and in `parts` what each segment has of it.
  /** @type {(key: string) => Promise<FoundKey>} */
  async find(key) {
    const parts = await Promise.all(this.segments.map(segment => segment.find(key)));
    return {...this.live(parts), parts};
  }

  /** @type {(parts: (Postings | null)[]) => Postings} */
  live(parts) {
    const most = parts.reduce((sum, part) => sum + (part ? part.docs.length : 0), 0);
    const docs = new Uint32Array(most), weights = new Uint32Array(most), {dead} = this;
    let size = 0;
    parts.forEach((part, n) => {
      if (!part) return;
      const base = this.bases[n];
      if (!this.deadCounts[n]) {
        for (let i = 0; i < part.docs.length; i += 1) docs[size + i] = part.docs[i] + base;
        weights.set(part.weights, size);
        size += part.docs.length;
        return;
      }
      for (let i = 0; i < part.docs.length; i += 1) {
        const doc = part.docs[i] + base;
        if (dead[doc]) continue;
        docs[size] = doc;
        weights[size++] = part.weights[i];
      }
    });
    return size === most ? {docs, weights} : {docs: docs.slice(0, size), weights: weights.slice(0, size)};
  }

  // Return what the page is told of the team in one of its files, as `read` reads it; null if there is none, or it isn't here yet.
  /** @type {<T>(name: string | null | undefined, read: (text: string) => T) => Promise<T | null>} */
  async told(name, read) {
    if (!name) return null;
    return this.once("told " + name, async () => read(toText(await loader.load(name)))).catch(() => null);
  }

  // --- one item ---------------------------------------------------------------------------------------

  // Return [number of its segment, number within it].
  /** @type {(doc: number) => [segment: number, item: number]} */
  locate(doc) {
    let number = this.bases.length - 1;
    while (this.bases[number] > doc) number -= 1;
    return [number, doc - this.bases[number]];
  }

  // Return the row of an item, decoded; null if it was removed.
  /** @type {(doc: number) => Promise<Row | null>} */
  async row(doc) {
    const [number, item] = this.locate(doc), raw = await this.segments[number].row(item);
    return raw && decodeRow(raw, this.factsOf.get(doc));
  }

  // Return what is shown of an item; null if it was removed.
  /** @type {(doc: number) => Promise<Item | null>} */
  async about(doc) {
    const [number, item] = this.locate(doc), raw = await this.segments[number].row(item);
    if (!raw) return null;
    const row = decodeRow(raw, this.factsOf.get(doc));
    const folder = row.path.slice(0, Math.max(0, row.path.lastIndexOf("/")));
    return {...row, hasText: Boolean(raw.x), doc: doc + this.first, folder, department: folder.split("/", 1)[0]};
  }

  // Return the items that are one result with an item, without it.
  /** @type {(doc: number) => number[]} */
  sharing(doc) {
    const fold = this.folds[doc];
    if (!fold) return [];
    const members = this.once("members", () => {
      /** @type {number[][]} */
      const found = Array.from({length: this.foldCount}, () => []);
      this.folds.forEach((own, one) => { if (own && !this.dead[one]) found[own].push(one); });
      return found;
    });
    return members[fold].filter(one => one !== doc);
  }

  /** @type {(doc: number) => Promise<Passage[]>} */
  passages(doc) {
    const [number, item] = this.locate(doc);
    return this.segments[number].passages(item);
  }
}
