// The page's index: the state shown now, the one to fall back to, and whether there is a newer one. Numbers of items are
// those of one state alone; whoever asks with an old one is told by `Moved`, and searches again.

import {CODES} from "./given.js";
import {LostFile, loader} from "./loader.js";
import {View} from "./view.js";
/** @import {Item, Passage, Pointer} from "./types.js" */
/** @import {Segment} from "./segment.js" */
export {Index, Moved, Stale};

// Another state is shown than the one an item was found in.
class Moved extends Error {}

// Nobody waits for the answer any more.
class Stale extends Error {}

// Return the name of the file that is missing; "" if that is not what went wrong.
/** @type {(error: unknown) => string} */
const fileOf = error => error instanceof LostFile ? error.file : "";

class Index {
  // Open what the files of that directory, or of the page itself, hold: the present state, or else the one before it.
  /** @type {(directory: string) => Promise<Index>} */
  static async open(directory) {
    loader.from(directory);
    const index = new Index(), pointer = await loader.pointer();
    const trouble = await index.move(pointer);
    if (trouble) throw trouble;
    return index;
  }

  constructor() {
    /** @type {{view: View, pointer: Pointer} | null} */
    this.next = null;
    /** @type {Map<string, string>} */
    this.lost = new Map();  // name of a head to the file that it lacks; "" if it can't be told which
    this.end = 0;
    /** @type {Promise<void> | null} */
    this.leaving = null;
  }

  get items() { return this.view.facts.items; }
  get home() { return this.view.facts.home; }
  get written() { return this.view.facts.written; }
  get languages() { return this.view.languages; }
  get synonyms() { return this.view.synonyms; }
  get isOlder() { return this.view.name !== this.pointer.now; }

  // --- states -----------------------------------------------------------------------------------------

  // Show the first state of a pointer that can be opened; return what was wrong if none can.
  /** @type {(pointer: Pointer) => Promise<unknown>} */
  async move(pointer) {
    /** @type {unknown} */
    let trouble = new LostFile("head");
    for (const name of [pointer.now, pointer.before]) {
      if (!name || this.lost.has(name)) continue;
      try {
        this.show(await View.open(name, this.known()), pointer);
        return null;
      } catch (error) {
        this.lost.set(name, fileOf(error));
        trouble = error;
      }
    }
    return trouble;
  }

  /** @type {() => Map<string, Segment>} */
  known() {
    return new Map(this.view?.segments.map(segment => [segment.name, segment]));
  }

  /** @type {(view: View, pointer: Pointer) => void} */
  show(view, pointer) {
    view.first = this.end;
    this.end += view.size;
    /** @type {View} */
    this.view = view;
    /** @type {Pointer} */
    this.pointer = pointer;
    this.next = null;
  }

  // Return what a job makes of the present state. If a file of it is missing, the whole job is done on another state.
  /** @type {<T>(job: (view: View) => T | Promise<T>) => Promise<T>} */
  async run(job) {
    for (let tries = 0; ; tries += 1) {
      const {view} = this;
      try {
        return await job(view);
      } catch (error) {
        if (error instanceof Moved || error instanceof Stale || tries > 2) throw error;
        await this.leave(view, error);
      }
    }
  }

  // Leave a state that a file is missing from; throw what was wrong if there is no other.
  /** @type {(view: View, error: unknown) => Promise<void>} */
  leave(view, error) {
    if (this.view !== view) return Promise.resolve();
    const leave = async () => {
      this.lost.set(view.name, fileOf(error));
      const pointer = await loader.pointer().catch(() => this.pointer);
      if (await this.move(pointer)) throw error;
    };
    this.leaving ??= leave().finally(() => { this.leaving = null; });
    return this.leaving;
  }

  // Tell whether there is a newer state, whole as far as can be told; `switch` then goes there.
  /** @type {() => Promise<boolean>} */
  async newer() {
    if (loader.isEmbedded()) return false;
    try {
      const pointer = await loader.pointer(), lost = this.lost.get(pointer.now);
      if (pointer.now === this.view.name || lost === "") return false;
      if (pointer.now === this.next?.view.name) return true;
      if (lost) await loader.load(lost);
      const view = await View.open(pointer.now, this.known());
      if (this.view.made.has("columns")) await view.columns();
      if (view.facts.team?.board) await loader.load(view.facts.team.board);
      this.lost.delete(pointer.now);
      this.next = {view, pointer};
      return true;
    } catch {
      return false;  // not all of it is here yet
    }
  }

  switch() {
    if (this.next) this.show(this.next.view, this.next.pointer);
  }

  // Load what the first search needs.
  async warm() {
    await this.run(view => view.columns()).catch(() => {});
  }

  // Return what the page is told of the team; null where there is nothing.
  /** @type {() => Promise<unknown>} */
  toldBoard() { return this.view.told(this.view.facts.team?.board, JSON.parse); }

  /** @type {() => Promise<unknown>} */
  toldKnown() { return this.view.told(this.view.facts.team?.known, JSON.parse); }

  // Return what is told of an item in other departments: its line in a file that stays a text, as it may have many.
  /** @type {(id: string) => Promise<unknown>} */
  async toldAcross(id) {
    const lines = await this.view.told(this.view.facts.team?.across?.[parseInt(id[0], 16)], text => text) ?? "", before = `\n${id} `;
    const from = lines.indexOf(before), to = lines.indexOf("\n", from + 1);
    try {
      return from < 0 ? null : JSON.parse(lines.slice(from + before.length, to < 0 ? undefined : to));
    } catch { return null; }
  }

  // --- items --------------------------------------------------------------------------------------------

  // Return {doc, id, path, href, title, author, url, size, tags, links, onlineOnly, kind, folder, department, date, added,
  // conflict, isCut, isEntry, isSavedCopy, noteOn, noteLink, level} of an item; null if it was removed.
  /** @type {(doc: number) => Promise<Item | null>} */
  about(doc) {
    return this.of(doc, (view, number) => view.about(number));
  }

  // Return the items that are one result with an item, without it; none if another state is shown by now.
  /** @type {(doc: number) => number[]} */
  sharing(doc) {
    const {view} = this;
    return doc >= view.first && doc < view.first + view.size ? view.sharing(doc - view.first).map(one => one + view.first) : [];
  }

  // Return the passages of an item: [[text, page or 0], …].
  /** @type {(doc: number) => Promise<Passage[]>} */
  passages(doc) {
    return this.of(doc, (view, number) => view.passages(number));
  }

  // Return the code of an item's language, "" for none or if no search found it.
  /** @type {(doc: number) => string} */
  languageOf(doc) {
    return CODES[this.view.languageOf?.[doc - this.view.first] ?? 0];
  }

  /** @type {<T>(doc: number, job: (view: View, number: number) => Promise<T>) => Promise<T>} */
  async of(doc, job) {
    const {view} = this, number = doc - view.first;
    if (!(number >= 0 && number < view.size)) throw new Moved("search again");
    try {
      return await job(view, number);
    } catch (error) {
      await this.leave(view, error);
      throw new Moved("search again");
    }
  }
}
