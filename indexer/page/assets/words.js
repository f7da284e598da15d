// The one definition of "the same word", as indexer/words.py has it: tests/cases/ holds both to it.

const STEM_MARK = "=", MAX_FORM = 64;
const TOKEN = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;

// Return the form of one word: compatibility characters, case and accents aside.
function fold(word) {
  const lowered = word.normalize("NFKD").toLowerCase().replace(/ß/g, "ss").replace(/ς/g, "σ");
  const bare = lowered.normalize("NFKD").replace(/\p{Mn}/gu, "").trim();
  return bare.length > MAX_FORM ? Array.from(bare).slice(0, MAX_FORM).join("") : bare;
}

// Return the stem of a form of ASCII letters; other forms are their own stem.
function stem(form) {
  return form.length < 3 || !/^[a-z]+$/.test(form) ? form : stemEnglish(form);
}

// Return [{form, stem, start, end}] of the words of a text, offsets in UTF-16 units.
function tokens(text) {
  const found = [];
  for (const match of text.matchAll(TOKEN)) {
    const form = fold(match[0]);
    if (form) found.push({form, stem: stem(form), start: match.index, end: match.index + match[0].length});
  }
  return found;
}

// Return the forms of the words of a text.
function forms(text) {
  return tokens(text).map(token => token.form);
}

// Return the terms that a plain word matches by: its stem as a form, and as a marked stem.
function wordTerms(form) {
  const base = stem(form);
  return [base, STEM_MARK + base];
}

// Snowball English (Porter2, https://snowballstem.org/algorithms/english/stemmer.html, version 3).
const stemEnglish = (() => {
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
  const VOWEL = /[aeiouy]/, SHORT = /(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy]|past)$/;

  // Longest suffix first.
  function suffixes(table) {
    return Object.entries(table).sort((a, b) => b[0].length - a[0].length);
  }

  function after(word, from) {
    const match = /[aeiouy][^aeiouy]/.exec(word.slice(from));
    return match ? from + match.index + 2 : word.length;
  }

  function replaced(word, table, allowed) {
    const hit = table.find(([suffix]) => word.endsWith(suffix));
    if (!hit) return word;
    const rest = word.slice(0, word.length - hit[0].length);
    return allowed(hit[0], rest) ? rest + hit[1] : word;
  }

  function plural(word) {
    if (word.endsWith("sses")) return word.slice(0, -2);
    if (/ie[ds]$/.test(word)) return word.length > 4 ? word.slice(0, -2) : word.slice(0, -1);
    if (/(?:us|ss)$/.test(word) || !word.endsWith("s")) return word;
    return VOWEL.test(word.slice(0, -2)) ? word.slice(0, -1) : word;
  }

  function past(word, r1) {
    const match = /(?:eedly|ingly|edly|eed|ing|ed)$/.exec(word);
    if (!match) return word;
    const rest = word.slice(0, match.index);
    if (match[0].startsWith("ee")) return match.index >= r1 && !/^(?:succ|proc|exc)$/.test(rest) ? rest + "ee" : word;
    if (match[0] === "ing") {
      if (/^[^aeiouy]y$/.test(rest)) return rest.slice(0, -1) + "ie";
      if (/^(?:even|cann|inn|earr|herr|out)$/.test(rest)) return word;
    }
    if (!VOWEL.test(rest)) return word;
    if (/(?:at|bl|iz)$/.test(rest)) return rest + "e";
    if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(rest)) return /^[aeo]..$/.test(rest) ? rest : rest.slice(0, -1);
    return rest.length === r1 && SHORT.test(rest) ? rest + "e" : rest;
  }

  return original => {
    if (Object.hasOwn(WHOLE, original)) return WHOLE[original];
    let word = original.replace(/^y/, "Y").replace(/([aeiouy])y/g, "$1Y");
    const head = HEADS.exec(word);
    const r1 = head ? head[0].length : after(word, 0), r2 = after(word, r1);
    word = past(plural(word), r1);
    if (/.[^aeiouy][yY]$/.test(word)) word = word.slice(0, -1) + "i";
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
