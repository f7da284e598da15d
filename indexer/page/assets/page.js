// What people see and press. `state` is what is asked, and the address holds it; run() answers it.

import {isScored, parseQuery} from "./query.js";
import {LostFile} from "./loader.js";
import {Index, Moved} from "./index.js";
import {facetCounts} from "./counting.js";
import {newest, search} from "./search.js";
import {ANSWER_WIDTH, WIDTH, snippetOf} from "./snippet.js";
import {momentText, text, writtenText} from "./texts.js";
import {find, findAll, focusedIn, notice, root, targetOf} from "./dom.js";
import {GROUPS, hasChoice, noChoice, plain, readAddress, trail} from "./address.js";
import {fillNotes, fillRelated, fillSnippet, makeRow} from "./result.js";
import {notesOn, resultOf} from "./notes.js";
import {HOME_VALUES, countMaps, facets, openGroups, showChosen, showFacets, toggleFacets} from "./facets.js";
import {showWeeks, weekOf} from "./weeks.js";
import {NEAR_ITEMS, lookNear, showNearly, showNone, showWays} from "./none.js";
import {showNotices, showSummary} from "./lines.js";
import {countFailure, failures, keepLooking, noteTyping, offerNewer, recovered, takeOffer, tryAgain} from "./fresh.js";
import {closePreview, isPreviewOpen, showPreview} from "./preview.js";
import {field, goTo, listenToKeys, openHelp} from "./keys.js";
import {boardOf, expertsOf, knownOf, relationsOf} from "./team.js";
import {notesWith} from "./pending.js";
import {askButton, placeAsk, saidOn, showBoard} from "./questions.js";
import {showAround, showWhom} from "./around.js";
import {actOn, answerQuestion, askTeam, closeQuestion, listenToWriting, pressMarks} from "./writing.js";
/** @import {Answer, Ask, Asked, Asking, Board, Group, Home, IsStale, Item, Known, Near, Query, ShownRow, Sort} from "./types.js" */

const PAGE_SIZE = 20, TYPING_MS = 60, GRACE_MS = 60;
const list = find("#results"), more = find("#more"), folderName = document.title;
/** @type {Index} */
let index;
/** @type {Answer} */
let answer;
/** @type {WeakMap<HTMLElement, Item>} */
const itemOf = new WeakMap();
let state = /** @type {Asked} */ (readAddress("")), shown = 0, turn = 0, typing = 0, wantsFirst = false;

// --- asking -----------------------------------------------------------------------------------------

// Busy until all is in; what is seen is old until the new titles are there.
/** @type {(busy: boolean) => void} */
function isBusy(busy) {
  list.setAttribute("aria-busy", String(busy));
  list.toggleAttribute("data-old", busy);
}

const isHome = () => !isAsking() && (state.sort === "relevance" || state.sort === "newest");
const isAsking = () => Boolean(state.q.trim()) || hasChoice(state.chosen);

// Answer what is asked; an answer that comes too late is dropped. Titles come first, then snippets, then counts.
/** @type {(how?: {isTyped?: boolean}) => Promise<void>} */
async function run({isTyped = false} = {}) {
  turn += 1;
  const mine = turn, isStale = () => mine !== turn;
  if (!index) return;
  try {
    const began = performance.now(), query = parseQuery(state.q), ask = asker(isStale);
    const found = (isHome() && newest(index)) || await ask(state);
    if (!found || isStale()) return;
    const took = performance.now() - began;
    const near = isAsking() && (!found.total || found.relaxed) ? await lookNear(index, ask, state, query, isStale) : {};
    const [rows, nearRows, board, known] = await Promise.all([rowsOf(found, 0), rowsOf(near.nearly?.found, 0, NEAR_ITEMS), boardOf(index), knownOf(index)]);
    if (isStale()) return;
    const whole = Promise.all([...rows, ...nearRows].map(row => row.whole));
    // What is there already may stay a little longer; the newest items, there from the beginning, until all is here.
    await (isAsking() ? Promise.race([whole.catch(() => {}), new Promise(resolve => setTimeout(resolve, GRACE_MS))]) : whole);
    if (isStale()) return;
    answer = found;
    if (isTyped) closePreview();
    shown = Math.min(PAGE_SIZE, found.total);
    replaceRows(rows);
    showAnswer(query, near, nearRows, took, isTyped);
    showTeam(query, board, known);
    if (!found.total && isAsking()) showWays(ask, state, query, isStale).catch(() => {});
    await whole;
    if (isStale()) return;
    isBusy(false);
    recovered();
    await showCounts(isStale);
  } catch (error) {
    if (!isStale()) failed(error);
  }
}

