// The names and contents of what people write: indexer/model/notes.py and indexer/folder/creating.py in JavaScript.
// tests/cases/writing.json holds both to each other.

import {LEVELS} from "./given.js";
/** @import {Said} from "./types.js" */
export {MOST_NAME_BYTES, bytesOf, compose, nameInFile, questionName, stamp};

const ANONYMOUS = "someone", MOST_NAME = 40, MOST_OF_NAME_BYTES = 60, MOST_PORTABLE_BYTES = 180, MOST_NAME_BYTES = 255;
const MOST_OF_A_QUESTION = 80, MOST_TAGS = 50, TAG = 100;
const NO_NAME_PART = /[^\p{L}\p{M}\p{N}_]/gu, INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, NOT_PORTABLE = /[<>:"/\\|?*]+/g;
const DEVICES = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$/i;
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u, OF_YAML = /^[[\]{}&*!|>%@`#,?]/;
const AROUND = /^(?:(?!\ufeff)[\s\x1c-\x1f\x85])+|(?:(?!\ufeff)[\s\x1c-\x1f\x85])+$/g, UTF8 = new TextEncoder();
// The fields of a head in the order in which they are written, with the most characters of each.
/** @type {[name: keyof Said, written: string, most: number][]} */
const HEAD_FIELDS = [["by", "by", 100], ["tags", "tags", TAG], ["level", "level", 20], ["item", "item", 8192], ["watch", "watch", 500],
  ["needsBy", "needs-by", 20], ["department", "department", 100]];

/** @type {(text: string) => number} */
const bytesOf = text => UTF8.encode(text).length;

// Return the beginning of a text that takes at most so many bytes.
/** @type {(text: string, most: number) => string} */
function within(text, most) {
  let bytes = 0, found = "";
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > most) break;
    found += character;
  }
  return found;
}

// Return a person's name as it stands in the name of a file: letters, digits and `_`.
/** @type {(who: string) => string} */
function nameInFile(who) {
  const kept = who.normalize("NFC").replace(NO_NAME_PART, " ").trim().split(/ +/).join("_");
  return within([...kept].slice(0, MOST_NAME).join(""), MOST_OF_NAME_BYTES).replace(/^_+|_+$/g, "") || ANONYMOUS;
}

// Return the stamp of what a person writes now; `random` are four letters or digits.
/** @type {(now: Date, who: string, random: string) => string} */
function stamp(now, who, random) {
  return `${now.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z-${nameInFile(who)}-${random}`;
}

// Return a file name that every system takes and shows as it is.
/** @type {(wanted: string) => string} */
function portableName(wanted) {
  const seen = wanted.replace(/[\t\n\r]/g, " ").replace(INVISIBLE, "").normalize("NFC").replace(NOT_PORTABLE, "-");
  const text = within(seen.split(/\s+/u).filter(Boolean).join(" "), MOST_PORTABLE_BYTES).replace(/^[. -]+|[. -]+$/g, "") || "file";
  return DEVICES.test(text) ? "_" + text : text;
}

// Return the name of the file with a question.
/** @type {(text: string, made: string) => string} */
function questionName(text, made) {
  const first = text.trim().split("\n")[0].replace(/^[# ]+/, "").trim();
  return `${portableName([...first].slice(0, MOST_OF_A_QUESTION).join("").replace(/[?!. ]+$/, ""))}.${made}.md`;
}

// Return the content of a file that says this, which Python reads back; throw RangeError for what a note can't say.
/** @type {(said: Said) => string} */
function compose(said) {
  const lines = [];
  for (const [name, written, most] of HEAD_FIELDS) {
    const value = said[name];
    if (!value?.length) continue;
    if (typeof value === "string") lines.push(`${written}: ${asYaml(value, most)}`);
    else if (new Set(value).size < value.length || value.length > MOST_TAGS) throw new RangeError(name);
    else lines.push(`${written}: [${value.map(one => asYaml(one, most, /[,[\]]/)).join(", ")}]`);
  }
  if (said.level && !LEVELS.includes(said.level)) throw new RangeError("level");
  if (said.needsBy && !isDay(said.needsBy)) throw new RangeError("needsBy");
  const text = said.text.replace(/\r\n?/g, "\n").replace(AROUND, "");
  return (lines.length || /^(?:---|\ufeff)/.test(text) ? ["---", ...lines, "---", text].join("\n") : text) + "\n";
}

/** @type {(value: string) => boolean} */
function isDay(value) {
  const time = Date.parse(value);
  return /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

// Return a value as YAML reads it.
/** @type {(value: string, most: number, apart?: RegExp) => string} */
function asYaml(value, most, apart = /[^\s\S]/) {
  if (!value || [...value].length > most || UNSEEN.test(value)) throw new RangeError(value.slice(0, 80));
  const isPlain = value === value.trim() && !OF_YAML.test(value) && !/^['"]/.test(value) && !/^[-:]/.test(value);
  return isPlain && !/: | #/.test(value + " ") && !apart.test(value) ? value : JSON.stringify(value);
}
