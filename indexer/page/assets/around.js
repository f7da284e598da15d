// What goes on around the items: what is new in each department, what is on the rise, who works on the same thing, whom to ask.
// Every part that has nothing to say is left out.

import {hrefOfPath} from "./stored_row.js";
import {personName} from "./result.js";
import {MS_A_DAY, dayText, number, pieces, text} from "./texts.js";
import {button, element, find} from "./dom.js";
import {addressOf, noChoice} from "./address.js";
/** @import {Asking, Board, Content, Count, Known, Topic} from "./types.js" */
export {showAround, showWhom};

const SHOWN_TOPICS = 3, SHOWN_PEOPLE = 5, SHOWN_COUNTS = 8, SHOWN_LOST = 5;
const teamPlace = find("#team"), WORDS = new Intl.ListFormat(text("language"));

/** @type {(known: Known | null, board: Board) => void} */
function showAround(known, board) {
  const parts = [...(known ? [...lastWeek(known), ...newSince(known), ...onTheRise(known), ...together(known), ...experts(known)] : []), ...withoutFile(board)];
  teamPlace.hidden = !parts.length;
  teamPlace.replaceChildren(...parts);
}

/** @type {(title: string, ...content: Content[]) => HTMLElement} */
function part(title, ...content) {
  return element("section", {}, element("h2", {}, title), ...content);
}

/** @type {(next: Asking, ...content: Content[]) => HTMLElement} */
function searchLink(next, ...content) {
  return element("a", {href: addressOf(next)}, ...content.map(one => typeof one === "string" ? element("bdi", {}, one) : one));
}

/** @type {(topic: string) => HTMLElement} */
const topicLink = topic => searchLink({q: topic}, topic);
/** @type {(name: string) => HTMLElement} */
const bold = name => element("b", {}, element("bdi", {}, name));

/** @type {(counts: Count[], next: (name: string) => Asking) => HTMLElement} */
function countList(counts, next) {
  return element("ul", {class: "counts"}, ...counts.map(([name, n]) => element("li", {}, searchLink(next(name), personName(name)), " ", element("span", {class: "quiet"}, number(n)))));
}

// The last digest: a file of its own, beside the data of the page.
/** @type {(known: Known) => HTMLElement[]} */
function lastWeek({week}) {
  if (!week) return [];
  return [element("p", {}, element("a", {href: `${document.documentElement.dataset.directory}/digest/${week}.html`}, text("team.week", {week: Number(week.slice(-2))})))];
}

/** @type {(known: Known) => HTMLElement[]} */
function newSince({since, fresh}) {
  if (fresh.length < 2) return [];  // the weeks say as much
  const day = new Date(since * 1000).toISOString().slice(0, 10);
  return [part(text("team.new", {day: dayText(Math.floor(since * 1000 / MS_A_DAY))}),
    countList(fresh.slice(0, SHOWN_COUNTS), name => ({q: "after:" + day, chosen: {...noChoice(), department: [name]}})))];
}

/** @type {(known: Known) => HTMLElement[]} */
function onTheRise({rising}) {
  if (!rising.length) return [];
  return [part(text("team.rising"), element("ul", {}, ...rising.slice(0, SHOWN_PEOPLE).map(([topic, now, before]) => element("li", {}, topicLink(topic), " ",
    element("span", {class: "quiet"}, text("team.rise", {n: now, before: number(Math.round(before * 10) / 10)}))))))];
}

/** @type {(known: Known) => HTMLElement[]} */
function together({topics}) {
  const unaware = topics.filter(one => one.unaware.length > 1), alone = topics.filter(one => one.isAlone && one.people.length === 1);
  const all = topics.length ? [button({class: "txt"}, () => openTopics(topics), text("topics.all", {n: topics.length}))] : [];
  const parts = [];
  if (unaware.length) parts.push(part(text("team.same"), ...unaware.slice(0, SHOWN_TOPICS).map(unawareLine)));
  if (alone.length) parts.push(part(text("team.alone"), ...alone.slice(0, SHOWN_TOPICS).map(aloneLine)));
  if (all.length) parts.push(element("p", {}, ...all));
  return parts;
}