// Return a search that answers {q, chosen}; of stale ones nothing is used.
/** @type {(isStale: IsStale) => Ask} */
function asker(isStale) {
  return async ({q, chosen = noChoice(), sort = "relevance"}) => search(index, parseQuery(q), {sort, chosen, now: Date.now(), isStale});
}

// Return rows of an answer, each with a promise of its snippet; items that are gone by now are left out.
/** @type {(found: Answer | undefined, from: number, count?: number) => Promise<ShownRow[]>} */
async function rowsOf(found, from, count = PAGE_SIZE) {
  if (!found) return [];
  const rows = await Promise.all(found.docs.slice(from, from + count).map(async (doc, place) => {
    const result = await resultOf(index, [doc, ...found.copies.get(doc) ?? []], found.isAlone);
    if (!result) return null;
    const {item, foundIn, copies} = result;
    const row = rowOf(item, copies), made = {row, isWhole: false, whole: Promise.resolve()};
    const notes = found.isAlone ? Promise.resolve([]) : notesOn(index, [item, ...copies]);
    const around = Promise.all([boardOf(index), relationsOf(index, item.id)]);
    made.whole = Promise.all([index.passages(foundIn), notes, around]).then(([passages, shownNotes, [{questions}, relations]]) => {
      const width = found.isQuestion && from + place === 0 ? ANSWER_WIDTH : WIDTH;
      fillSnippet(row, item, snippetOf(passages ?? [], found.groups, index.languageOf(foundIn), item.title, width));
      fillNotes(row, found.isAlone ? [] : notesWith(shownNotes, item));
      fillRelated(row, saidOn(questions, item), relations);
      made.isWhole = true;
    });
    made.whole.catch(() => {});  // told of where it is waited for
    return made;
  }));
  return rows.filter(row => row !== null);
}

/** @type {(item: Item, copies: Item[]) => HTMLElement} */
function rowOf(item, copies) {
  const row = makeRow(item, copies);
  pressMarks(row, item);
  itemOf.set(row, item);
  return row;
}

// A row whose text is still to come keeps the room it has, so that nothing moves when it does.
/** @type {(rows: ShownRow[]) => HTMLElement[]} */
function held(rows) {
  for (const {row, isWhole} of rows) find(".snippet", row).classList.toggle("held", !isWhole);
  return rows.map(({row}) => row);
}

// Show the text of a row's item beside the list; what is shown already is closed.
/** @type {(row: HTMLElement) => boolean} */
function togglePreview(row) {
  const item = itemOf.get(row);
  if (!item) return false;
  if (isPreviewOpen() && row.hasAttribute("data-previewed")) return closePreview();
  showPreview(row, item, Promise.resolve(index.passages(item.doc)), answer.groups, index.languageOf(item.doc)).catch(failed);
  return true;
}

/** @type {(rows: ShownRow[]) => void} */
function replaceRows(rows) {
  const focused = focusedIn(list)?.closest("li")?.dataset.id;
  list.replaceChildren(...held(rows));
  list.removeAttribute("data-old");
  const again = focused && findAll("li", list).find(row => row.dataset.id === focused);
  if (again) find("a.title", again).focus({preventScroll: true});
}

async function showMore() {
  if (!answer) return;
  const mine = turn;
  try {
    if (answer.isFirst) answer = await asker(() => mine !== turn)(state) ?? answer;
    const rows = await rowsOf(answer, shown);
    if (mine !== turn) return;
    shown = Math.min(shown + PAGE_SIZE, answer.total);
    list.append(...held(rows));
    if (rows.length) find("a.title", rows[0].row).focus();
    showRest();
    await Promise.all(rows.map(row => row.whole));
  } catch (error) { failed(error); }
}

