// What goes from part to part of the page's script. Nothing of this is in the page; docs/page-format.md says what the values
// mean that lie in data files. A doc is the number of an item within a state of the page, an item its number in a segment.

/** @import {View} from "./view.js" */
/** @import {Ordering} from "./order.js" */
export {};

// --- what is asked ----------------------------------------------------------------------------------

/**
 * @typedef {"kind" | "department" | "person" | "tag" | "year"} Group
 * @typedef {Record<Group, string[]>} Choice the chosen values of each group
 * @typedef {"relevance" | "newest" | "oldest" | "name"} Sort
 * @typedef {{q: string, chosen: Choice, sort: Sort}} Asked
 * @typedef {{q?: string, chosen?: Choice, sort?: Sort}} Asking what is left out is as it is without any choice
 * @typedef {() => boolean} IsStale whether nobody waits for the answer any more
 */

/**
 * A query is a tree; of a word, `also` is what else it stands for, and one that is whole doesn't match as part of a
 * compound; of a phrase `joined` is its forms written together.
 * @typedef {["word", form: string, also?: Synonym[], isWhole?: boolean]} Word
 * @typedef {["phrase", forms: string[], joined?: string]} Phrase
 * @typedef {Word | Phrase} Synonym
 * @typedef {["prefix" | "fuzzy", form: string]} Expanded
 * @typedef {["filter", field: string, value: string]} Filter
 * @typedef {Word | Phrase | Expanded} Scored
 * @typedef {Scored | Filter} Leaf
 * @typedef {["and", ...Query[]] | ["or", ...Query[]]} Several
 * @typedef {["not", Query]} Not
 * @typedef {[code: string, text: string]} Remark what of a query was not understood
 * @typedef {Leaf | Several | Not} Query
 */

/**
 * A piece of a query's text, before it is a tree: `open` is "(", `minus` "-" before what is left out.
 * @typedef {{kind: "open" | "close" | "minus" | "word" | "phrase", text: string, field: string}} Piece
 */

// --- words ------------------------------------------------------------------------------------------

/**
 * Offsets are in UTF-16 units.
 * @typedef {{raw: string, start: number, end: number, joined: string[]}} RawWord
 * @typedef {{form: string, stem: string, others: string[], start: number, end: number}} Token
 * @typedef {{forms: string[], joined: string, isOne: boolean}} Written what is written together in a query
 */

/**
 * @typedef {(form: string) => string} Stemmer
 * @typedef {Record<string, number>} Regions where regions of a word start, by name
 * @typedef {(rest: string, at: Regions) => string | null} StemRule what makes a word of the rest before an end; null for no word
 * @typedef {[ends: RegExp, make: StemRule][]} StemStep
 */

// --- data files -------------------------------------------------------------------------------------

/**
 * @typedef {number | string} Ref number of a blob of the same container, or name of a file
 * @typedef {{now: string, before: string}} Pointer names of heads
 * @typedef {[item: number, fold: number]} Fold
 * @typedef {{o?: number, c?: string, i?: number, n?: string, a?: string, v?: string, h?: string, m?: string, s?: number, b?: number, k?: Record<string, [number, ...string[]]>, q?: string}} Facts of an item, which may change by themselves
 * @typedef {{dead?: number[], folds?: Fold[], facts?: [item: number, facts: Facts][]}} Marks
 * @typedef {[first: string, terms: Ref, occurrences: Ref, bytes: number]} ShardRefs
 */

/**
 * The root of a segment.
 * @typedef {object} Root
 * @property {string} id
 * @property {number} count
 * @property {Ref} columns
 * @property {Ref} times
 * @property {Ref} facets
 * @property {Ref | null} forms
 * @property {Ref[]} abouts
 * @property {ShardRefs[]} shards
 * @property {Fold[]} folds
 * @property {Record<string, Marks>} marks by segment
 * @property {Record<string, number[]>} [is] by value of `is:`, the items that it finds by the facts in their rows
 */

/**
 * @typedef {[segment: number, item: number]} Place
 * @typedef {[value: string, count: number][]} ValueCounts
 * @typedef {Record<Group, ValueCounts>} HomeCounts
 * @typedef {[monday: number, count: number][]} Weeks
 * @typedef {[segment: number, item: number, copies: Place[]]} NewestPlace
 * @typedef {HomeCounts & {total: number, weeks: Weeks, newest: NewestPlace[]}} Home what is counted without a query
 */

