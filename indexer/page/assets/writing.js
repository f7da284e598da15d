// What a person says from the page: a note, a mark, a question, an answer. Each becomes a file of its own; no other is touched.

import {LEVELS, MARKS} from "./given.js";
import {MOST_NAME_BYTES, bytesOf, compose, nameInFile, questionName, stamp} from "./naming.js";
import {OtherFolder, canWrite, folderCalled, save} from "./saving.js";
import {isPendingMark, keepPending} from "./pending.js";
import {pieces, text} from "./texts.js";
import {button, element, find, findAll, icon, notice} from "./dom.js";
/** @import {Item, Pending, Question, Said, Saved} from "./types.js" */
export {actOn, answerQuestion, askTeam, closeQuestion, listenToWriting, pressMarks};

const KEPT_NAME = "indexer.name", SAID_S = 20;
let writer = "", tellOthers = () => {}, closing = 0;

// Call `act` whenever something was written.
/** @type {(act: () => void) => void} */
function listenToWriting(act) {
  tellOthers = act;
  writer = remembered();
}

function remembered() {
  try { return localStorage.getItem(KEPT_NAME) ?? ""; } catch { return ""; }
}

/** @type {(keeps: boolean) => void} */
function remember(keeps) {
  try {
    if (keeps) localStorage.setItem(KEPT_NAME, writer);
    else localStorage.removeItem(KEPT_NAME);
  } catch { /* this browser keeps nothing */ }
}

// --- what is written --------------------------------------------------------------------------------

/** @type {(path: string) => [directory: string, file: string]} */
const parted = path => [path.slice(0, Math.max(0, path.lastIndexOf("/"))), path.slice(path.lastIndexOf("/") + 1)];

// Write what is said of a file beside it.
/** @type {(path: string, role: "note" | "answer" | "closed", said: Said) => Promise<Saved>} */
function writeOn(path, role, said) {
  const [directory, file] = parted(path), now = new Date(), content = compose(said);
  const nameOf = (/** @type {string} */ random) => `${file}.${role}.${stamp(now, said.by ?? "", random)}.md`;
  if (bytesOf(nameOf("x7k2")) > MOST_NAME_BYTES) throw new RangeError(file);
  return save(directory, nameOf, content);
}

/** @type {(item: Item, mark: string) => Promise<void>} */
async function setMark(item, mark) {
  if (!writer) throw new Unsaid("mark.name");
  const [directory, file] = parted(item.path), made = `${file}.mark.${mark}.${nameInFile(writer)}`;
  if (bytesOf(made) > MOST_NAME_BYTES) throw new RangeError(file);
  noteWritten(await save(directory, () => made, "", true), {sort: "mark", path: item.path, level: mark}, file);
}

// Say where it is, and show it here until the page has it.
/** @type {(saved: Saved, pending: Partial<Pending> & Pick<Pending, "sort">, beside?: string) => void} */
function noteWritten({path, isDone}, pending, beside = "") {
  keepPending({path, address: "", text: "", level: "", by: writer, file: path, at: Math.floor(Date.now() / 1000), ...pending});
  const [directory, file] = parted(path), where = element("b", {}, element("bdi", {}, directory || folderCalled()));
  const lines = isDone ? [text("saved.done")] : [element("b", {}, element("bdi", {}, file)), " ",
    ...pieces(beside ? "saved.beside" : "saved.into", {where, beside: element("b", {}, element("bdi", {}, beside))}).filter(Boolean)];
  clearTimeout(closing);
  notice("saved", element("span", {}, ...lines), button({class: "step", "aria-label": text("close")}, () => notice("saved"), icon("x")));
  if (isDone) closing = setTimeout(() => notice("saved"), SAID_S * 1000);
  tellOthers();
}

// --- what is asked of the person --------------------------------------------------------------------

// Act on what was pressed in the row of an item.
/** @type {(pressed: HTMLElement, item: Item) => void} */
function actOn(pressed, item) {
  const mark = pressed.dataset.mark;
  if (pressed.matches(".add-note")) return addNote(item);
  if (pressed.matches(".answer")) return answerQuestion({path: item.path, question: item.title, matches: []});
  if (!mark || isPendingMark(item, mark)) return;
  if (writer && canWrite()) setMark(item, mark).catch(error => notice("saved", whatFailed(error)));
  else openForm({title: text("mark.as." + mark), about: item.title || item.path, fields: [], submit: text("act.mark"), act: () => setMark(item, mark)});
}

