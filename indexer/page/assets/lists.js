// Sorted lists of items and what is done with them: typed arrays and linear passes, nothing an item of its own. A list
// of postings is {docs, weights}, docs ascending, a weight each.

/** @import {Postings} from "./types.js" */
export {NO_POSTINGS, addDerived, addParts, intersect, largestOf, nthLargest, subtract, sumOf, unite};

/** @type {Postings} */
const NO_POSTINGS = {docs: new Uint32Array(0), weights: new Float64Array(0)};

/** @type {(a: Uint32Array, b: Uint32Array) => Uint32Array} */
function intersect(a, b) {
  const found = new Uint32Array(Math.min(a.length, b.length));
  let size = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] < b[j]) i += 1;
    else if (a[i] > b[j]) j += 1;
    else { found[size++] = a[i++]; j += 1; }
  }
  return found.slice(0, size);
}

/** @type {(a: Uint32Array, b: Uint32Array) => Uint32Array} */
function unite(a, b) {
  const found = new Uint32Array(a.length + b.length);
  let size = 0, i = 0, j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) j += 1;
    found[size++] = j < b.length && b[j] < a[i] ? b[j++] : a[i++];
  }
  while (i < a.length) found[size++] = a[i++];
  while (j < b.length) found[size++] = b[j++];
  return found.slice(0, size);
}

/** @type {(a: Uint32Array, b: Uint32Array) => Uint32Array} */
function subtract(a, b) {
  const found = new Uint32Array(a.length);
  let size = 0;
  for (let i = 0, j = 0; i < a.length; i += 1) {
    while (j < b.length && b[j] < a[i]) j += 1;
    if (j === b.length || b[j] !== a[i]) found[size++] = a[i];
  }
  return found.slice(0, size);
}

// Return the postings of several lists as one, a weight being the sum of all, or the largest of them.
/** @type {(lists: Postings[], size: number) => Postings} */
function sumOf(lists, size) {
  return joinLists(lists, size, (a, b) => a + b);
}

/** @type {(lists: Postings[], size: number) => Postings} */
function largestOf(lists, size) {
  return joinLists(lists, size, Math.max);
}

/** @type {(lists: Postings[], size: number, join: (a: number, b: number) => number) => Postings} */
function joinLists(lists, size, join) {
  const every = lists.filter(list => list.docs.length);
  if (every.length > 4) return joinAll(every, size, join);
  return every.length ? every.reduce((a, b) => joinTwo(a, b, join)) : NO_POSTINGS;
}

/** @type {(a: Postings, b: Postings, join: (a: number, b: number) => number) => Postings} */
function joinTwo(a, b, join) {
  const most = a.docs.length + b.docs.length, docs = new Uint32Array(most), weights = new Float64Array(most);
  let size = 0;
  for (let i = 0, j = 0; i < a.docs.length || j < b.docs.length; size += 1) {
    const x = i < a.docs.length ? a.docs[i] : Infinity, y = j < b.docs.length ? b.docs[j] : Infinity;
    docs[size] = Math.min(x, y);
    if (x < y) weights[size] = a.weights[i++];
    else if (y < x) weights[size] = b.weights[j++];
    else weights[size] = join(a.weights[i++], b.weights[j++]);
  }
  return {docs: docs.slice(0, size), weights: weights.slice(0, size)};
}

// The same by way of one number an item: for many lists.
/** @type {(lists: Postings[], size: number, join: (a: number, b: number) => number) => Postings} */
function joinAll(lists, size, join) {
  const every = new Float64Array(size);
  for (const {docs, weights} of lists) {
    for (let i = 0; i < docs.length; i += 1) every[docs[i]] = join(every[docs[i]], weights[i]);
  }
  let count = 0;
  for (let doc = 0; doc < size; doc += 1) if (every[doc]) count += 1;
  const docs = new Uint32Array(count), weights = new Float64Array(count);
  for (let doc = 0, at = 0; at < count; doc += 1) {
    if (!every[doc]) continue;
    docs[at] = doc;
    weights[at++] = every[doc];
  }
  return {docs, weights};
}

// Return the postings of a word, given those of its inflections and those of derived words as well, of which an occurrence
// counts a share; `derivedOnly` are the items that have nothing else.
/** @type {(full: Postings, wide: Postings, share: number) => Postings} */
function addDerived(full, wide, share) {
  const {docs, weights} = joinTwo(full, wide, (own, all) => all > own ? own + share * (all - own) : own);
  const derivedOnly = subtract(wide.docs, full.docs);
  for (let i = 0, j = 0; j < derivedOnly.length; i += 1) if (docs[i] === derivedOnly[j]) { weights[i] *= share; j += 1; }
  return {docs, weights, derivedOnly};
}

// Return the postings of a word, given those with derived words, those of its inflections alone, and those of compounds that
// it is part of, of which an occurrence counts a share.
/** @type {(wide: Postings, full: Postings, parts: Postings, share: number) => Postings} */
function addParts(wide, full, parts, share) {
  const lesser = {docs: parts.docs, weights: Float64Array.from(parts.weights, weight => share * weight)};
  const {docs, weights} = joinTwo(wide, lesser, (a, b) => a + b);
  return {docs, weights, derivedOnly: subtract(docs, full.docs)};
}

// Return the `count`-th largest of some numbers: a heap of the largest so far, the least of them on top.
/** @type {(values: Float64Array, count: number) => number} */
function nthLargest(values, count) {
  const heap = Float64Array.from(values.subarray(0, count));
  /** @type {(from: number) => void} */
  const sink = from => {
    const value = heap[from];
    let at = from;
    for (let child = 2 * at + 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && heap[child + 1] < heap[child]) child += 1;
      if (heap[child] >= value) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = value;
  };
  for (let at = count >> 1; at >= 0; at -= 1) sink(at);
  for (let i = count; i < values.length; i += 1) {
    if (values[i] <= heap[0]) continue;
    heap[0] = values[i];
    sink(0);
  }
  return heap[0];
}