/**
 * The head of a state.
 * @typedef {object} Head
 * @property {number} format
 * @property {number} written
 * @property {number} items
 * @property {number} length
 * @property {string[]} languages
 * @property {[forms: string[], leaves: Synonym[]][]} synonyms
 * @property {string[]} segments
 * @property {Root | null} open
 * @property {Home} home
 * @property {{board?: string | null, known?: string | null, across?: (string | null)[]}} [team] names of files: what is told of the team
 */

/**
 * @typedef {[text: string, page: number]} Passage
 * @typedef {[address: string, words: string]} Link
 */

/**
 * An item as it lies in a data file.
 * @typedef {object} RawRow
 * @property {string} id
 * @property {string} p
 * @property {string} [t]
 * @property {string} k
 * @property {number} d
 * @property {number} [w]
 * @property {string} [a]
 * @property {string} [u]
 * @property {number} [s]
 * @property {string[]} [g]
 * @property {Link[]} [l]
 * @property {number} [e]
 * @property {Facts} [f]
 * @property {[file: number, place: number]} [x]
 */

/**
 * An item as it is shown.
 * @typedef {object} Row
 * @property {string} id
 * @property {string} path
 * @property {string} href
 * @property {string} title
 * @property {string} author
 * @property {string} url
 * @property {number} size
 * @property {string[]} tags
 * @property {Link[]} links
 * @property {string} kind
 * @property {number} date
 * @property {number} added
 * @property {boolean} onlineOnly
 * @property {string} conflict
 * @property {boolean} isCut
 * @property {string} health how the link is; empty if that is not known
 * @property {number | null} since the day since which it is so
 * @property {string} movedTo
 * @property {boolean} isEntry one link of a list, or one mail of a mailbox
 * @property {boolean} isSavedCopy the copy of a page behind a link, saved as a file
 * @property {string} noteOn
 * @property {string} noteLink
 * @property {string} level
 * @property {Record<string, [number, ...string[]]>} marks how many people set each, and some of their names
 * @property {string} question how far it is, if it is one
 */

/** @typedef {Row & {doc: number, folder: string, department: string, hasText: boolean}} Item */

/**
 * @typedef {{item: Item, foundIn: number, copies: Item[]}} Result
 * @typedef {{author: string, level: string, text: string, isPending?: boolean}} ShownNote
 */

// --- what is told of the team -----------------------------------------------------------------------

/**
 * What a person writes: the head of a file, and its text.
 * @typedef {{text: string, by?: string, tags?: string[], level?: string, item?: string, watch?: string, needsBy?: string, department?: string}} Said
 * @typedef {{sort: "note" | "mark" | "question" | "answer" | "closing", path: string, address: string, by: string, text: string, level: string,
 *   file: string, at: number}} Pending what was written here: on which file, on which link in it or by which item, and the file that says so
 * @typedef {{path: string, isDone: boolean}} Saved where it is; not done: the person has to put it there
 */

/**
 * As they lie in data files; whatever is wrong with them is left out when they are read (team.js).
 * @typedef {[id: string, path: string, title: string, date: number]} Match
 * @typedef {{by: string, text: string, path: string, item: string, date: number, isPending?: boolean}} GivenAnswer
 * @typedef {"open" | "answered" | "closed" | "reopened"} QuestionState
 * @typedef {{id: string, path: string, question: string, by: string, date: number, until: string, department: string, state: QuestionState,
 *   why: string, fresh: number, matches: Match[], answers: GivenAnswer[], closed: number, isPending?: boolean}} Question
 * @typedef {[path: string, former: string]} Lost a note without its file
 * @typedef {{questions: Question[], lost: Lost[]}} Board
 * @typedef {[name: string, n: number]} Count
 * @typedef {{topic: string, departments: Count[], people: string[], isAlone: boolean, unaware: string[]}} Topic
 * @typedef {[topic: string, now: number, before: number]} Rise
 * @typedef {{topics: Topic[], rising: Rise[], since: number, fresh: Count[], experts: Map<string, Count[]>, people: Count[], week: string}} Known
 * @typedef {[department: string, n: number, some: [path: string, title: string][]]} Relation
 */

// --- what is read of a segment ----------------------------------------------------------------------