// Have the marks that were set here seen as such.
/** @type {(row: HTMLElement, item: Item) => void} */
function pressMarks(row, item) {
  for (const one of findAll(".acts .mark", row)) if (isPendingMark(item, String(one.dataset.mark))) one.setAttribute("aria-pressed", "true");
}

/** @type {(item: Item) => void} */
function addNote(item) {
  const levels = element("fieldset", {class: "levels"}, element("legend", {}, text("note.level")),
    ...["", ...LEVELS].map(level => element("label", {}, element("input", {type: "radio", name: "level", value: level, checked: !level}),
      ...(level ? [icon(level)] : []), text("level." + (level || "none")))));
  const marks = item.isEntry ? [] : [element("p", {class: "quick"}, text("note.or"), " ", ...MARKS.map(mark =>
    button({class: "txt mark", "data-mark": mark}, event => attempt(event, () => setMark(item, mark)), icon(mark), text("mark.short." + mark))))];
  openForm({title: text("act.add-note"), about: item.title || item.path,
    fields: [area("what", "note.what"), area("so", "note.so"), area("now", "note.now"), levels], rest: marks, submit: text("note.save"),
    act: async data => {
      const said = [data("what"), data("so") && text("note.so.said", {text: data("so")}), data("now") && text("note.now.said", {text: data("now")})]
        .filter(Boolean).join("\n\n");
      if (!said) throw new Unsaid("note.empty");
      const address = item.isEntry ? item.url : "";
      const saved = await writeOn(item.path, "note", {text: said, by: writer, level: data("level"), item: address});
      noteWritten(saved, {sort: "note", path: item.path, address, text: said, level: data("level")}, parted(item.path)[1]);
    }});
}

// Ask the team; what was searched in vain is there already.
/** @type {(q: string, departments: string[]) => void} */
function askTeam(q, departments) {
  openForm({title: text("ask"), fields: [area("question", "ask.question", q && text("ask.about", {words: q})), area("more", "ask.more"),
    inputField("watch", "ask.watch", {value: q, hint: "ask.watch.hint"}), element("div", {class: "pair"}, inputField("until", "ask.until", {type: "date"}),
      inputField("department", "ask.department", {choices: departments}))], submit: text("ask.save"),
  act: async data => {
    if (!data("question")) throw new Unsaid("ask.empty");
    const first = data("question").split(/\s+/u).join(" "), now = new Date();
    const content = compose({text: [first, data("more")].filter(Boolean).join("\n\n"), by: writer, watch: data("watch"), needsBy: data("until"), department: data("department")});
    const saved = await save("?", random => questionName(first, stamp(now, writer, random)), content);
    noteWritten(saved, {sort: "question", path: saved.path, text: first});
  }});
}

/** @type {(question: Pick<Question, "path" | "question" | "matches">) => void} */
function answerQuestion({path, question, matches}) {
  const items = matches.length ? [inputField("item", "answer.item", {choices: matches.map(([, item]) => item)})] : [];
  openForm({title: text("act.answer"), about: question, fields: [area("text", "answer.text"), ...items], submit: text("answer.save"),
    act: async data => {
      if (!data("text") && !data("item")) throw new Unsaid("answer.empty");
      const saved = await writeOn(path, "answer", {text: data("text"), by: writer, item: data("item")});
      noteWritten(saved, {sort: "answer", path, text: data("text"), address: data("item"), file: saved.path}, parted(path)[1]);
    }});
}

/** @type {(question: Question) => void} */
function closeQuestion({path, question}) {
  openForm({title: text("act.close"), about: question, fields: [area("text", "close.text")], submit: text("close.save"),
    act: async data => {
      const saved = await writeOn(path, "closed", {text: data("text"), by: writer});
      noteWritten(saved, {sort: "closing", path, file: saved.path}, parted(path)[1]);
    }});
}

// Something is still to be said.
class Unsaid extends Error {}