// Another state may have come in the midst of it: then all is asked again, else a while later.
/** @type {(error: unknown) => Promise<void> | undefined} */
function failed(error) {
  if (error instanceof Moved && failures < 3) {
    countFailure();
    return run();
  }
  if (!(error instanceof LostFile || error instanceof Moved)) console.error(error);
  tryAgain(async () => {
    try {
      if (!index) return begin();
      if (await index.newer()) await index.switch();
    } catch { /* with what there is */ }
    return run();
  });
  if (failures === 1 && isAsking()) return;  // what is seen is not the answer, and nothing says so yet
  isBusy(false);
  root.removeAttribute("data-asked");
  root.removeAttribute("data-board");
}

// --- showing ----------------------------------------------------------------------------------------

/** @type {(query: Query, near: Near, nearRows: ShownRow[], took: number, isTyped: boolean) => void} */
function showAnswer(query, near, nearRows, took, isTyped) {
  const week = weekOf(state.q), isNone = !answer.total;
  root.dataset.state = !index.home.total && isNone ? "empty" : isNone ? "none" : !isAsking() ? "home" : week !== null ? "week" : "results";
  root.removeAttribute("data-asked");
  document.title = [plain(state.q), folderName].filter(Boolean).join(" · ");
  showSummary(answer.total, state.sort, isScored(query), took, isTyped);
  showNotices(answer, state, near);
  showSorts(isScored(query));
  showChosen(state.chosen, chosen => change({chosen}));
  showNearly(near.nearly, held(nearRows));
  find("#ways").hidden = true;
  if (isNone) showNone(state, near.mean, index.home.total);
  if (!isAsking() || week !== null) showWeeks(index.home.weeks, week);
  showRest();
  if (wantsFirst) { wantsFirst = false; goTo(0); }
}

/** @type {(query: Query, board: Board, known: Known | null) => void} */
function showTeam(query, board, known) {
  root.removeAttribute("data-board");
  if (isHome()) {
    showBoard(board, {answer: answerQuestion, close: closeQuestion});
    showAround(known, board);
  }
  showWhom(known && isAsking() ? expertsOf(known, query, index.languages) : [], state.q);
  placeAsk(String(root.dataset.state));
}

/** @type {(scored: boolean) => void} */
function showSorts(scored) {
  const present = !scored && state.sort === "relevance" ? "newest" : state.sort;
  /** @type {HTMLInputElement[]} */
  const inputs = findAll("input[name=sort]");
  for (const input of inputs) {
    input.checked = input.value === present;
    /** @type {HTMLElement} */ (input.parentElement).hidden = input.value === "relevance" && !scored;
  }
}

/** @type {(isStale: IsStale) => Promise<void>} */
async function showCounts(isStale) {
  const isFull = GROUPS.some(([group]) => openGroups.has(group) && (index.home[group] ?? []).length >= HOME_VALUES);
  const found = !isAsking() && !isFull ? null : answer.isFirst ? await asker(isStale)(state) : answer;
  const counts = found ? await facetCounts(index, found, state.chosen) : index.home;
  if (!isStale()) showFacets(countMaps(counts), state.chosen);
}

function showRest() {
  const left = answer.total - shown;
  more.hidden = left <= 0;
  more.textContent = text("more", {n: Math.min(PAGE_SIZE, left)});
  find(".panel-head .ff").textContent = answer.total ? text("filters.show", {n: answer.total}) : text("close");
}

// What is known without any search: counts, weeks, when it was written.
/** @type {(home: Home) => void} */
function showHome(home) {
  field.placeholder = home.total ? text("search.hint", {n: home.total}) : text("search.nothing");
  if (isAsking()) return;
  showFacets(countMaps(home), state.chosen);
  showWeeks(home.weeks, null);
}

// --- acting -----------------------------------------------------------------------------------------

/** @type {(next: Asking, how?: {isTyped?: boolean}) => void} */
function change(next, {isTyped = false} = {}) {
  state = {...state, ...next};
  trail.keep(state, isTyped);
  answerAnew(isTyped);
}

/** @type {(isTyped?: boolean) => void} */
function answerAnew(isTyped = false) {
  const top = find(".lead").getBoundingClientRect().top - find("header").offsetHeight;
  isBusy(true);
  if (top < 0) scrollTo({top: scrollY + top});
  run({isTyped});
}

function takeTyped() {
  clearTimeout(typing);
  typing = 0;
  change({q: field.value}, {isTyped: true});
}

function clearField() {
  field.value = "";
  takeTyped();
  field.focus();
}