/**
 * @typedef {{docs: Uint32Array, weights: Uint32Array | Float64Array, derivedOnly?: Uint32Array}} Postings docs ascending, a weight each
 * @typedef {Postings & {shard: number, place: number}} Part the postings of a key in one segment
 * @typedef {(Part | null)[]} Parts those in each segment
 * @typedef {Postings & {parts: Parts}} FoundKey those in all items that live
 * @typedef {{flat: Uint32Array, ends: Uint32Array}} Positions those in one item after those in another, and where they end
 * @typedef {{texts: Ref[], rows: (RawRow | null)[], size: number}} AboutPage
 * @typedef {{key: Uint8Array, next: number, countsAt: number, sizesAt: number, offset: number}} NotedKey
 */

/**
 * A number an item.
 * @typedef {{lengths: Uint32Array, days: Int32Array, qualities: Uint8Array}} Columns
 * @typedef {Columns & {languages: Uint8Array}} SegmentColumns
 */

/**
 * The values of a segment, and numbers of them an item: of a person or site plus 1, or 0; of tags those of one item after those of
 * another, and where they end.
 * @typedef {{folders: string[], people: string[], tags: string[], sites: string[]}} FacetValues
 * @typedef {{kinds: Uint8Array, folder: Uint32Array, person: Uint32Array, site: Uint32Array, tagEnds: Uint32Array, tag: Uint32Array}} FacetNumbers
 * @typedef {FacetValues & FacetNumbers} Facets
 */

/** @typedef {(item: number) => boolean} Test whether an item of one segment passes; a test for all of a state is a list of them */

// --- answers ----------------------------------------------------------------------------------------

/** @typedef {{readonly length: number, slice: (from: number, to?: number) => number[]}} Results docs in order */

/**
 * What was found: search.js says what is promised.
 * @typedef {object} Found
 * @property {Results} docs
 * @property {Map<number, number[]>} copies
 * @property {number} total
 * @property {boolean} relaxed
 * @property {boolean} complete
 * @property {string[][]} groups
 * @property {boolean} isQuestion
 * @property {boolean} isAlone
 * @property {Sort} sorted
 */

/**
 * @typedef {Found & {docs: Ordering, view: View, matched: Uint32Array, folds: Uint32Array, isFirst?: undefined}} Searched by looking at all items
 * @typedef {Found & {isFirst: true}} Newest from the head alone
 * @typedef {Newest | Searched} Answer
 * @typedef {{sort?: Sort, chosen?: Partial<Choice>, now?: number | Date, settled?: number, isStale?: IsStale}} SearchOptions
 */

/**
 * @typedef {(next: Asking & {q: string}) => Promise<Searched | null>} Ask
 * @typedef {{q: string, total: number | undefined}} Mean what was perhaps meant
 * @typedef {{word: string, q: string, found: Searched}} Nearly what a word is the beginning of
 * @typedef {{mean?: Mean | null, nearly?: Nearly | null}} Near
 * @typedef {{start: number, end: number, text: string, forms: string[], weight: number}} Change a part of the text, and what it becomes
 * @typedef {(key: string) => Promise<FoundKey>} FindKey
 * @typedef {{forms: string[], complete: boolean}} Forms
 * @typedef {Map<string, number>} Counts
 * @typedef {Record<Group, Counts>} GroupCounts
 */

/**
 * A word that shows one of those asked, by the number of its group; a passage; a piece of it; what is shown of an item.
 * @typedef {{start: number, end: number, group: number}} Hit
 * @typedef {{text: string, hits: Hit[], page: number}} Line
 * @typedef {{text: string, marks: [start: number, end: number][]}} Span
 * @typedef {Span & {page: number, pages: number[]}} Snippet
 */

// --- what is shown ----------------------------------------------------------------------------------

/**
 * @typedef {Partial<Record<Intl.LDMLPluralRule, string>> & {other: string}} Plural
 * @typedef {{language: string, months: string} & Record<string, string | Plural | [string, string][]>} Texts
 * @typedef {string | number | Node} Value what stands for a name in a text
 * @typedef {Record<string, Value>} Values
 * @typedef {string | Node} Content
 * @typedef {Record<string, string | number | boolean | undefined>} Attributes
 * @typedef {{row: HTMLElement, isWhole: boolean, whole: Promise<void>}} ShownRow `whole` once its snippet is there
 */
