// What the page says: TEXTS is the table of its language (texts.json), a text has {names}, and if it has one form
// for one and another for others, the value n decides.

import {TEXTS} from "./given.js";
/** @import {Content, Plural, Values} from "./types.js" */
export {MONTHS, MS_A_DAY, dayText, momentText, number, pieces, text, weekText, writtenText};

const PLURALS = new Intl.PluralRules(TEXTS.language), NUMBERS = new Intl.NumberFormat(TEXTS.language);
const MONTHS = TEXTS.months.split(" "), MS_A_DAY = 86400000;

/** @type {(value: number) => string} */
const number = value => NUMBERS.format(value);

// Return a text in pieces, so that a value may be an element.
/** @type {(key: string, values?: Values) => Content[]} */
function pieces(key, values = {}) {
  const found = /** @type {string | Plural} */ (TEXTS[key]), pattern = typeof found === "string" ? found : found[PLURALS.select(Number(values.n))] ?? found.other;
  return pattern.split(/\{(\w+)\}/).map((piece, place) => {
    const value = place % 2 ? values[piece] : piece;
    return typeof value === "number" ? number(value) : value;
  });
}

/** @type {(key: string, values?: Values) => string} */
function text(key, values) {
  return pieces(key, values).join("");
}

/** @type {(year: number, month: number, day: number) => string} */
function dateText(year, month, day) {
  return text("date", {day: String(day), month: MONTHS[month], year: String(year)});
}

// Return when an item came, as people say it where they are.
/** @type {(seconds: number, now?: Date) => string} */
function momentText(seconds, now = new Date()) {
  const date = new Date(seconds * 1000);
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / MS_A_DAY);
  if (days === 0 || days === 1) return text(days ? "date.yesterday" : "date.today", {time: clockText(date)});
  return dateText(date.getFullYear(), date.getMonth(), date.getDate());
}

// Return when the page was written.
/** @type {(seconds: number) => string} */
function writtenText(seconds) {
  const date = new Date(seconds * 1000);
  return text("written", {when: `${dateText(date.getFullYear(), date.getMonth(), date.getDate())}, ${clockText(date)}`});
}

/** @type {(date: Date) => string} */
const clockText = date => [date.getHours(), date.getMinutes()].map(part => String(part).padStart(2, "0")).join(":");

// Return a day, given as a number of days since 1970.
/** @type {(day: number) => string} */
function dayText(day) {
  const date = new Date(day * MS_A_DAY);
  return dateText(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
}

// Return the seven days from a Monday, given as a number of days since 1970.
/** @type {(monday: number) => string} */
function weekText(monday) {
  const first = new Date(monday * MS_A_DAY), last = new Date((monday + 6) * MS_A_DAY);
  const year = String(last.getUTCFullYear()), month = MONTHS[last.getUTCMonth()];
  if (first.getUTCMonth() === last.getUTCMonth()) {
    return text("week.within", {first: String(first.getUTCDate()), last: String(last.getUTCDate()), month, year});
  }
  return text("week.across", {first: dayText(monday), last: dayText(monday + 6)});
}
