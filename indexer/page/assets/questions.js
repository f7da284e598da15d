// What the team asks: the open questions first, then those with an answer, closed ones when they are asked for.

import {LINKED, hrefOfPath} from "./stored_row.js";
import {badge, noteLine, personName, shortAddress} from "./result.js";
import {isOpen} from "./team.js";
import {questionsWith} from "./pending.js";
import {MS_A_DAY, dayText, momentText, pieces, text} from "./texts.js";
import {button, element, find, icon} from "./dom.js";
/** @import {Board, Content, GivenAnswer, Item, Match, Question} from "./types.js" */
export {askButton, placeAsk, saidOn, showBoard};

const SHOWN_FIRST = 5, SHOWN_MATCHES = 3;
const boardPlace = find("#board"), askButton = button({id: "ask", class: "txt"}, () => {}, icon("question"), text("ask"));
let isAll = false;

// Show the questions, or nothing where there are none; `acts` answer and close one.
/** @type {(board: Board, acts: {answer: (question: Question) => void, close: (question: Question) => void}) => void} */
function showBoard(board, acts) {
  const questions = questionsWith(board.questions).map((question, at) => ({question, at}));
  questions.sort((a, b) => rank(a.question) - rank(b.question) || a.at - b.at);
  boardPlace.hidden = !questions.length;
  const hadFocus = boardPlace.contains(document.activeElement) && document.activeElement?.closest("li")?.getAttribute("data-path");
  const rows = questions.map(({question}, n) => rowOfQuestion(question, acts, !isAll && (n >= SHOWN_FIRST || question.state === "closed")));
  const open = questions.filter(({question}) => isOpen(question)).length, hidden = rows.filter(row => row.hidden).length;
  const head = element("div", {class: "lead"}, element("h2", {}, text("questions")),
    element("span", {class: "quiet n"}, text("questions.open", {n: open})));
  const all = hidden || isAll ? [button({class: "txt", "aria-expanded": String(isAll)}, () => { isAll = !isAll; showBoard(board, acts); },
    isAll ? text("fewer") : text("questions.more", {n: hidden}))] : [];
  boardPlace.replaceChildren(head, element("ol", {id: "questions", class: "rows", "aria-label": text("questions")}, ...rows), ...all);
  if (!rows.length) boardPlace.replaceChildren();
  const again = hadFocus && rows.find(row => row.dataset.path === hadFocus);
  if (again) find("a.title", again).focus({preventScroll: true});
}

/** @type {(question: Question) => number} */
const rank = question => isOpen(question) ? 0 : question.state === "answered" ? 1 : 2;

/** @type {(question: Question, acts: {answer: (question: Question) => void, close: (question: Question) => void}, hidden: boolean) => HTMLElement} */
function rowOfQuestion(question, acts, hidden) {
  const {path, state, answers, isPending} = question;
  const body = element("div", {class: "r"}, element("h3", {}, element("a", {class: "title", href: hrefOfPath(path)}, element("bdi", {}, question.question))),
    metaOfQuestion(question));
  if (question.fresh) body.append(element("p", {class: "fresh"}, ...freshOf(question)));
  body.append(...answers.map(answerLine));
  if (state !== "closed" && !(isPending && !question.id)) {
    body.append(element("p", {class: "row"}, button({class: "txt answer"}, () => acts.answer(question), text("act.answer")),
      button({class: "txt close"}, () => acts.close(question), text("act.close"))));
  }
  return element("li", {"data-path": path, "data-state": state, hidden}, icon("question"), body);
}

/** @type {(question: Question) => HTMLElement} */
function metaOfQuestion({by, date, until, department, state, why, isPending}) {
  const meta = element("p", {class: "meta"});
  /** @type {(...content: Content[]) => void} */
  const add = (...content) => meta.append(...(meta.childNodes.length ? [" · "] : []), ...content.filter(Boolean));
  if (by) add(...pieces("question.by", {name: element("bdi", {}, personName(by))}));
  if (date) add(momentText(date));
  if (department) add(...pieces("question.asks", {department: element("b", {}, element("bdi", {}, department))}));
  if (until) {
    const day = Date.parse(until) / MS_A_DAY, isLate = state !== "closed" && state !== "answered" && Date.parse(until) + MS_A_DAY < Date.now();
    add(element("b", {class: isLate ? "w" : undefined}, text(isLate ? "question.late" : "question.until", {day: dayText(day)})));
  }
  if (state === "reopened") meta.append(" ", badge("badge w", "act", text(why ? "question.reopened." + why : "question.reopened")));
  if (state === "answered") meta.append(" ", badge("badge", "useful", text("question.answered")));
  if (state === "closed") meta.append(" ", badge("badge", "x", text("question.closed")));
  if (isPending) meta.append(" ", element("span", {class: "pending"}, text("pending")));
  return meta;
}

/** @type {(question: Question) => Content[]} */
function freshOf({fresh, matches}) {
  const links = matches.slice(0, SHOWN_MATCHES).flatMap(([, path, title], n) => [n ? ", " : ": ", element("a", {href: hrefOfPath(path)}, element("bdi", {}, title || path))]);
  return [element("b", {}, text("question.new", {n: fresh})), ...links, ...(fresh > SHOWN_MATCHES && links.length ? [" …"] : [])];
}

/** @type {(answer: GivenAnswer) => HTMLElement} */
function answerLine({by, text: said, item, isPending}) {
  const line = noteLine({author: by || text("answer"), level: "", text: said, isPending});
  if (!item) return line;
  const isWeb = LINKED.test(item), link = element("a", {href: isWeb ? item : hrefOfPath(item)}, element("bdi", {}, isWeb ? shortAddress(item) : item.slice(item.lastIndexOf("/") + 1)));
  if (isWeb) link.rel = "noopener noreferrer nofollow";
  line.append(" ", link);
  return line;
}

// Put the button that asks the team where it helps: to what was not found, to the questions, else below all.
/** @type {(state: string) => void} */
function placeAsk(state) {
  const to = state === "none" ? find("#none") : state === "home" && !boardPlace.hidden ? find(".lead", boardPlace) : find(".doors");
  if (askButton.parentElement !== to) to.append(askButton);
}

// Return which questions an item answers, or may answer.
/** @type {(questions: Question[], item: Item) => [key: string, question: Question][]} */
function saidOn(questions, {id, path}) {
  const answered = questions.filter(({state, answers}) => state !== "closed" && answers.some(({item}) => item === path));
  const matched = questions.filter(question => isOpen(question) && !answered.includes(question) && question.matches.some(/** @type {(one: Match) => boolean} */ ([one]) => one === id));
  return [...answered.map(one => /** @type {[string, Question]} */ (["answers", one])), ...matched.map(one => /** @type {[string, Question]} */ (["matches", one]))];
}
