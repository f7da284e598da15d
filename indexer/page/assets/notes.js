// Which item is a result about, and which notes are on it? indexer/search/finder.py is the same in Python.

/** @import {Item, Result, ShownNote} from "./types.js" */
/** @import {Index} from "./index.js" */
export {notesOn, resultOf};

const MOST_NOTES = 20, MOST_SHARING = 200, NOTE_TEXT = 2000;

// Return {item, foundIn, copies} of items that were found as one result, the best first: a note never stands for its item, nor a
// saved copy for its link. If it alone was found, the item is shown with its text, which `foundIn` says. Nor does a conflict copy
// stand for its file, or a broken link for one that is well and leads to the same page. Null if the first one is gone by now.
/** @type {(index: Index, docs: number[], isAlone: boolean) => Promise<Result | null>} */
async function resultOf(index, docs, isAlone) {
  const [first, ...rest] = await Promise.all(docs.map(doc => index.about(doc)));
  if (!first) return null;
  const others = rest.filter(one => one !== null), items = [first, ...others].filter(one => !one.noteOn);
  if (isAlone) return {item: first, foundIn: first.doc, copies: others};
  if (!items.length) return {item: (await sharing(index, first)).find(one => isOn(first, one)) ?? first, foundIn: first.doc, copies: []};
  let item = items.reduce((best, one) => standsBack(one) < standsBack(best) ? one : best);
  if (item.isSavedCopy) item = linkBeside(item, await sharing(index, item)) ?? item;
  return {item, foundIn: items[0].doc, copies: items.filter(one => one !== item)};
}

// Return by how much an item stands back for others that are one result with it.
/** @type {(item: Item) => number} */
function standsBack(item) {
  return item.isSavedCopy ? 2 : Number(item.conflict !== "" || item.health === "gone" || item.health === "failing");
}

// Return the link beside a saved copy of its page, of the items that are one result with it.
/** @type {(copy: Item, items: Item[]) => Item | undefined} */
function linkBeside(copy, items) {
  const named = copy.path.slice(0, -"html".length);
  const links = items.filter(one => one.url && !one.isSavedCopy && !one.noteOn && one.folder === copy.folder);
  links.sort((a, b) => Number(b.path.startsWith(named)) - Number(a.path.startsWith(named)) || (a.path < b.path ? -1 : 1));
  return links[0];
}

// Return the latest notes on any of some items that are one result.
/** @type {(index: Index, items: Item[]) => Promise<ShownNote[]>} */
async function notesOn(index, items) {
  const notes = (await sharing(index, items[0])).filter(note => items.some(item => isOn(note, item)));
  notes.sort((a, b) => b.date - a.date || (a.path < b.path ? -1 : 1));
  const made = await Promise.all(notes.slice(0, MOST_NOTES).map(async ({doc, author, level}) => {
    const said = (await index.passages(doc) ?? []).map(([part]) => part).join(" ");
    return {author, level, text: said.length > NOTE_TEXT ? said.slice(0, NOTE_TEXT - 1) + "…" : said};
  }));
  return made.filter(note => note.text);
}

// Return some of the items that are one result with an item, the latest last.
/** @type {(index: Index, item: Item) => Promise<Item[]>} */
async function sharing(index, {doc}) {
  const every = await Promise.all(index.sharing(doc).slice(-MOST_SHARING).map(one => index.about(one)));
  return every.filter(one => one !== null);
}

/** @type {(note: Item, item: Item) => boolean} */
function isOn(note, item) {
  return !item.noteOn && note.noteOn === item.path && note.noteLink === (item.isEntry ? item.url : "");
}
