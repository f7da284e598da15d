// The year in weeks: a bar a week, each leading to what came in then. One stop for the Tab key; arrows go along.

import {MONTHS, MS_A_DAY, number, text, weekText} from "./texts.js";
import {button, drawn, element, find, focusedIn, icon, targetOf} from "./dom.js";
import {addressOf} from "./address.js";
/** @import {Attributes, Content, Weeks} from "./types.js" */
export {showWeeks, weekOf};

const WEEKS = 53, WEEK_QUERY = /^after:(\d{4}-\d\d-\d\d) before:(\d{4}-\d\d-\d\d)$/;
const side = find("#side");

/** @type {(date: number) => number} */
const dayNumber = date => Math.floor(date / MS_A_DAY);
/** @type {(day: number) => number} */
const mondayOf = day => Math.floor((day + 3) / 7) * 7 - 3;  // day 0 was a Thursday
/** @type {(day: number) => string} */
const isoDay = day => new Date(day * MS_A_DAY).toISOString().slice(0, 10);
/** @type {(monday: number) => string} */
const weekQuery = monday => `after:${isoDay(monday)} before:${isoDay(monday + 7)}`;

// Return the Monday of the week that a query asks for and nothing else; null for other queries.
/** @type {(query: string) => number | null} */
function weekOf(query) {
  const found = WEEK_QUERY.exec(query.trim());
  if (!found) return null;
  const [from, to] = found.slice(1).map(day => dayNumber(Date.parse(day)));
  return to - from === 7 && mondayOf(from) === from ? from : null;
}

// Show the weeks up to the present one; `chosen` is the Monday of the week shown in the list, or null.
/** @type {(weeks: Weeks, chosen: number | null, now?: number) => void} */
function showWeeks(weeks, chosen, now = Date.now()) {
  const counts = new Map(weeks), last = mondayOf(dayNumber(now));
  const mondays = Array.from({length: WEEKS}, (_, place) => last - 7 * (WEEKS - 1 - place));
  const total = mondays.reduce((sum, monday) => sum + (counts.get(monday) ?? 0), 0);
  side.hidden = !total && chosen === null;
  if (side.hidden) return;
  const hadFocus = focusedIn(side)?.getAttribute("data-week");
  side.replaceChildren(element("figure", {class: "weeks"},
    weeksTitle(counts, last, total, chosen), weeksDrawing(mondays, counts, chosen), weeksScale(mondays)));
  if (hadFocus) find(`[data-week="${hadFocus}"]`)?.focus({preventScroll: true});
}

/** @type {(counts: Map<number, number>, last: number, total: number, chosen: number | null) => HTMLElement} */
function weeksTitle(counts, last, total, chosen) {
  const at = chosen ?? last, n = counts.get(at) ?? 0, count = number(n);
  if (chosen === null) {
    const link = n ? weekLink(last, {}, text("weeks.now", {n, count})) : text("weeks.none");
    return element("h2", {}, link, " ", element("span", {}, text(n ? "weeks.year" : "weeks.total", {n: total})));
  }
  const filled = [...counts.keys()].filter(monday => counts.get(monday)).sort((a, b) => a - b);
  const before = filled.findLast(monday => monday < at), after = filled.find(monday => monday > at);
  /** @type {(monday: number | undefined, name: string, label: string) => HTMLElement} */
  const step = (monday, name, label) => monday === undefined ? button({class: "step", disabled: true, "aria-label": text(label)}, () => {}, icon(name))
    : weekLink(monday, {class: "step", "aria-label": text(label), "data-week": label}, icon(name));
  return element("div", {class: "stepper"}, step(before, "before", "weeks.before"),
    element("h2", {}, weekText(at)), step(after, "after", "weeks.after"));
}

/** @type {(monday: number, attributes: Attributes, ...content: Content[]) => HTMLElement} */
function weekLink(monday, attributes, ...content) {
  return element("a", {href: addressOf({q: weekQuery(monday)}), ...attributes}, ...content);
}

// Each bar is a drawing of its own within a link, so that what is pressed is as high as the highest.
/** @type {(mondays: number[], counts: Map<number, number>, chosen: number | null) => HTMLElement} */
function weeksDrawing(mondays, counts, chosen) {
  const most = Math.max(1, ...mondays.map(monday => counts.get(monday) ?? 0)), now = chosen ?? mondays.at(-1);
  const bars = mondays.map(monday => {
    const n = counts.get(monday) ?? 0;
    if (!n) return element("span");
    const height = Math.max(1.5, 38 * n / most);
    return weekLink(monday, {tabindex: "-1", "data-week": monday, class: monday === now ? "now" : undefined,
      "aria-current": monday === chosen ? "true" : undefined, "aria-label": text("week.items", {week: weekText(monday), n})},
    drawn("svg", {viewBox: "0 0 5 40", preserveAspectRatio: "none", "aria-hidden": "true"},
      drawn("rect", {x: 0.7, y: 40 - height, width: 3.6, height})));
  });
  const links = bars.filter(bar => bar.matches("a"));
  (links.find(bar => bar.hasAttribute("aria-current")) ?? links.at(-1))?.setAttribute("tabindex", "0");
  const drawing = element("div", {class: "bars", role: "group", "aria-label": text("weeks.label")}, ...bars);
  drawing.addEventListener("keydown", event => stepAlong(event, links));
  for (const kind of ["pointerover", "focusin"]) drawing.addEventListener(kind, event => nameWeek(targetOf(event).closest("a")));
  for (const kind of ["pointerout", "focusout"]) {
    drawing.addEventListener(kind, () => nameWeek(null));
  }
  return drawing;
}

// What the months are; the week that is pointed at stands in their place.
/** @type {(mondays: number[]) => HTMLElement} */
function weeksScale(mondays) {
  const names = [0, 13, 26, 39].map((place, step) => {
    const day = new Date(mondays[place] * MS_A_DAY), month = MONTHS[day.getUTCMonth()];
    return element("span", {}, step ? month : text("date.month", {month, year: String(day.getUTCFullYear())}));
  });
  return element("p", {"aria-hidden": "true"}, element("span", {class: "names"}, ...names, element("span", {}, text("weeks.end"))),
    element("span", {class: "one"}));
}

/** @type {(bar: Element | null) => void} */
function nameWeek(bar) {
  const scale = find(".weeks p");
  scale.toggleAttribute("data-one", Boolean(bar));
  find(".one", scale).textContent = bar ? bar.getAttribute("aria-label") : "";
}

/** @type {(event: KeyboardEvent, bars: HTMLElement[]) => void} */
function stepAlong(event, bars) {
  const at = bars.indexOf(targetOf(event)), last = bars.length - 1;
  const next = {ArrowRight: Math.min(at + 1, last), ArrowLeft: Math.max(at - 1, 0), Home: 0, End: last}[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  for (const bar of bars) bar.setAttribute("tabindex", "-1");
  bars[next].setAttribute("tabindex", "0");
  bars[next].focus();
}
