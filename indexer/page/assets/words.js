// The one definition of "the same word", as indexer/terms/words.py has it: tests/cases/ holds both to it.

import {SUFFIXES} from "./given.js";
import {compoundParts} from "./compounds.js";
import {STEMMERS} from "./stemmers.js";
/** @import {RawWord, Stemmer, Token, Written} from "./types.js" */
export {CHUNK, MAX_FORM, STEM_MARK, asPart, chunks, derived, fold, forms, grouped, readings, tokens};

const STEM_MARK = "=", PART_MARK = "+", MAX_FORM = 64, MAX_JOINED = 32, MAX_PARTS = 6;
const VOICED = "\u3099\u309a\uff9e\uff9f";
const UNSPACED = "\\u0e01-\\u0eff\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17ff\\ua960-\\ua97c\\uac00-\\ud7fb\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u303b\\u3041-\\u3096\\u3099-\\u309f\\u30a1-\\u30fa\\u30fc-\\u30ff"
  + "\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\uff66-\\uff9f\\u{20000}-\\u{3ffff}";
const LETTER = `(?:(?![${UNSPACED}])[\\p{L}\\p{N}])`;
const WORD = `${LETTER}(?:${LETTER}|(?![${UNSPACED}])\\p{M}|[\\u00ad\\u200c\\u200d\\u2060]+(?=${LETTER}))*`;
const JOINER = "(?:[\\-\\u2010\\u2011'\\u2019_./@]|(?<=[0-9]),(?=[0-9]))";
const GROUPED = "[A-Z]{2}[0-9]{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?|(?<![0-9] )[0-9]{1,5}(?:[ \\u00a0\\u202f][0-9]{2,5}){1,6}(?! [0-9])"
  + "|[A-Za-z]{0,2}[0-9]{1,4}(?: ?[xX\\u00d7] ?[0-9]{1,4})+";  // IBAN, telephone and grouped numbers, measures
const CHUNK = new RegExp(`[${UNSPACED}](?:[${UNSPACED}${VOICED}]|\\p{M})*|(?:${GROUPED})(?![\\p{L}\\p{N}])`
  + `|${WORD}(?:${JOINER}${WORD})*(?:(?:\\+\\+|#)(?![\\p{L}\\p{N}_+#]))?`
  + `|\\.(?<![^ \\t\\r\\n\\u00a0(\\["']\\.)(?=[a-zA-Z])${WORD}(?:${JOINER}${WORD})*|§`, "gu");