// Go to the first item, at once or as soon as there is one.
function enter() {
  if (typing || field.value !== state.q) takeTyped();
  trail.settle();
  if (list.getAttribute("aria-busy") === "true") wantsFirst = true;
  else goTo(0);
  return true;
}

function listen() {
  field.addEventListener("input", event => {
    noteTyping();
    wantsFirst = false;
    if (event.isComposing) return;
    clearTimeout(typing);
    isBusy(true);
    typing = setTimeout(takeTyped, TYPING_MS);
  });
  field.addEventListener("compositionend", () => field.dispatchEvent(new Event("input")));
  field.addEventListener("blur", () => trail.settle());
  find(".find").addEventListener("submit", event => event.preventDefault());
  find(".find").addEventListener("reset", event => { event.preventDefault(); clearField(); });
  more.addEventListener("click", showMore);
  facets.addEventListener("change", event => {
    /** @type {HTMLInputElement} */
    const target = targetOf(event);
    const group = /** @type {Group} */ (target.closest("fieldset")?.dataset.group), others = state.chosen[group].filter(value => value !== target.value);
    change({chosen: {...state.chosen, [group]: target.checked ? [...others, target.value] : others}});
  });
  facets.addEventListener("opened", () => showCounts(() => false).catch(() => {}));
  find(".sort").addEventListener("change", event => {
    /** @type {HTMLInputElement & {value: Sort}} */
    const {value} = targetOf(event);
    change({sort: value === "newest" && !isScored(parseQuery(state.q)) ? "relevance" : value});
  });
  for (const one of findAll(".ff")) one.addEventListener("click", () => toggleFacets());
  for (const one of findAll("[data-help]")) one.addEventListener("click", () => openHelp(String(one.dataset.help)));
  find(".skip").addEventListener("click", event => { event.preventDefault(); goTo(0); });
  addEventListener("hashchange", () => {
    const next = readAddress(location.hash);
    if (!next) return;
    state = next;
    field.value = state.q;
    trail.follow();
    answerAnew();
  });
  listenToKeys({clear: clearField, enter, preview: togglePreview});
  listenToWriting(() => run());
  askButton.addEventListener("click", () => askTeam(root.dataset.state === "none" ? plain(state.q) : "", index ? index.home.department.map(([name]) => name) : []));
  for (const place of [list, find("#nearly")]) {
    place.addEventListener("click", event => {
      const pressed = /** @type {HTMLElement | null} */ (targetOf(event).closest(".acts button")), item = pressed && itemOf.get(/** @type {HTMLElement} */ (pressed.closest("li")));
      if (item) actOn(pressed, item);
      const peek = targetOf(event).closest("button.peek");
      if (peek) togglePreview(/** @type {HTMLElement} */ (peek.closest("li")));
    });
    place.addEventListener("focusin", event => {
      const row = /** @type {HTMLElement | null} */ (targetOf(event).closest("li[data-id]"));
      if (row && isPreviewOpen() && !row.hasAttribute("data-previewed") && targetOf(event).matches("a.title")) togglePreview(row);
    });
  }
}

// --- beginning --------------------------------------------------------------------------------------

async function begin() {
  try {
    index = await Index.open(String(root.dataset.directory));
  } catch (error) {
    return failed(error);
  }
  showState();
  await run();
  keepLooking(async () => {
    if (!await index.newer()) return;
    if (root.dataset.state === "empty") takeNewer();
    else offerNewer(() => { wantsFirst = true; takeNewer(); });
  });
  (window.requestIdleCallback ?? setTimeout)(() => index.warm());
}

function showState() {
  showHome(index.home);
  find("#written").textContent = writtenText(index.written);
}

async function takeNewer() {
  takeOffer();
  try { await index.switch(); } catch (error) { return failed(error); }
  showState();
  await run();
}

function start() {
  state = readAddress(location.hash) ?? state;
  if (field.value && !state.q) state.q = field.value;
  field.value = state.q;
  showHome(JSON.parse(find("#home").textContent));
  /** @type {HTMLTimeElement[]} */
  const times = findAll("time", list);
  for (const time of times) time.textContent = momentText(Date.parse(time.dateTime) / 1000);
  listen();
  if (typeof DecompressionStream === "undefined") return notice("old", text("old"));
  isBusy(true);
  list.toggleAttribute("data-old", isAsking());
  begin();
}

start();
