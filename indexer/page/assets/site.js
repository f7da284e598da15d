// The site that somebody names by its host or by a whole address: `site_named` in indexer/model/site.py, in JavaScript.
// tests/cases/query.json holds both to it.

export {siteNamed};

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i, HOST = /^(?:[^/\\?#]*@)?(\[[^\]/\\?#]*\]|[^/\\?#:]*)/, MOST_OF_A_SITE = 253;
// The parameters of Punycode (RFC 3492).
const BASE = 36, LEAST = 1, HIGHEST = 26, SKEW = 38, DAMP = 700, FIRST_BIAS = 72, FIRST_CODE = 128;

/** @type {(text: string) => string} */
function siteNamed(text) {
  const host = HOST.exec(text.replace(SCHEME, ""))?.[1] ?? "";
  const labels = host.normalize("NFC").toLowerCase().replace(/^\.+|\.+$/g, "").split(".");
  const site = labels.map(decodedLabel).join(".").replace(/^www\./, "");
  return Array.from(site).length > MOST_OF_A_SITE ? "" : site;
}

// Return a label of a host without its encoding for DNS; as it is if it has none or a wrong one.
/** @type {(label: string) => string} */
function decodedLabel(label) {
  if (!label.startsWith("xn--")) return label;
  const found = fromPunycode(label.slice(4));
  return found?.toLowerCase() || label;
}

// Return a text that Punycode stands for; null for anything else.
/** @type {(encoded: string) => string | null} */
function fromPunycode(encoded) {
  if (/[^\x00-\x7f]/.test(encoded)) return null;
  const end = encoded.lastIndexOf("-"), letters = Array.from(encoded.slice(0, Math.max(0, end)));
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