/** @typedef {{title: string, about?: string, fields: HTMLElement[], rest?: HTMLElement[], submit: string, act: (data: (field: string) => string) => Promise<void>}} Form */

/** @type {(form: Form) => void} */
function openForm({title, about, fields, rest = [], submit, act: write}) {
  const by = inputField("by", "write.by", {value: writer, autocomplete: "name"});
  const keeps = element("input", {type: "checkbox", id: "write-keep", name: "keep"});
  keeps.checked = Boolean(remembered());
  const form = element("form", {}, element("div", {class: "row"}, element("h2", {id: "writing-title"}, title), button({class: "btn"}, () => shut(), text("close"))),
    ...(about ? [element("p", {class: "quiet"}, element("bdi", {}, about))] : []), ...fields,
    element("div", {class: "who"}, by, element("p", {class: "keep"}, keeps, element("label", {for: "write-keep"}, text("write.keep")))),
    element("p", {class: "quiet"}, canWrite() ? text("write.where", {folder: folderCalled()}) : text("write.download")),
    element("p", {class: "say", id: "write-failed", role: "alert", hidden: true}),
    element("p", {class: "row"}, element("button", {class: "btn first"}, submit), ...rest));
  const dialog = element("dialog", {id: "writing", "aria-labelledby": "writing-title"}, form);
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", event => attempt(event, () => write(one => String(new FormData(form).get(one) ?? "").trim())));
  find("#writing")?.remove();
  document.body.append(dialog);
  dialog.showModal();
  /** @type {HTMLElement} */ (find("textarea, input:not([type=radio]):not([type=checkbox])", dialog)).focus();
}

function shut() {
  /** @type {HTMLDialogElement | null} */
  const dialog = find("#writing");
  dialog?.close();
}

// Do what the form is for; if that fails, say why and keep what was typed.
/** @type {(event: Event, write: () => Promise<void>) => Promise<void>} */
async function attempt(event, write) {
  event.preventDefault();
  const dialog = find("#writing");
  /** @type {HTMLInputElement} */
  const by = find("[name=by]", dialog), /** @type {HTMLInputElement} */ keeps = find("[name=keep]", dialog);
  /** @type {HTMLButtonElement[]} */
  const buttons = findAll("button", dialog);
  writer = by.value.trim();
  notice("write-failed");
  for (const one of buttons) one.disabled = true;
  try {
    await write();
    remember(keeps.checked);
    shut();
  } catch (error) {
    notice("write-failed", whatFailed(error));
  } finally {
    for (const one of buttons) one.disabled = false;
  }
}

/** @type {(error: unknown) => string} */
function whatFailed(error) {
  if (error instanceof Unsaid) return text(error.message);
  if (error instanceof OtherFolder) return text("write.other", {name: error.message, folder: folderCalled()});
  if (error instanceof RangeError) return text("write.refused");
  if (error instanceof DOMException && error.name === "AbortError") return text("write.none", {folder: folderCalled()});
  return text("write.failed", {reason: error instanceof Error ? error.message : String(error)});
}

/** @type {(id: string, label: string, value?: string) => HTMLElement} */
function area(id, label, value = "") {
  const box = element("textarea", {id: "write-" + id, name: id, rows: "2", dir: "auto", maxlength: "20000"});
  box.value = value;
  return element("div", {class: "field-of"}, element("label", {for: "write-" + id}, text(label)), box);
}

/** @type {(id: string, label: string, how?: {value?: string, type?: string, choices?: string[], autocomplete?: string, hint?: string}) => HTMLElement} */
function inputField(id, label, {value = "", type = "text", choices, autocomplete = "off", hint} = {}) {
  const box = element("input", {id: "write-" + id, name: id, type, dir: type === "text" ? "auto" : undefined, maxlength: type === "text" ? "100" : undefined,
    list: choices ? "write-list-" + id : undefined, autocomplete, "aria-describedby": hint ? "write-hint-" + id : undefined});
  box.value = value;
  return element("div", {class: "field-of"}, element("label", {for: "write-" + id}, text(label)), box,
    ...(choices ? [element("datalist", {id: "write-list-" + id}, ...choices.map(one => element("option", {value: one})))] : []),
    ...(hint ? [element("p", {class: "quiet", id: "write-hint-" + id}, text(hint))] : []));
}
