// Numbers, texts and containers as they lie in the data files: docs/page-format.md has the format.

export {Kept, Varints, compareBytes, compareText, crc32, openContainer, toBytes, toText};

const UTF8_IN = new TextDecoder("utf-8", {ignoreBOM: true}), UTF8_OUT = new TextEncoder();

// LEB128 varints, one after the other, from a place on.
class Varints {
  /** @param {Uint8Array} bytes @param {number} at */
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** @type {() => number} */
  next() {
    const {bytes} = this;
    let byte = bytes[this.at++], value = byte & 127;
    for (let scale = 128; byte > 127; scale *= 128) {
      byte = bytes[this.at++];
      value += (byte & 127) * scale;
    }
    return value;
  }

  /** @type {(count: number) => void} */
  skip(count) {
    const {bytes} = this, size = bytes.length;
    let at = this.at;
    for (; count > 0 && at < size; at += 1) if (bytes[at] < 128) count -= 1;
    this.at = at;
  }

  /** @type {(count: number) => number} */
  sum(count) {
    let sum = 0;
    for (; count > 0; count -= 1) sum += this.next();
    return sum;
  }

  /** @type {<T extends Uint32Array | Int32Array>(array: T) => T} */
  fill(array) {
    for (let i = 0; i < array.length; i += 1) array[i] = this.next();
    return array;
  }
}

/** @type {(text: string) => Uint8Array} */
function toBytes(text) {
  return UTF8_OUT.encode(text);
}

// Return the text of some bytes; most keys are ASCII and short, for which a decoder is slow to call.
/** @type {(bytes: Uint8Array, from?: number, to?: number) => string} */
function toText(bytes, from = 0, to = bytes.length) {
  let text = "";
  for (let i = from; i < to; i += 1) {
    if (bytes[i] > 127 || to - from > 64) return UTF8_IN.decode(bytes.subarray(from, to));
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}

/** @type {(a: Uint8Array, b: Uint8Array) => number} */
function compareBytes(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

// Compare by code points, as Python does: a surrogate is half of a character beyond all others.
/** @type {(a: string, b: string) => number} */
function compareText(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x !== y) return (isSurrogate(x) ? x + 0x10000 : x) - (isSurrogate(y) ? y + 0x10000 : y);
  }
  return a.length - b.length;
}

/** @type {(unit: number) => boolean} */
function isSurrogate(unit) {
  return unit >= 0xd800 && unit < 0xe000;
}

// Return {facts, blobs} of a container.
/** @type {<T>(bytes: Uint8Array) => {facts: T & {blobs: number[]}, blobs: Uint8Array[]}} */
function openContainer(bytes) {
  const end = bytes.indexOf(10), facts = JSON.parse(toText(bytes, 0, end));
  let at = end + 1;
  const blobs = facts.blobs.map((/** @type {number} */ size) => bytes.slice(at, at += size));
  if (end < 0 || at !== bytes.length) throw new Error("damaged container");
  return {facts, blobs};
}

const CRC_TABLE = Uint32Array.from({length: 256}, (_, value) => {
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** @type {(bytes: Uint8Array) => number} */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}

// Things by name as long as they are used and all of them together are small: the least recently used go first.
/** @template T */
class Kept {
  /** @param {number} most */
  constructor(most) {
    this.most = most;
    this.size = 0;
    /** @type {Map<string, {size: number, value: Promise<T>}>} */
    this.entries = new Map();
  }

  // Return a promise of the thing of that name; `make` gives a promise of it if it is not kept, `sizeOf` its bytes.
  /** @type {(name: string, make: () => Promise<T>, sizeOf: (value: T) => number) => Promise<T>} */
  get(name, make, sizeOf) {
    const kept = this.entries.get(name), entry = kept ?? {size: 0, value: make()};
    if (kept) this.entries.delete(name);
    else entry.value.then(value => this.grow(name, entry, sizeOf(value)), () => this.drop(name, entry));
    this.entries.set(name, entry);
    return entry.value;
  }

  /** @type {(name: string, entry: {size: number, value: Promise<T>}, size: number) => void} */
  grow(name, entry, size) {
    if (this.entries.get(name) !== entry) return;
    entry.size = size;
    this.size += size;
    for (const [other, {size: freed}] of this.entries) {
      if (this.size <= this.most) break;
      if (!freed) continue;  // still loading
      this.entries.delete(other);
      this.size -= freed;
    }
  }

  /** @type {(name: string, entry: {size: number, value: Promise<T>}) => void} */
  drop(name, entry) {
    if (this.entries.get(name) === entry) this.entries.delete(name);
  }
}