/** @type {(topic: Topic) => HTMLElement} */
function unawareLine({topic, unaware}) {
  return element("p", {}, ...joined("team.unaware", "departments", unaware.map(bold), {topic: topicLink(topic)}));
}

/** @type {(topic: Topic) => HTMLElement} */
function aloneLine({topic, people}) {
  return element("p", {}, ...pieces("team.only", {name: bold(personName(people[0])), topic: topicLink(topic)}).filter(Boolean));
}

// Return a text with a list of elements in the place of a name, joined as the language does.
/** @type {(key: string, name: string, items: HTMLElement[], values: Record<string, Node>) => Content[]} */
function joined(key, name, items, values) {
  const slot = document.createDocumentFragment();
  for (const {type, value} of WORDS.formatToParts(items.map((_, n) => String(n)))) slot.append(type === "element" ? items[Number(value)] : value);
  return pieces(key, {...values, [name]: slot}).filter(Boolean);
}

/** @type {(known: Known) => HTMLElement[]} */
function experts({people}) {
  return people.length ? [part(text("team.whom"), countList(people.slice(0, SHOWN_PEOPLE), name => ({q: "", chosen: {...noChoice(), person: [name]}})))] : [];
}

/** @type {(board: Board) => HTMLElement[]} */
function withoutFile({lost}) {
  if (!lost.length) return [];
  return [part(text("team.lost"), element("ul", {}, ...lost.slice(0, SHOWN_LOST).map(([path, former]) => element("li", {},
    element("a", {href: hrefOfPath(path)}, element("bdi", {}, path.slice(path.lastIndexOf("/") + 1))),
    ...(former ? [element("span", {class: "quiet"}, " ", ...pieces("team.former", {name: element("bdi", {}, former)}).filter(Boolean))] : [])))))];
}

// Show all topics in a window: who works on what, and what hangs on one person.
/** @type {(topics: Topic[]) => void} */
function openTopics(topics) {
  const title = element("h2", {id: "topics-title"}, text("topics"));
  const close = element("form", {method: "dialog"}, element("button", {class: "btn"}, text("close")));
  const head = element("tr", {}, ...["topics.topic", "topics.departments", "topics.people"].map(key => element("th", {scope: "col"}, text(key))));
  const rows = topics.map(({topic, departments, people, isAlone, unaware}) => element("tr", {},
    element("th", {scope: "row"}, topicLink(topic)),
    element("td", {}, ...departments.flatMap(([name, n], at) => [at ? ", " : "", element("bdi", {class: unaware.includes(name) ? "w" : undefined}, name), " " + number(n)]),
      ...(unaware.length > 1 ? [" ", element("span", {class: "badge w"}, text("topics.unaware"))] : [])),
    element("td", {}, element("bdi", {}, people.map(personName).join(", ")), ...(isAlone ? [" ", element("span", {class: "badge w"}, text("topics.alone"))] : []))));
  const window = element("dialog", {id: "topics", "aria-labelledby": "topics-title"}, element("div", {class: "row"}, title, close),
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
  window.addEventListener("close", () => window.remove());
  window.addEventListener("click", event => { if (event.target instanceof Element && event.target.closest("tbody a")) window.close(); });
  document.body.append(window);
  window.showModal();
}

// Say who knows most of what was searched.
/** @type {(people: Count[], q: string) => void} */
function showWhom(people, q) {
  const line = find("#whom");
  line.hidden = !people.length;
  const names = people.map(([name, n]) => element("span", {}, searchLink({q, chosen: {...noChoice(), person: [name]}}, personName(name)), ` (${number(n)})`));
  line.replaceChildren(...(people.length ? pieces("whom", {names: fragmentOf(names)}).filter(Boolean) : []));
}

/** @type {(items: HTMLElement[]) => DocumentFragment} */
function fragmentOf(items) {
  const found = document.createDocumentFragment();
  items.forEach((item, n) => found.append(n ? ", " : "", item));
  return found;
}
