// What the page is told of the team: questions, who knows what, what is alike in other departments. docs/page-format.md has the
// forms; what isn't in them, as anyone may write into the folder, is left out here, so that all others can rely on them.

import {readings} from "./words.js";
import {scoredLeaves} from "./query.js";
/** @import {Board, Count, Known, Match, Query, Question, QuestionState, Relation} from "./types.js" */
/** @import {Index} from "./index.js" */
export {boardOf, expertsOf, isOpen, knownOf, relationsOf};

const MOST = {questions: 500, matches: 10, answers: 20, lost: 50, topics: 50, rising: 10, people: 100, departments: 50, related: 5, some: 3};
const MOST_EXPERTS = 3, MOST_SECONDS = 2 ** 34, MOST_TEXT = 2000, STATES_OF_QUESTIONS = ["open", "answered", "closed", "reopened"];

/** @type {(value: unknown) => Record<string, any>} */
const objectOf = value => typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
/** @type {(value: unknown, most: number) => any[]} */
const listOf = (value, most) => Array.isArray(value) ? value.slice(0, most) : [];
/** @type {(value: unknown) => string} */
const textOf = value => typeof value === "string" ? value.slice(0, MOST_TEXT) : "";
/** @type {(value: unknown) => number} */
const numberOf = value => typeof value === "number" && Number.isFinite(value) ? value : 0;
/** @type {(value: unknown) => number} */
const secondsOf = value => Math.min(Math.max(numberOf(value), 0), MOST_SECONDS);
/** @type {(value: unknown, most: number) => Count[]} */
const countsOf = (value, most) => listOf(value, most).map(pair => /** @type {Count} */ ([textOf(pair?.[0]), numberOf(pair?.[1])])).filter(([name]) => name);
/** @type {(value: unknown) => string[]} */
const namesOf = value => listOf(value, MOST.people).map(textOf).filter(Boolean);

// Return the questions, those wanted soonest first, and the notes without their file.
/** @type {(index: Index) => Promise<Board>} */
async function boardOf(index) {
  const said = objectOf(await index.toldBoard());
  return {
    questions: listOf(said.questions, MOST.questions).map(questionOf).filter(({path, question}) => path && question),
    lost: listOf(said.lost, MOST.lost).map(pair => /** @type {[string, string]} */ ([textOf(pair?.[0]), textOf(pair?.[1])])).filter(([path]) => path),
  };
}

/** @type {(raw: unknown) => Question} */
function questionOf(raw) {
  const said = objectOf(raw), state = textOf(said.s);
  return {
    id: textOf(said.id), path: textOf(said.p), question: textOf(said.q), by: textOf(said.by), date: secondsOf(said.d),
    until: /^\d{4}-\d\d-\d\d$/.test(textOf(said.until)) ? said.until : "", department: textOf(said.dep),
    state: /** @type {QuestionState} */ (STATES_OF_QUESTIONS.includes(state) ? state : "open"),
    why: ["gone", "changed", "wrong"].includes(said.why) ? said.why : "", fresh: numberOf(said.new),
    matches: listOf(said.m, MOST.matches).map(one => /** @type {Match} */ ([textOf(one?.[0]), textOf(one?.[1]), textOf(one?.[2]), secondsOf(one?.[3])]))
      .filter(([, path]) => path),
    answers: listOf(said.a, MOST.answers).map(one => ({
      by: textOf(one?.by), text: textOf(one?.t), path: textOf(one?.p), item: textOf(one?.i), date: secondsOf(one?.d)})),
    closed: secondsOf(said.c),
  };
}

/** @type {(question: Question) => boolean} */
const isOpen = ({state}) => state === "open" || state === "reopened";

// Return topics, who works on them, and what is new; null where nothing is told.
/** @type {(index: Index) => Promise<Known | null>} */
async function knownOf(index) {
  const raw = await index.toldKnown(), said = objectOf(raw), fresh = objectOf(said.new);
  if (!raw) return null;
  return {
    topics: listOf(said.topics, MOST.topics).map(one => ({
      topic: textOf(one?.t), departments: countsOf(one?.n, MOST.departments), people: namesOf(one?.people),
      isAlone: one?.alone === 1, unaware: namesOf(one?.unaware)})).filter(({topic}) => topic),
    rising: listOf(said.rising, MOST.rising).map(one => /** @type {[string, number, number]} */ ([textOf(one?.[0]), numberOf(one?.[1]), numberOf(one?.[2])]))
      .filter(([topic]) => topic),
    since: secondsOf(fresh.since), fresh: countsOf(fresh.n, MOST.departments),
    experts: new Map(Object.entries(objectOf(said.experts)).map(([form, people]) => [form, countsOf(people, MOST.related)])),
    people: countsOf(said.people, MOST.people), week: /^\d{4}-W\d\d$/.test(textOf(said.week)) ? said.week : "",
  };
}

// Return who knows most of what a query asks for: by its words as they are, or by their stems.
/** @type {(known: Known, query: Query, languages: string[]) => Count[]} */
function expertsOf(known, query, languages) {
  /** @type {Map<string, number>} */
  const found = new Map();
  for (const leaf of scoredLeaves(query)) {
    const words = leaf[0] === "phrase" ? leaf[1] : leaf[0] === "word" ? [leaf[1]] : [];
    for (const word of words) {
      const keys = [word, ...readings(word, languages).flat()], key = keys.find(one => known.experts.has(one));
      for (const [name, n] of known.experts.get(key ?? "") ?? []) found.set(name, (found.get(name) ?? 0) + n);
    }
  }
  return [...found].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_EXPERTS);
}

// Return which other departments have items like this one.
/** @type {(index: Index, id: string) => Promise<Relation[]>} */
async function relationsOf(index, id) {
  return listOf(await index.toldAcross(id), MOST.related).map(one => /** @type {Relation} */ ([textOf(one?.[0]), numberOf(one?.[1]),
    listOf(one?.[2], MOST.some).map(pair => [textOf(pair?.[0]), textOf(pair?.[1])]).filter(([path]) => path)]))
    .filter(([department, n]) => department && n > 0);
}
