// The site that somebody means: `wanted_site` of indexer/model/site.py in JavaScript. tests/cases/query.json holds both to it.

export {wantedSite};

const TYPED = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/\\?#]*@)?(?:\[([^\]/\\?#]*)\]|[*.]*([^/\\?#:]*))/i;
const LONGEST_LABEL = 63, LONGEST_HOST = 253;
// The parameters of Punycode (RFC 3492).
const BASE = 36, LEAST = 1, HIGHEST = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_CODE = 128;

// Return a host as people read it: in lower case, without "www.", international names in their own letters.
/** @type {(text: string) => string} */
function wantedSite(text) {
  const [, address, host] = TYPED.exec(text.trim()) ?? [];
  const plain = (address || host || "").normalize("NFKC").replace(/。/g, ".");
  const labels = plain.toLowerCase().replace(/\.+$/, "").split(".").map(decodedLabel);
  const site = (labels[0] === "www" && labels.length > 2 ? labels.slice(1) : labels).join(".");
  return Array.from(site).length > LONGEST_HOST ? "" : site;
}

// Return what a label encoded for DNS stands for, if that is made of letters and digits and encoded like this; else the label.
/** @type {(label: string) => string} */
function decodedLabel(label) {
  if (!label.startsWith("xn--") || label.length > LONGEST_LABEL) return label;
  const read = fromPunycode(label.slice(4));
  if (!read || !/^[-\p{L}\p{M}\p{N}]*$/u.test(read)) return label;
  return read.normalize("NFKC").toLowerCase() === read ? read : label;
}

// Return the text that Punycode stands for; null if that is plain ASCII, and for anything else.
/** @type {(encoded: string) => string | null} */
function fromPunycode(encoded) {
  const end = encoded.lastIndexOf("-");
  if (!end || end === encoded.length - 1 || /[^\x00-\x7f]/.test(encoded)) return null;
  const letters = Array.from(encoded.slice(0, Math.max(0, end)));
  let code = FIRST_CODE, place = 0, bias = FIRST_BIAS;
  for (let at = end + 1; at < encoded.length;) {
    const before = place, isFirst = at === end + 1;
    for (let weight = 1, k = BASE; ; k += BASE) {
      const digit = "abcdefghijklmnopqrstuvwxyz0123456789".indexOf(encoded[at++] ?? " ");
      if (digit < 0) return null;
      place += digit * weight;
      const limit = Math.min(Math.max(k - bias, LEAST), HIGHEST);
      if (digit < limit) break;
      weight *= BASE - limit;
      if (weight > Number.MAX_SAFE_INTEGER / BASE ** 2) return null;
    }
    bias = nextBias(place - before, letters.length + 1, isFirst);
    code += Math.floor(place / (letters.length + 1));
    place %= letters.length + 1;
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null;
    letters.splice(place++, 0, String.fromCodePoint(code));
  }
  return letters.join("");
}

/** @type {(delta: number, count: number, isFirst: boolean) => number} */
function nextBias(delta, count, isFirst) {
  let rest = Math.floor(delta / (isFirst ? DAMP : 2)), k = 0;
  for (rest += Math.floor(rest / count); rest > (BASE - LEAST) * HIGHEST / 2; k += BASE) rest = Math.floor(rest / (BASE - LEAST));
  return k + Math.floor((BASE - LEAST + 1) * rest / (rest + SKEW));
}
