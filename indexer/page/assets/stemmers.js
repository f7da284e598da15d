// Snowball stemmers (https://snowballstem.org/algorithms/, version 3.1) of forms: words in lower case without accents.
// Rules that make no difference to those, such as all about accented letters, are left out.

/** @import {Regions, StemRule, StemStep, Stemmer} from "./types.js" */
export {STEMMERS};

/** @type {Record<string, Stemmer>} */
const STEMMERS = (() => {
  // --- ends and regions of a word, as all the algorithms have them ---

  // The ends of a word that match a pattern; the first match is the longest end.
  /** @type {(pattern: string) => RegExp} */
  function ends(pattern) {
    return new RegExp(`(?:${pattern})$`, "gu");
  }

  // Return where the longest such end starts, of those that start at `from` or later; -1 if there is none.
  /** @type {(word: string, end: RegExp, from?: number) => number} */
  function find(word, end, from = 0) {
    end.lastIndex = from;
    const match = end.exec(word);
    return match ? match.index : -1;
  }

  // Return a word without its longest such end, null if it has none.
  /** @type {(word: string, end: RegExp, from?: number) => string | null} */
  function without(word, end, from) {
    const start = find(word, end, from);
    return start < 0 ? null : word.slice(0, start);
  }

  // Rules of a step: [pattern of ends, what makes a word of the rest before the end, or null].
  /** @type {(...table: [ends: string, make: StemRule][]) => StemStep} */
  function rules(...table) {
    return table.map(([pattern, make]) => [ends(pattern), make]);
  }

  // Return what the rule for the longest end makes of a word, null if there is no rule or it makes nothing.
  /** @type {(word: string, step: StemStep, at: Regions, from?: number) => string | null} */
  function ruled(word, step, at, from = 0) {
    let longest = Infinity, chosen = null;
    for (const [end, make] of step) {
      const start = find(word, end, from);
      if (start >= 0 && start < longest) [longest, chosen] = [start, make];
    }
    return chosen ? chosen(word.slice(0, longest), at) : null;
  }

  /** @type {StemRule} */
  function bare(rest) {
    return rest;
  }

  // In a region: put `to` in place of the end, after dropping a further end if that is in its region.
  /** @type {(region: string, to?: string, further?: string | null, itsRegion?: string) => StemRule} */
  function drop(region, to = "", further = null, itsRegion = "r2") {
    const end = further && ends(further);
    return (rest, at) => {
      if (rest.length < at[region]) return null;
      return ((end && without(rest, end, at[itsRegion])) ?? rest) + to;
    };
  }

  // Return the offset after the first match at `from` or later.
  /** @type {(word: string, pattern: RegExp, from?: number) => number} */
  function after(word, pattern, from = 0) {
    const match = pattern.exec(word.slice(from));
    return match ? from + match.index + match[0].length : word.length;
  }

  // Return where the regions R1, R2 and, given the pattern of what is before it, RV of a word start.
  /** @type {(word: string, syllable: RegExp, head?: RegExp) => Regions} */
  function regions(word, syllable, head = /$/) {
    const r1 = after(word, syllable);
    return {rv: after(word, head), r1, r2: after(word, syllable, r1)};
  }

  // Put the last letter of each match in upper case: a vowel that counts as a consonant.
  /** @type {(word: string, pattern: RegExp) => string} */
  function mark(word, pattern) {
    return word.replace(pattern, match => match.slice(0, -1) + match.slice(-1).toUpperCase());
  }

  // --- German: ae, oe and ue stand for umlauts ---

  /** @type {Stemmer} */
  const german = (() => {
    /** @type {Record<string, string>} */
    const UMLAUTS = {ae: "ä", oe: "ö", ue: "ü"};
    const STEPS = [
      rules(
        ["(?<!syst)em|ern?|erin(?:nen)?", drop("r1")],
        ["e[ns]?", drop("r1", "", "(?<=nis)s", "start")],
        ["(?<=[bdfghklmnrt])s", drop("r1")],
        ["lns?", drop("r1", "l")],
      ),
      rules(
        ["e[nr]|est|(?<=...[bdfghklmnt])st", drop("r1")],
        ["(?<=[dfgklmnrstzäU])(?<!tick|plan|geordn|intern|tr)et", drop("r1")],
      ),
      rules(
        ["end|ung", drop("r2", "", "(?<!e)ig")],
        ["(?<!e)(?:i[gk]|isch)", drop("r2")],
        ["lich|heit", drop("r2", "", "e[rn]", "r1")],
        ["keit", drop("r2", "", "lich|ig")],
      ),
    ];
    return form => {
      let word = mark(form, /[aeiouy][uy](?=[aeiouy])/g).replace(/qu|[aou]e/g, pair => UMLAUTS[pair] ?? pair);
      const {r1, r2} = regions(word, /[aeiouyäöü][^aeiouyäöü]/u);
      const at = {start: 0, r1: Math.max(r1, after(word, /^.{3}/u)), r2};
      for (const step of STEPS) word = ruled(word, step, at) ?? word;
      return word.toLowerCase();
    };
  })();

  // --- French ---

  /** @type {Stemmer} */
  const french = (() => {
    const HEAD = /^(?:[aeiouy]{2}.|par|col|tap|ni[aeiouy]|.[^aeiouy]*[aeiouy])/u;
    const IC = ends("ic"), AT = ends("at"), ADVERB = ends("(?:at)?iv|eus|abl|iqU");
    const SUFFIX = rules(
      ["(?:ance|iqUe|isme|able|iste)s?|eux", drop("r2")],
      ["(?:atrice|ateur|ation)s?", (rest, at) => rest.length < at.r2 ? null : withoutIc(rest, at)],
      ["u[st]ions?", drop("r2", "u")],
      ["ences?", drop("r2", "ent")],
      ["ements?", (rest, at) => rest.length < at.rv ? null
        : without(rest, ADVERB, at.r2) ?? (/eus$/.test(rest.slice(at.r1)) ? rest.slice(0, -1) + "x" : rest)],
      ["ifs?|ives?", (rest, at) => {
        if (rest.length < at.r2) return null;
        const shorter = without(rest, AT, at.r2);
        return shorter === null ? rest : withoutIc(shorter, at);
      }],
      ["eaux", rest => rest + "eau"],
      ["aux", drop("r1", "al")],
      ["(?<=[bhjlnp])oux", rest => rest + "ou"],
      ["euses?", (rest, at) => rest.length >= at.r2 ? rest : rest.length >= at.r1 ? rest + "eux" : null],
      ["issements?", (rest, at) => rest.length < at.r1 || /[aeiouy]$/.test(rest) ? null : rest],
    );
    const I_VERB = ends("(?<=[^aeiouy])i(?:es?|s|t|r(?:a(?:i[st]?|Ient|s)?|ent|i?ez|i?ons|ont)?"
      + "|ss(?:a(?:i[st]|Ient|nte?s?)|e(?:nt|s)?|i?ez|i?ons))?");
    const VERB = rules(
      ["ions", drop("r2")],
      ["er(?:a(?:i[st]?|Ient|s)?|i?ez|i?ons|ont)?|i?ez|eais", bare],
      ["a(?:it?|Ient|nte?s?|s|ss(?:e(?:nt|s)?|iez|ions))?", drop("rv", "", "e", "rv")],
      ["ais(?:es?)?", rest => /^.al$|auv$/u.test(rest) ? null : rest],
    );
    const RESIDUE = rules(["(?<=[st])ion", drop("r2")], ["[iI]er", rest => rest + "i"], ["e", bare]);

    /** @type {(word: string, at: Regions) => string} */
    function withoutIc(word, at) {
      return without(word, IC, at.r2) ?? word.replace(/ic$/, "iqU");
    }

    // What is left of an adverb is seen as a verb.
    /** @type {(word: string, at: Regions) => string} */
    function withoutMent(word, {rv}) {
      return word.slice(0, rv)
        + word.slice(rv).replace(/([ae])mment$|(?<=[aiouy])ments?$/, (_, vowel) => vowel ? vowel + "nt" : "");
    }

    return form => {
      let word = mark(form, /[aeiouy](?:[ui](?=[aeiouy])|y)|y(?=[aeiouy])|qu/g);
      const at = regions(word, /[aeiouy][^aeiouy]/u, HEAD);
      let made = ruled(word, SUFFIX, at);
      if (made === null) {
        word = withoutMent(word, at);
        made = without(word, I_VERB, at.rv + 1) ?? ruled(word, VERB, at, at.rv);
      }
      if (made === null) {
        word = word.replace(/(?<=[^aious])s$/, "");
        word = ruled(word, RESIDUE, at, at.rv) ?? word;
      } else {
        word = made.replace(/Y$/, "i");
      }
      return word.replace(/(?<=[eo]n|et|ei?l)[ntl]$/, (last, i) => word[i - 1] === last ? "" : last).toLowerCase();
    };
  })();

  // --- Spanish, Italian and Portuguese: RV starts alike ---

  const HEAD = /^(?:.[^aeiou]+[aeiou]|[aeiou]{2,}[^aeiou]|[^aeiou][aeiou].)/u, SYLLABLE = /[aeiou][^aeiou]/u;

  /** @type {Stemmer} */
  const spanish = (() => {
    const GERUND = ends("ando|iendo|(?<=u)yendo|[aei]r"), SILENT_U = ends("(?<=g)u");
    const PRONOUN = rules(["[ms]e|(?:se)?l[ao]s?|les?|nos", (rest, at) => find(rest, GERUND) < at.rv ? null : rest]);
    const SUFFIX = rules(
      ["(?:anza|ic[ao]|ismo|[ai]ble|ista|os[ao]|[ai]miento)s?", drop("r2")],
      ["ador(?:as?|es)?|acion(?:es)?|antes?|ancias?", drop("r2", "", "ic")],
      ["ucion(?:es)?", drop("r2", "u")],
      ["encias?", drop("r2", "ente")],
      ["amente", drop("r1", "", "(?:at)?iv|os|ic|ad")],
      ["mente", drop("r2", "", "ante|[ai]ble")],
      ["idad(?:es)?", drop("r2", "", "abil|i[cv]")],
      ["iv[ao]s?", drop("r2", "", "at")],
    );
    const Y_VERB = rules(["y(?:a(?:n|s|is|mos)?|e(?:n|s|ron|ndo)?|o)", rest => rest.endsWith("u") ? rest : null]);
    const VERB = rules(
      ["en|es|emos", rest => without(rest, SILENT_U) ?? rest],
      ["(?:ab|ar|ier)a(?:n|s|is)?|(?:a|ie)se(?:n|s|is)?|(?:ar|ier)on|[ai]d[ao]s?|[ai]ste(?:is)?|(?:a|ie)ndo"
        + "|[aei]remos|[ai]mos|[aei][dr]|a[ns]", bare],
    );
    const RESIDUE = rules(
      ["[ao]|os", drop("rv")],
      ["e", drop("rv", "", "(?<=g)u", "rv")],
    );
    return form => {
      const at = regions(form, SYLLABLE, HEAD);
      let word = ruled(form, PRONOUN, at) ?? form;
      word = ruled(word, SUFFIX, at) ?? ruled(word, Y_VERB, at, at.rv) ?? ruled(word, VERB, at, at.rv) ?? word;
      return ruled(word, RESIDUE, at) ?? word;
    };
  })();

  /** @type {Stemmer} */
  const italian = (() => {
    const GERUND = ends("[ae]ndo"), INFINITIVE = ends("[aei]r"), VOWEL = ends("[aeio]"), I = ends("i");
    const HARD_H = ends("(?<=[cg])h");
    const PRONOUN = rules(["(?:glie|[cmtv]e)?(?:l[aeio]|ne)|sene|gli|[cmstv]i", (rest, at) =>
      find(rest, GERUND, at.rv) >= 0 ? rest : find(rest, INFINITIVE, at.rv) >= 0 ? rest + "e" : null]);
    const SUFFIX = rules(
      ["anz[ae]|ic[aeio]|ich[ei]|ism[io]|[ai]bil[ei]|ist[aei]|os[aeio]|mente|atric[ei]|ant[ei]", drop("r2")],
      ["azion[ei]|ator[ei]", drop("r2", "", "ic")],
      ["u[sz]ion[ei]", drop("r2", "u")],
      ["enz[ae]", drop("r2", "ente")],
      ["[ai]ment[io]", drop("rv")],
      ["amente", drop("r1", "", "(?:at)?iv|os|ic|abil")],
      ["iv[aeio]", drop("r2", "", "(?:ic)?at")],
    );
    const VERB = ends("[aei]mmo|ando|end[aeio]|ano|[aei]re|(?:[aei]r)?ono|ass(?:e|i|imo|ero)|[ei]ssero|[aiu]t[aeio]|ete"
      + "|[aei]v(?:a|amo|ano|ate|i|o)|[ei]r(?:ai|anno|ebbe|ebbero|ei|emmo|emo|este|esti|ete)|iamo"
      + "|isc(?:a|ano|e|i|o|ono)|[ai]r");
    return form => {
      let word = mark(mark(form, /qu/g), /[aeiou][ui](?=[aeiou])/g);
      const at = regions(word, SYLLABLE, /^divan/.test(word) ? /^divan/ : HEAD);
      word = ruled(word, PRONOUN, at) ?? word;
      word = ruled(word, SUFFIX, at) ?? without(word, VERB, at.rv) ?? word;
      const shorter = without(word, VOWEL, at.rv);
      if (shorter !== null) word = without(shorter, I, at.rv) ?? shorter;
      return (without(word, HARD_H, at.rv + 1) ?? word).toLowerCase();
    };
  })();

  /** @type {Stemmer} */
  const portuguese = (() => {
    const SOFT_I = ends("(?<=c)i"), VOWEL = ends("[aio]|os");
    const SUFFIX = rules(
      ["(?:eza|ic[ao]|ismo|ista|os[ao]|[ai]mento|ante)s?|ador(?:as?|es)?", drop("r2")],
      ["amente", drop("r1", "", "(?:at)?iv|os|ic|ad")],
      ["mente", drop("r2", "", "ante|avel")],
      ["idades?", drop("r2", "", "abil|i[cv]")],
      ["iv[ao]s?", drop("r2", "", "at")],
      ["iras?", (rest, at) => rest.length < at.rv || !rest.endsWith("e") ? null : rest + "ir"],
    );
    const VERB = ends("[ai]d[ao]s?|(?:[aei]r)?ia[ms]?|[aei]ra[ms]?|ava[ms]?|[aei]sse[ms]?|[aei]stes?|(?:[aei]r)?eis?"
      + "|(?:[aei]r)?em|[aei]ndo|[aei]r|[aei]r(?:d?es|mos)|a?is|[ae]s|am|[ai]mos|(?:[aei]r)?emos|[eio]u");
    const RESIDUE = rules(["e", drop("rv", "", "(?<=g)u|(?<=c)i", "rv")]);
    return form => {
      const at = regions(form, SYLLABLE, HEAD);
      const made = ruled(form, SUFFIX, at) ?? without(form, VERB, at.rv);
      const word = (made === null ? without(form, VOWEL, at.rv) : without(made, SOFT_I, at.rv) ?? made) ?? form;
      return ruled(word, RESIDUE, at) ?? word;
    };
  })();

  // --- Dutch (Kraaij-Pohlmann): ij is a vowel ---

  /** @type {Stemmer} */
  const dutch = (() => {
    const SYLLABLE = /^[^aeiouy]*(?:ij|i(?!j)|[aeouy])+[^aeiouy]/u;
    const STEPS = [
      rules(
        ["s", (rest, at) => isIn(rest, "t", at) ? null : closed()(rest, at)],
        ["ies", drop("r1", "ie")],
        ["es", beforeEs], ["en", beforeEn], ["aus", open("au")], ["nde", rest => rest + "nd"],
      ),
      rules(
        ["je", beforeJe],
        ["ge", drop("r1", "g")], ["te", drop("r1", "t")], ["se", drop("r1", "s")], ["re", drop("r1", "r")],
        ["lijke", drop("r1", "lijk")], ["ische", drop("r1", "isch")], ["ieve", closed("ief")],
        ["de", closed()], ["le", long(drop("r1", "l"))], ["ene", long(closed("en"))],
      ),
      rules(
        ["atie", drop("r1", "eer")], ["iteit", long(drop("r1"))], ["heid|sel|ster", drop("r1")],
        ["rder", rest => rest + "r"],
        ["ing|isme|erij", (rest, at) => rest.endsWith("ild") ? rest + "er" : long(drop("r1"))(rest, at)],
        ["arij", closed("aar")], ["tst", closed("t")], ["dst", closed("d")],
        ["fie", long(drop("r2", "f"))], ["gie", long(drop("r2", "g"))],
      ),
    ];
    const ADJECTIVE = rules(
      ["ioneel", drop("r1", "ie")], ["atief", drop("r1", "eer")], ["tant", drop("r1", "teer")],
      ["naar", open("n")], ["laar", open("l")], ["raar", open("r")],
      ["lijker|lijkst", drop("r1", "lijk")], ["baar|achtig(?:er|st)?", drop("r1")],
      ["erig(?:er|st)?|end", long(closed())],
    );
    const IG = rules(["ig(?:er|st)?", (rest, at) => rest === "inn" ? null : long(closed())(rest, at)]);
    const PARTICIPLE = rules(
      ["d", (rest, at) => isIn(rest, "n", at) ? null : closed(rest === "in" ? "n" : "")(rest, at)],
      ["t", (rest, at) => isIn(rest, "h", at) || rest === "en" ? null : closed()(rest, at)],
    );

    /** @type {StemRule} */
    function beforeEs(rest, at) {
      if (isClosed(rest, "ar", at)) return lengthened(rest);
      return isClosed(rest, "er", at) ? rest : closed("e")(rest, at);
    }

    /** @type {StemRule} */
    function beforeEn(rest, at) {
      if (isIn(rest, "hed", at)) return rest.slice(0, -2) + "eid";
      if (!rest.endsWith("nd") && isClosed(rest, "d", at)) return rest.slice(0, -1);
      return /nd$|(?:[aeiouy]|ij)[ij]$/.test(rest) ? rest : long(closed())(rest, at);
    }

    /** @type {StemRule} */
    function beforeJe(rest, at) {
      if (isClosed(rest, "et", at)) return rest.slice(0, -2);
      if (/(?:rnt|mp)$/.test(rest)) return rest.slice(0, -1);
      if (isIn(rest, "t", at) && /(?:[aeiouy]|ij).t$/u.test(rest)) return rest.slice(0, -1);
      return rest.endsWith("ink") ? rest.slice(0, -1) + "g" : closed()(rest, at);
    }

    // Tell whether a rest has an end in R1.
    /** @type {(rest: string, end: string, at: Regions) => boolean} */
    function isIn(rest, end, {r1}) {
      return rest.endsWith(end) && rest.length - end.length >= r1;
    }

    // Tell whether it has, after a consonant.
    /** @type {(rest: string, end: string, at: Regions) => boolean} */
    function isClosed(rest, end, at) {
      return isIn(rest, end, at) && /[^aeiouy]$/.test(rest.slice(0, rest.length - end.length))
        && !rest.endsWith("ij" + end);
    }

    /** @type {(to?: string) => StemRule} */
    function closed(to = "") {
      return (rest, at) => isClosed(rest, "", at) ? rest + to : null;
    }

    /** @type {(to: string) => StemRule} */
    function open(to) {
      return (rest, at) => isIn(rest, "", at) && /(?:[aeiouy]|ij)$/.test(rest) ? rest + to : null;
    }

    /** @type {(make: StemRule) => StemRule} */
    function long(make) {
      return (rest, at) => {
        const made = make(rest, at);
        return made === null ? null : lengthened(made);
      };
    }

    // Write a vowel double that was long in an open syllable: lop(en) is loop, but not the e of an unstressed syllable.
    /** @type {(word: string) => string} */
    function lengthened(word) {
      const isLong = /(?:^|[^aeiou])[aou][^aeiouywx]$/u.test(word) || (/(?:^|[^aeiou])e[^aeiouywx]$/u.test(word)
        && !/(?:[aiou]|^e|[^aeiou][aiou].).e.$/u.test(word));
      return isLong ? word.replace(/(.)(.)$/u, "$1$1$2") : word;
    }

    /** @type {(rest: string) => boolean} */
    function isWord(rest) {
      return /^.{3}/u.test(rest) && SYLLABLE.test(rest);
    }

    return form => {
      let word = form, isShorter = false;
      const at = regions(form, SYLLABLE);
      /** @type {(made: string | null) => void} */
      const keep = made => {
        if (made === null) return;
        word = made;
        isShorter = true;
      };
      // Take a "ge" out, and the end of a participle.
      /** @type {(start: number) => void} */
      const loseGe = start => {
        keep(word.slice(0, start) + word.slice(start + 2));
        keep(ruled(word, PARTICIPLE, regions(word, SYLLABLE)));
      };
      for (const step of STEPS) keep(ruled(word, step, at));
      keep(ruled(word, ADJECTIVE, at) ?? ruled(word, IG, at));
      if (/^ge(?!eft|val(?!i)|vaa|vare)/.test(word) && isWord(word.slice(2))) loseGe(0);
      const inner = word.indexOf("ge", 1);
      if (inner > 0 && isWord(word.slice(inner + 2))) loseGe(inner);
      if (/[kfp]t$/.test(word)) keep(word.slice(0, -1));
      if (!isShorter || word === "inn") return word;
      return word.replace(/([b-df-hj-np-tv-xz])\1$|[vz]$/, (end, single) => single ?? (end === "v" ? "f" : "s"));
    };
  })();

  return {de: german, fr: french, es: spanish, it: italian, pt: portuguese, nl: dutch};
})();
