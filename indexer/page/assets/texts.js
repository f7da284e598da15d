// What the page says: TEXTS is the table of its language (texts.json), a text has {names}, and where it has one form
// for one and another for others, the value n decides.

import {TEXTS} from "./given.js";
export {MONTHS, MS_A_DAY, momentText, number, pieces, text, weekText, writtenText};

const PLURALS = new Intl.PluralRules(TEXTS.language), NUMBERS = new Intl.NumberFormat(TEXTS.language);
const MONTHS = TEXTS.months.split(" "), MS_A_DAY = 86400000;

const number = value => NUMBERS.format(value);

// Return a text in pieces, so that a value may be an element.
function pieces(key, values = {}) {
  const found = TEXTS[key], pattern = typeof found === "string" ? found : found[PLURALS.select(values.n)] ?? found.other;
  return pattern.split(/\{(\w+)\}/).map((piece, place) => {
    const value = place % 2 ? values[piece] : piece;
    return typeof value === "number" ? number(value) : value;
  });
}

function text(key, values) {
  return pieces(key, values).join("");
}

function dateText(year, month, day) {
  return text("date", {day: String(day), month: MONTHS[month], year: String(year)});
}

// Return when an item came, as people say it where they are.
function momentText(seconds, now = new Date()) {
  const date = new Date(seconds * 1000);
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / MS_A_DAY);
  if (days === 0 || days === 1) return text(days ? "date.yesterday" : "date.today", {time: clockText(date)});
  return dateText(date.getFullYear(), date.getMonth(), date.getDate());
}

// Return when the page was written.
function writtenText(seconds) {
  const date = new Date(seconds * 1000);
  return text("written", {when: `${dateText(date.getFullYear(), date.getMonth(), date.getDate())}, ${clockText(date)}`});
}

const clockText = date => [date.getHours(), date.getMinutes()].map(part => String(part).padStart(2, "0")).join(":");

// Return the seven days from a Monday, given as a number of days since 1970.
function weekText(monday) {
  const first = new Date(monday * MS_A_DAY), last = new Date((monday + 6) * MS_A_DAY);
  const year = String(last.getUTCFullYear()), month = MONTHS[last.getUTCMonth()];
  if (first.getUTCMonth() === last.getUTCMonth()) {
    return text("week.within", {first: String(first.getUTCDate()), last: String(last.getUTCDate()), month, year});
  }
  const [from, to] = [first, last].map(day => dateText(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()));
  return text("week.across", {first: from, last: to});
}
