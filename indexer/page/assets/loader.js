// Data files come as scripts, the one way to load from file://, or lie in the page itself if it is a single file.
// Nothing that is loaded is kept here.

/** @import {Pointer} from "./types.js" */
export {LostFile, loader};

const LOADING_MS = 30000, DATA_NAME = /^[a-z]-[0-9a-f]{16}$/, EMBEDDED = "application/x-indexer";

// A file is not there, or not whole.
class LostFile extends Error {
  /** @param {string} name */
  constructor(name) {
    super("missing or damaged: " + name);
    this.file = name;
  }
}

const loader = (() => {
  /** @type {Map<string, {packed: [string, number] | null}>} */
  const waiting = new Map();
  /** @type {Map<string, Promise<Uint8Array>>} */
  const loading = new Map();
  let directory = "", /** @type {Partial<Pointer> | null} */ pointed = null, /** @type {Promise<Pointer> | null} */ pointing = null;

  window.F = (name, packed, length) => {
    const entry = waiting.get(name);
    if (entry) entry.packed = [packed, length];
  };
  window.H = pointer => { pointed = pointer; };

  // Return the raw bytes of a data file.
  /** @type {(name: string) => Promise<Uint8Array>} */
  function load(name) {
    let made = loading.get(name);
    if (!made) {
      made = (DATA_NAME.test(name) ? fetchBytes(name) : Promise.reject(new LostFile(name)))
        .finally(() => loading.delete(name));
      loading.set(name, made);
    }
    return made;
  }

  /** @type {(name: string) => Promise<Uint8Array>} */
  async function fetchBytes(name) {
    const embedded = embeddedScript(name);
    if (embedded) return inflate(name, embedded.textContent.trim(), Number(embedded.dataset.length));
    /** @type {{packed: [string, number] | null}} */
    const entry = {packed: null};
    waiting.set(name, entry);
    try {
      await runScript(name, directory + "/" + name + ".js");
    } finally { waiting.delete(name); }
    if (!entry.packed) throw new LostFile(name);  // a script, but not of this file
    return inflate(name, ...entry.packed);
  }

  // Return {now, before}: the names of the present head and the one before it.
  /** @type {() => Promise<Pointer>} */
  function pointer() {
    pointing ??= fetchPointer().finally(() => { pointing = null; });
    return pointing;
  }

  /** @type {() => Promise<Pointer>} */
  async function fetchPointer() {
    const embedded = embeddedScript("head");
    pointed = embedded ? JSON.parse(embedded.textContent) : null;
    if (!embedded) await runScript("head", `${directory}/head.js?${Date.now()}`);
    if (typeof pointed?.now !== "string") throw new LostFile("head");
    return {now: pointed.now, before: String(pointed.before ?? "")};
  }

  /** @type {(name: string) => HTMLScriptElement | null} */
  function embeddedScript(name) {
    const found = /** @type {HTMLScriptElement | null} */ (document.getElementById(name));
    return found?.type === EMBEDDED ? found : null;
  }

  /** @type {(name: string, address: string) => Promise<void>} */
  function runScript(name, address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      /** @type {(settle: () => void) => () => void} */
      const end = settle => () => {
        clearTimeout(late);
        script.remove();
        settle();
      };
      const fail = end(() => reject(new LostFile(name))), late = setTimeout(fail, LOADING_MS);
      script.onload = end(resolve);
      script.onerror = fail;
      script.src = address;
      document.head.append(script);
    });
  }

  // Return what was packed: of exactly that length, or it is not what was written.
  /** @type {(name: string, packed: string, length: number) => Promise<Uint8Array>} */
  async function inflate(name, packed, length) {
    try {
      const raw = atob(packed), bytes = new Uint8Array(raw.length), whole = new Uint8Array(length);
      for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
      let at = 0;
      const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        whole.set(part.value, at);  // fails if there is more
        at += part.value.length;
      }
      if (at === length) return whole;
    } catch { /* damaged in some other way */ }
    throw new LostFile(name);
  }

  return {
    load,
    pointer,
    /** @type {(name: string) => void} */
    from(name) { directory = name; },
    isEmbedded: () => Boolean(embeddedScript("head")),
  };
})();
