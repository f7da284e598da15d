// What a person wrote here that the page doesn't have yet. It is shown at once, and forgotten once the page has it.

/** @import {GivenAnswer, Item, Pending, Question, ShownNote} from "./types.js" */
export {isPendingMark, keepPending, notesWith, questionsWith};

/** @type {Pending[]} */
let written = [];

/** @type {(one: Pending) => void} */
function keepPending(one) {
  written.push(one);
}

/** @type {(text: string) => string} */
const inOneLine = text => text.split(/\s+/u).filter(Boolean).join(" ");

// Return the notes on an item with those that were written here.
/** @type {(notes: ShownNote[], item: Item) => ShownNote[]} */
function notesWith(notes, {path, isEntry, url}) {
  const known = new Set(notes.map(note => inOneLine(note.text))), address = isEntry ? url : "";
  written = written.filter(one => !(one.sort === "note" && one.path === path && known.has(inOneLine(one.text))));
  const own = written.filter(one => one.sort === "note" && one.path === path && one.address === address);
  return [...own.map(one => ({author: one.by, level: one.level, text: inOneLine(one.text), isPending: true})).reverse(), ...notes];
}

/** @type {(item: Item, mark: string) => boolean} */
function isPendingMark({path}, mark) {
  return written.some(one => one.sort === "mark" && one.path === path && one.level === mark);
}

// Return the questions with those that were asked, answered and closed here.
/** @type {(questions: Question[]) => Question[]} */
function questionsWith(questions) {
  const known = new Set(questions.map(one => one.path));
  written = written.filter(one => !(one.sort === "question" && known.has(one.path)));
  const own = written.filter(one => one.sort === "question").map(({path, text, by, at}) => /** @type {Question} */ ({
    id: "", path, question: text, by, date: at, until: "", department: "", state: "open", why: "", fresh: 0, matches: [], answers: [], closed: 0, isPending: true}));
  return [...own.reverse(), ...questions].map(question => {
    const answers = answersWith(question.answers, question.path);
    const isClosed = question.state !== "closed" && written.some(one => one.sort === "closing" && one.path === question.path);
    const isAnswered = answers.length > question.answers.length;
    if (!isClosed && !isAnswered) return question;
    return {...question, answers, state: isClosed ? "closed" : "answered", isPending: true};
  });
}

/** @type {(answers: GivenAnswer[], path: string) => GivenAnswer[]} */
function answersWith(answers, path) {
  const known = new Set(answers.map(one => one.path));
  const own = written.filter(one => one.sort === "answer" && one.path === path && !known.has(one.file));
  return [...answers, ...own.map(({by, text, file, address, at}) => ({by, text, path: file, item: address, date: at, isPending: true}))];
}
