// What indexer/page/script.py gives the page's script, and what the browser's window has for it.

import type {Pointer, Texts} from "./types.js";

// The texts of the page's language: texts.json.
export const TEXTS: Texts;
// The kinds of items, in the order that data files number them.
export const KINDS: readonly string[];
// How much a note matters, the least first.
export const LEVELS: readonly string[];
// The codes of languages, in the order that data files number them; the first, "", is none.
export const CODES: readonly string[];
// The function words of each language.
export const FUNCTION_WORDS: Readonly<Record<string, readonly string[]>>;
// The derivational suffixes of each language, as indexer/terms/suffixes.py has them.
export const SUFFIXES: Readonly<Record<string, string>>;
// The words that German compounds are made of, as forms.
export const COMPOUND_WORDS: string;

// The states of links that are known.
export const STATES: readonly string[];
// The values of `is:` in a query, each with the states of the links that it finds.
export const FOUND_BY_IS: Readonly<Record<string, readonly string[]>>;
// Folders at the top that are no departments, in lower case.
export const TEAM_FOLDERS: readonly string[];
// The values of `is:` in a query.
export const IS_VALUES: readonly string[];
// What people say of an item by a mark.
export const MARKS: readonly string[];
// What marks, and several places, add to the static byte of an item.
export const OPINIONS: Readonly<Record<string, number>>;
// What people take for the name of a filter.
export const MISTAKEN_FILTERS: readonly string[];

declare global {
  // In boot.js: the address of the page's script.
  const ADDRESS: string;

  interface Window {
    // What data files and head.js call: docs/page-format.md.
    F: (name: string, packed: string, length: number) => void;
    H: (pointer: Partial<Pointer>) => void;
    // File System Access: Chrome and Edge have it, other browsers don't.
    showDirectoryPicker?: (options: {mode: "readwrite"}) => Promise<FileSystemDirectoryHandle>;
  }
}