const PART = new RegExp(WORD, "gu");
const CHARACTER = new RegExp(`[\\u1100-\\u115f][\\u1160-\\u11a7]?[\\u11a8-\\u11ff]?|[${UNSPACED}](?:[${VOICED}]|\\p{M})*`, "gu");
const GROUPED_AT_FIRST = new RegExp(`^(?:${GROUPED})(?= |$)`, "u");
const GROUPED_BY_BLANKS = /[ \u00a0\u202f\u00d7]/, SIGNS = /(?:\+\+|#)$/, LEAST_GROUPED = 6, MOST_GROUPED = 34;
const THOUSANDS = /^([0-9]{1,3}(?:[.,'\u2019][0-9]{3})+)(?:[.,][0-9]{1,2})?$/;
const UMLAUTS = /[äöüÄÖÜ]|[aouAOU]\u0308/gu;
/** @type {Record<string, string>} */
const AS_TYPED = {ß: "ss", ς: "σ", œ: "oe", æ: "ae", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i", ħ: "h", ŧ: "t", ŋ: "n", ĸ: "k",
  "\u0640": ""};
/** @type {Record<string, string>} */
const PLAIN = {ä: "a", ö: "o", ü: "u", Ä: "A", Ö: "O", Ü: "U"};

// Return the form of one word: compatibility characters, case and accents aside.
/** @type {(word: string) => string} */
function fold(word) {
  const lowered = word.normalize("NFKD").toLowerCase().normalize("NFKD").replace(/(?![\u3099\u309a])[\p{Mn}\p{Cf}]/gu, "");
  const bare = lowered.replace(/[ßςœæøłđðþıħŧŋĸ\u0640]/g, c => AS_TYPED[c]).normalize("NFC").replace(/\s+/g, "");
  return bare.length > MAX_FORM ? Array.from(bare).slice(0, MAX_FORM).join("") : bare;
}

// Return the stem of a form of letters; other forms are their own stem.
/** @type {(form: string, language?: string) => string} */
function stem(form, language = "en") {
  if (!/^\p{L}{3,}$/u.test(form)) return form;
  return language === "en" ? stemEnglish(form) : fold(STEMMERS[language](form));
}

// Return [{raw, start, end, joined}] of a chunk, one a position, offsets in UTF-16 units.
/** @type {(chunk: string) => RawWord[]} */
function cut(chunk) {
  /** @type {(pattern: RegExp) => RawWord[]} */
  const take = pattern => [...chunk.matchAll(pattern)]
    .map(match => ({raw: match[0], start: match.index, end: match.index + match[0].length, joined: []}));
  if (chunk.search(CHARACTER) === 0) {
    const characters = take(CHARACTER);
    characters.slice(0, -1).forEach((one, i) => { one.joined = [fold(one.raw + characters[i + 1].raw)]; });
    return characters;
  }
  if (chunk === "§") return [{raw: chunk, start: 0, end: 1, joined: []}];
  const parts = take(PART), last = /** @type {RawWord} */ (parts.at(-1)), signs = SIGNS.exec(chunk);
  const joined = joinedForm(chunk, parts) || (parts[0].start ? "." + fold(parts[0].raw) : "");
  if (joined) parts[0].joined.push(joined);
  if (signs && /^\p{L}+$/u.test(fold(last.raw))) last.joined.push(fold(last.raw) + signs[0]);
  return parts;
}

// Return the joined form of a compound; empty if it is none, or is a number (12.5 is not 125).
/** @type {(chunk: string, parts: RawWord[]) => string} */
function joinedForm(chunk, parts) {
  const thousands = THOUSANDS.exec(chunk);
  if (thousands) return thousands[1].replace(/[^0-9]/g, "");
  if (GROUPED_BY_BLANKS.test(chunk)) {
    const joined = chunk.replace(/[ \u00a0\u202f]/g, "").toLowerCase().replace(/\u00d7/g, "x");
    return (joined.length >= LEAST_GROUPED || !/^[0-9]*$/.test(joined)) && joined.length <= MOST_GROUPED ? joined : "";
  }
  if (parts.length < 2 || parts.length > MAX_PARTS || Array.from(chunk).length > MAX_JOINED || chunk.includes("@")
    || /[0-9][.,/][0-9]/.test(chunk)) return "";
  return parts.map(part => fold(part.raw)).join("");
}

// Return the stem that only the inflections of a form share, given its stem: indexer/terms/suffixes.py.
/** @type {(form: string, base: string, language: string) => string} */
function lightStem(form, base, language) {
  if (form === base) return base;
  let end = 0;
  while (end < base.length && form[end] === base[end]) end += 1;
  const names = suffixNames(language), doubled = end > 0 && form[end] === form[end - 1] ? [end + 1] : [];
  for (const from of [end, ...doubled]) {
    const rest = form.slice(from), found = names.find(([spelling]) => rest.startsWith(spelling));
    if (found) return base + found[1];
  }
  return base;
}

/** @type {Map<string, [spelling: string, name: string][]>} */
const SUFFIX_NAMES = new Map();

// Return the suffixes of a language with the first of their spellings, the longest first.
/** @type {(language: string) => [spelling: string, name: string][]} */
function suffixNames(language) {
  let names = SUFFIX_NAMES.get(language);
  if (!names) {
    const groups = (SUFFIXES[language] ?? "").split(" ").filter(Boolean).map(group => group.split("/"));
    names = groups.flatMap(group => group.map(spelling => /** @type {[string, string]} */ ([spelling, group[0]])));
    SUFFIX_NAMES.set(language, names.sort((a, b) => b[0].length - a[0].length));
  }
  return names;
}

// Return the terms of a form's light stem and of its stem; empty if they say nothing new.
/** @type {(form: string, language: string) => [light: string, derived: string]} */
function markedStems(form, language) {
  const base = language ? stem(form, language) : form, light = lightStem(form, base, language);
  return [light === form ? "" : STEM_MARK + light, base === light ? "" : STEM_MARK + base + STEM_MARK];
}

// Return the further terms at the position of a word.
/** @type {(word: RawWord, form: string, language: string) => string[]} */
function otherTerms({raw, joined}, form, language) {
  const found = new Set(), [light, derived] = markedStems(form, language);
  if (derived) found.add(derived);
  if (/^[\x00-\x7f]*$/.test(raw)) {
    const camel = camelParts(raw);
    for (const part of camel.length ? camel : numberParts(form)) {
      found.add(part);
      for (const marked of markedStems(part, language)) if (marked) found.add(marked);
    }
    if (language === "de") found.add(bareForm(form));
  } else if (raw.search(UMLAUTS) >= 0) {
    found.add(fold(raw.normalize("NFC").replace(UMLAUTS, c => (PLAIN[c] ?? c[0]) + "e")));
  }
  for (const one of joined) if (one) found.add(one);
  if (language === "de") for (const one of partTerms(form)) found.add(one);
  found.delete(form);
  found.delete(light);
  return [...found];
}

// Return the terms of the parts of a German compound, umlauts typed as `ae oe ue` or not.
/** @type {(form: string) => string[]} */
function partTerms(form) {
  const bare = bareForm(form);
  return [...compoundParts(form), ...bare === form ? [] : compoundParts(bare)].map(partTerm);
}

/** @type {(part: string) => string} */
function partTerm(part) {
  return STEM_MARK + lightStem(part, stem(part, "de"), "de") + PART_MARK;
}

// Return a form with umlauts typed as `ae oe ue` as it is without.
/** @type {(form: string) => string} */
function bareForm(form) {
  return form.replace(/ae|oe|ue/g, pair => pair[0]);
}

// Return the words of `SteelTariffReport`, each of two letters or more; none of any other word.
/** @type {(raw: string) => string[]} */
function camelParts(raw) {
  if (raw === raw.toLowerCase() || raw === raw.toUpperCase() || !/^[a-zA-Z]+$/.test(raw)) return [];
  const parts = /** @type {string[]} */ (raw.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g)).map(part => part.toLowerCase());
  return parts.length > 1 && parts.length <= MAX_PARTS ? parts.filter(part => part.length > 1) : [];
}

// Return letters and digits of `en10204` and `12mm`, each of two characters or more; and `s355` of `s355j2`.
/** @type {(form: string) => string[]} */
function numberParts(form) {
  if (form.length > 16 || /^[a-z]*$/.test(form) || /^[0-9]*$/.test(form)) return [];
  const parts = form.match(/[a-z]+|[0-9]+/g) ?? [];
  const grade = parts.length > 2 && /^[a-z]/.test(form) && (parts[1] ?? "").length > 1 ? [parts.slice(0, 2).join("")] : [];
  return [...parts.length < 4 ? parts.filter(part => part.length > 1) : [], ...grade];
}

// Return [{form, stem, others, start, end}] of the words of a text, offsets in UTF-16 units.
/** @type {(text: string, language?: string) => Token[]} */
function tokens(text, language = "en") {
  const found = [];
  for (const chunk of text.matchAll(CHUNK)) {
    for (const part of cut(chunk[0])) {
      const form = fold(part.raw);
      if (form) found.push({form, stem: markedStems(form, language)[0], others: otherTerms(part, form, language),
        start: chunk.index + part.start, end: chunk.index + part.end});
    }
  }
  return found;
}

// Return the forms of the words of a text, one a position.
/** @type {(text: string) => string[]} */
function forms(text) {
  return [...text.matchAll(CHUNK)].flatMap(chunk => cut(chunk[0]).map(part => fold(part.raw))).filter(Boolean);
}

// Return how many words at the beginning of a text, one blank between two, are one number or code; 1 if it is none.
/** @type {(text: string) => number} */
function grouped(text) {
  const match = GROUPED_AT_FIRST.exec(text);
  return match && joinedForm(match[0], []) ? match[0].split(" ").length : 1;
}

// Return [{forms, joined, isOne}]: what is written together in a query; a code, an address or a run of Chinese or
// the like is meant as one. If it is not, `joined` is that of a number or code in groups.
/** @type {(text: string) => Written[]} */
function chunks(text) {
  const found = [];
  for (const [chunk] of text.matchAll(CHUNK)) {
    const parts = cut(chunk), made = parts.map(part => fold(part.raw)).filter(Boolean);
    if (chunk.search(CHARACTER) === 0) {
      const pairs = made.slice(0, -1).map((form, i) => fold(form + made[i + 1]));
      if (made.length) found.push({forms: pairs.length ? pairs : made, joined: "", isOne: true});
      continue;
    }
    if (made.length && GROUPED_BY_BLANKS.test(chunk)) {
      found.push({forms: made, joined: joinedForm(chunk, parts), isOne: false});
      continue;
    }
    const signs = SIGNS.exec(chunk), last = made.length - 1;
    if (signs && /^\p{L}+$/u.test(made[last] ?? "")) made[last] += signs[0];
    else if (made.length === 1 && chunk.startsWith(".")) made[0] = "." + made[0];
    const isOne = made.length > 1 && !/['\u2019]/.test(chunk) && (chunk.includes("@")
      || made.some(form => Array.from(form).length === 1 || !/^\p{L}+$/u.test(form)));
    if (made.length) found.push({forms: made, joined: isOne ? joinedForm(chunk, parts) : "", isOne});
  }
  return found;
}

// Return the groups of terms by which a plain word matches at all: derived words, and those it is derived from.
/** @type {(form: string, languages: string[]) => string[][]} */
function derived(form, languages) {
  const bases = new Set(languages.map(language => stem(form, language)));
  return [...bases].map(base => [base, STEM_MARK + base, STEM_MARK + base + STEM_MARK]);
}

// Return the terms by which a plain word matches compounds that it is part of.
/** @type {(form: string, languages: string[]) => string[]} */
function asPart(form, languages) {
  return languages.includes("de") ? [...new Set([form, bareForm(form)].map(partTerm))] : [];
}

// Return the groups of terms by which a plain word matches fully, in a folder with texts in some languages.
/** @type {(form: string, languages: string[]) => string[][]} */
function readings(form, languages) {
  const bases = new Set(languages.map(language => lightStem(form, stem(form, language), language)));
  const found = [...bases].map(base => [base, STEM_MARK + base]);
  return bases.has(form) ? found : [[form], ...found];
}

// Snowball English (Porter2, https://snowballstem.org/algorithms/english/stemmer.html, version 3).
/** @type {Stemmer} */
const stemEnglish = (() => {
  /** @type {Record<string, string>} */
  const WHOLE = {skis: "ski", skies: "sky", idly: "idl", gently: "gentl", ugly: "ugli", early: "earli", only: "onli",
    singly: "singl", sky: "sky", news: "news", howe: "howe", atlas: "atlas", cosmos: "cosmos", bias: "bias", andes: "andes"};
  const HEADS = /^(?:arsen|commun|emerg|gener|inter|later|organ|past|univers)/;
  const STEP_2 = suffixes({anci: "ance", enci: "ence", bli: "ble", abli: "able", alli: "al", fulli: "ful",
    lessli: "less", ousli: "ous", entli: "ent", aliti: "al", biliti: "ble", iviti: "ive", tional: "tion",
    ational: "ate", alism: "al", ation: "ate", ization: "ize", izer: "ize", ator: "ate", iveness: "ive",
    fulness: "ful", ousness: "ous", ogist: "og", ogi: "og", li: ""});
  const STEP_3 = suffixes({icate: "ic", ative: "", alize: "al", iciti: "ic", ical: "ic", tional: "tion", ational: "ate",
    ful: "", ness: ""});
  const STEP_4 = suffixes(Object.fromEntries(("ic ance ence able ible ate ive ize iti al ism ion er ous ant ent ment"
    + " ement").split(" ").map(suffix => [suffix, ""])));
  const VOWEL = /[aeiouy]/, SHORT = /(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy]|past)$/u;

  // Longest suffix first.
  /** @type {(table: Record<string, string>) => [suffix: string, to: string][]} */
  function suffixes(table) {
    return Object.entries(table).sort((a, b) => b[0].length - a[0].length);
  }

  /** @type {(word: string, from: number) => number} */
  function after(word, from) {
    const match = /[aeiouy][^aeiouy]/u.exec(word.slice(from));
    return match ? from + match.index + match[0].length : word.length;
  }

  /** @type {(word: string, table: [suffix: string, to: string][], allowed: (suffix: string, rest: string) => boolean) => string} */
  function replaced(word, table, allowed) {
    const hit = table.find(([suffix]) => word.endsWith(suffix));
    if (!hit) return word;
    const rest = word.slice(0, word.length - hit[0].length);
    return allowed(hit[0], rest) ? rest + hit[1] : word;
  }

  /** @type {(word: string) => string} */
  function plural(word) {
    if (word.endsWith("sses")) return word.slice(0, -2);
    if (/ie[ds]$/.test(word)) return /^...../u.test(word) ? word.slice(0, -2) : word.slice(0, -1);
    if (/(?:us|ss)$/.test(word) || !word.endsWith("s")) return word;
    return VOWEL.test(word.slice(0, -2)) ? word.slice(0, -1) : word;
  }

  /** @type {(word: string, r1: number) => string} */
  function past(word, r1) {
    const match = /(?:eedly|ingly|edly|eed|ing|ed)$/.exec(word);
    if (!match) return word;
    const rest = word.slice(0, match.index);
    if (match[0].startsWith("ee")) return match.index >= r1 && !/^(?:succ|proc|exc)$/.test(rest) ? rest + "ee" : word;
    if (match[0] === "ing") {
      if (/^[^aeiouy]y$/u.test(rest)) return rest.slice(0, -1) + "ie";
      if (/^(?:even|cann|inn|earr|herr|out)$/.test(rest)) return word;
    }
    if (!VOWEL.test(rest)) return word;
    if (/(?:at|bl|iz)$/.test(rest)) return rest + "e";
    if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(rest)) return /^[aeo]..$/u.test(rest) ? rest : rest.slice(0, -1);
    return rest.length === r1 && SHORT.test(rest) ? rest + "e" : rest;
  }

  return original => {
    if (Object.hasOwn(WHOLE, original)) return WHOLE[original];
    let word = original.replace(/^y/, "Y").replace(/([aeiouy])y/g, "$1Y");
    const head = HEADS.exec(word);
    const r1 = head ? head[0].length : after(word, 0), r2 = after(word, r1);
    word = past(plural(word), r1);
    if (/.[^aeiouy][yY]$/u.test(word)) word = word.slice(0, -1) + "i";
    word = replaced(word, STEP_2, (suffix, rest) => rest.length >= r1
      && (suffix !== "ogi" || rest.endsWith("l")) && (suffix !== "li" || /[cdeghkmnrt]$/.test(rest)));
    word = replaced(word, STEP_3, (suffix, rest) => rest.length >= (suffix === "ative" ? r2 : r1));
    word = replaced(word, STEP_4, (suffix, rest) => rest.length >= r2 && (suffix !== "ion" || /[st]$/.test(rest)));
    const rest = word.slice(0, -1);
    if (word.endsWith("e") && (rest.length >= r2 || (rest.length >= r1 && !SHORT.test(rest)))) word = rest;
    else if (word.endsWith("ll") && rest.length >= r2) word = rest;
    return word.replace(/Y/g, "y");
  };
})();
