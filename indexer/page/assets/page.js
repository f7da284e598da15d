// What people see and press. The address holds the whole state (#q=…&type=…&in=…&sort=…), so that it can be shared.

const PAGE_SIZE = 20, TYPING_MS = 80, RETRY_MS = 5000;
const SORTS = [["relevance", "Best match"], ["newest", "Newest"], ["oldest", "Oldest"], ["name", "Name"]];
const KIND_LABELS = {pdf: "PDF", word: "Word", slides: "Slides", sheet: "Sheet", text: "Text", web: "Web page",
  mail: "Mail", book: "Book", image: "Image", link: "Link", note: "Note", question: "Question", archive: "Archive",
  other: "Other"};

const root = document.documentElement;
const find = selector => document.querySelector(selector);
const field = find("#q"), list = find("#results"), summary = find("#summary"), more = find("#more"), facets = find("#facets"),
  help = find("#help");
const state = {q: "", type: [], in: [], sort: "relevance"};
let segment = null, answer = null, turn = 0, typing = 0, isStatic = true;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", "#i-" + name);
  svg.append(use);
  return svg;
}

const number = value => value.toLocaleString("en");
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

// --- the address ----------------------------------------------------------------------------------

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  state.q = given.get("q") ?? "";
  state.type = given.getAll("type").filter(kind => kind in KIND_LABELS);
  state.in = given.getAll("in");
  state.sort = SORTS.some(([name]) => name === given.get("sort")) ? given.get("sort") : "relevance";
}

function address() {
  const given = new URLSearchParams();
  if (state.q.trim()) given.set("q", state.q);
  state.type.forEach(kind => given.append("type", kind));
  state.in.forEach(name => given.append("in", name));
  if (state.sort !== "relevance") given.set("sort", state.sort);
  return given.toString();
}

function writeAddress() {
  const next = address();
  if (next !== location.hash.slice(1)) history.replaceState(null, "", next ? "#" + next : location.pathname + location.search);
}

// --- searching ------------------------------------------------------------------------------------

async function run() {
  turn += 1;
  const mine = turn;
  if (!segment) return;
  const isHome = !state.q.trim() && !state.type.length && !state.in.length && state.sort === "relevance";
  if (!isHome || !isStatic) list.setAttribute("aria-busy", "true");
  const began = performance.now();
  try {
    const found = await search(segment, parseQuery(state.q), {sort: state.sort, kinds: state.type, departments: state.in});
    if (mine !== turn) return;
    const took = performance.now() - began;
    const rows = isHome && isStatic ? null : await rowsOf(found, 0);
    if (mine !== turn) return;
    answer = found;
    if (rows) {
      list.replaceChildren(...rows);
      isStatic = false;
    }
    show(took);
  } catch (error) {
    if (mine === turn) showTrouble(error);
  }
  if (mine === turn) list.setAttribute("aria-busy", "false");
}

async function rowsOf(found, from) {
  return Promise.all(found.docs.slice(from, from + PAGE_SIZE).map(async doc => {
    const copies = await Promise.all((found.copies.get(doc) ?? []).map(copy => segment.about(copy)));
    return row(await segment.about(doc), snippetOf(await segment.passages(doc), found.terms, segment.languageOf(doc)), copies);
  }));
}

async function showMore() {
  if (!answer) return;
  const mine = turn, shown = list.children.length;
  try {
    const rows = await rowsOf(answer, shown);
    if (mine !== turn) return;
    isStatic = false;
    list.append(...rows);
    rows[0]?.querySelector("a.title").focus();
    showRest();
  } catch (error) { showTrouble(error); }
}

function showTrouble() {
  list.setAttribute("aria-busy", "false");
  notice("trouble", "This page is just being updated. It tries again by itself; reloading it helps as well.");
  setTimeout(() => location.reload(), RETRY_MS + Math.random() * RETRY_MS);
}

// --- showing --------------------------------------------------------------------------------------

function row(item, snippet, copies) {
  const link = element("a", {class: "title", href: hrefOf(item, snippet.page)}, element("bdi", {}, item.title || item.path));
  if (item.url) link.rel = "noopener noreferrer nofollow";
  const meta = element("p", {class: "meta"}, element("time", {datetime: new Date(item.date * 1000).toISOString()}, dateText(item.date)));
  const names = item.folder ? item.folder.split("/") : [];
  if (names.length) meta.append(element("b", {}, names[0]), names.slice(1).map(name => " › " + name).join(""), " · ");
  meta.append(KIND_LABELS[item.kind] + (snippet.page ? `, p. ${snippet.page}` : ""));
  if (item.author) meta.append(" · " + item.author);
  if (item.url) meta.append(" · " + shortAddress(item.url));
  if (item.onlineOnly) meta.append(element("span", {class: "badge"}, icon("cloud"), "Online only"));
  const body = element("div", {class: "r"}, element("h3", {}, link), meta, marked(snippet));
  if (copies.length) {
    body.append(element("details", {class: "copies"}, element("summary", {}, `${copies.length} ${copies.length > 1 ? "copies" : "copy"}`),
      ...copies.map(copy => element("div", {}, element("a", {href: hrefOf(copy, 0)}, copy.path)))));
  }
  const links = item.links.filter(([url]) => /^(?:https?|mailto):/i.test(url));
  if (links.length) {
    body.append(element("details", {class: "copies links"}, element("summary", {}, `${links.length} ${links.length > 1 ? "links" : "link"} in it`),
      ...links.map(([url, words]) => element("div", {}, element("a", {href: url, rel: "noopener noreferrer nofollow"}, words || shortAddress(url))))));
  }
  return element("li", {"data-path": item.path, "data-id": item.id}, icon(item.kind), body);
}

// Only web and mail addresses are links; whatever else a file may claim leads to the file itself.
function hrefOf(item, page) {
  if (item.url && /^(?:https?|mailto):/i.test(item.url)) return item.url;
  return item.href + (page && item.kind === "pdf" ? "#page=" + page : "");
}

function shortAddress(url) {
  const bare = url.replace(/^[a-z]+:(?:\/\/)?(?:www\.)?/i, "").replace(/\/$/, "");
  return bare.length > 60 ? bare.slice(0, 59) + "…" : bare;
}

function marked(snippet) {
  const paragraph = element("p", {class: "snippet"});
  let at = 0;
  for (const [start, end] of snippet.marks) {
    paragraph.append(snippet.text.slice(at, start), element("mark", {}, snippet.text.slice(start, end)));
    at = end;
  }
  paragraph.append(snippet.text.slice(at));
  return paragraph;
}

function dateText(seconds) {
  const date = new Date(seconds * 1000), today = new Date();
  const days = Math.round((new Date(today).setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86400000);
  const time = `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
  if (days === 0 || days === 1) return (days ? "Yesterday, " : "Today, ") + time;
  return `${date.getDate()} ${["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][date.getMonth()]} ${date.getFullYear()}`;
}

function show(took) {
  const asks = Boolean(state.q.trim()) || state.type.length || state.in.length;
  root.dataset.state = answer.total ? asks ? "results" : "home" : segment.count ? "none" : "empty";
  showSummary(took, Boolean(asks));
  showNotices();
  showSorts();
  showFacets();
  showChosen();
  if (!answer.total && segment.count) showNone();
  showRest();
}

function showSummary(took, asks) {
  const scored = isScored(parseQuery(state.q));
  const order = {newest: "newest first", oldest: "oldest first", name: "by name"}[state.sort];
  summary.dataset.total = answer.total;
  const tail = scored && !order ? `, ${Math.max(1, Math.round(took))} ms` : `, ${order ?? "newest first"}`;
  summary.replaceChildren(element("b", {}, number(answer.total)), ` item${answer.total === 1 ? "" : "s"}${answer.total || !asks ? tail : ""}`);
}

function showNotices() {
  const words = plainText(state.q);
  notice("relaxed", answer.relaxed
    && `No item has all of “${words}”. These have ${answer.relaxed === answer.asked ? "all" : `at least ${answer.relaxed}`} of the ${answer.asked} words.`);
  notice("left-out", answer.leftOut.length
    && `This page can't yet tell ${answer.leftOut.join(", ")}: phrases and ~ are searched as plain words, other filters are left out. “indexer search” knows them all.`);
  notice("incomplete", !answer.complete && "The beginning of this word fits very many words: only the most frequent are searched.");
  notice("trouble", false);
}

function notice(id, text) {
  const place = find("#" + id);
  place.hidden = !text;
  place.textContent = text || "";
}

const plainText = text => text.trim().replace(/\s+/g, " ");

function showSorts() {
  const scored = isScored(parseQuery(state.q));
  const present = scored ? state.sort : state.sort === "relevance" ? "newest" : state.sort;
  for (const input of document.querySelectorAll("input[name=sort]")) {
    input.checked = input.value === present;
    input.parentElement.hidden = input.value === "relevance" && !scored;
  }
}

function showFacets() {
  fillFacet("department", [...answer.counts.department.keys()].sort(compareText), state.in, name => [name]);
  const kinds = [...answer.counts.kind].sort((a, b) => b[1] - a[1] || compareText(a[0], b[0])).map(([kind]) => kind);
  fillFacet("kind", kinds, state.type, kind => [icon(kind), KIND_LABELS[kind]]);
  const count = state.type.length + state.in.length, badge = find(".find .ff b");
  badge.textContent = count || "";
}

function fillFacet(group, values, chosenOnes, label) {
  const place = find(`fieldset[data-group=${group}]`), inside = place.contains(document.activeElement) && document.activeElement.value;
  const every = [...values, ...chosenOnes.filter(value => !values.includes(value))];
  const rows = every.map(value => {
    const box = element("input", {type: "checkbox", value, checked: chosenOnes.includes(value)});
    const parts = label(value), text = parts.pop();
    return element("label", {}, box, ...parts, element("span", {}, element("bdi", {}, text)),
      element("data", {value: answer.counts[group].get(value) ?? 0}, number(answer.counts[group].get(value) ?? 0)));
  });
  place.replaceChildren(place.firstElementChild, ...rows);
  place.hidden = !rows.length;
  if (inside) [...place.querySelectorAll("input")].find(input => input.value === inside)?.focus();
}

function showChosen() {
  const chips = [...state.in.map(name => ["in", name, name]), ...state.type.map(kind => ["type", kind, KIND_LABELS[kind]])];
  const place = find(".chosen");
  place.replaceChildren(...chips.map(([group, value, label]) => {
    const button = element("button", {type: "button", class: "btn", "aria-label": `${label}: remove this filter`}, element("bdi", {}, label), icon("x"));
    button.addEventListener("click", () => change({[group]: state[group].filter(one => one !== value)}));
    return button;
  }));
  if (chips.length) {
    const clear = element("button", {type: "button", class: "txt"}, "Clear filters");
    clear.addEventListener("click", () => change({type: [], in: []}));
    place.append(clear);
  }
  place.hidden = !chips.length;
}

async function showNone() {
  const words = plainText(state.q), mine = turn;
  find("#none h2").textContent = words ? `Nothing found for “${words}”` : "Nothing fits these filters";
  find("#none-searched").textContent = `Searched: titles, names, texts, addresses and tags of ${plural(segment.count, "item")}.`;
  const place = find("#none ul"), ways = [];
  if (state.type.length || state.in.length) ways.push(["Without filters", {q: state.q, type: [], in: []}]);
  const query = parseQuery(state.q), parts = query[0] === "and" ? query.slice(1) : [query];
  for (const part of parts.filter(part => part[0] === "word").slice(0, 4)) {
    if (Array.from(part[1]).length > 4) ways.push([`The beginning of a word`, {q: part[1].slice(0, Math.max(4, part[1].length - 3)) + "*", type: [], in: []}]);
    if (parts.length > 1) ways.push(["One word", {q: part[1], type: [], in: []}]);
  }
  const rows = [];
  for (const [label, next] of ways) {
    const found = await search(segment, parseQuery(next.q), {kinds: next.type, departments: next.in});
    if (mine !== turn) return;
    if (!found.total || found.relaxed) continue;
    const link = element("a", {href: "#" + new URLSearchParams(next.q ? {q: next.q} : {})}, next.q || "everything");
    rows.push(element("li", {}, label + ": ", link, " ", element("span", {class: "quiet n"}, plural(found.total, "item"))));
  }
  place.replaceChildren(...rows.slice(0, 5));
  find("#none-ways").hidden = !rows.length;
}

function showRest() {
  const left = answer.total - list.children.length;
  more.hidden = left <= 0;
  more.textContent = `${number(Math.min(PAGE_SIZE, left))} more`;
}

// --- acting ---------------------------------------------------------------------------------------

function change(next) {
  Object.assign(state, next);
  writeAddress();
  run();
}

field.addEventListener("input", () => {
  clearTimeout(typing);
  list.setAttribute("aria-busy", "true");
  typing = setTimeout(() => change({q: field.value}), TYPING_MS);
});
find(".find").addEventListener("submit", event => {
  event.preventDefault();
  clearTimeout(typing);
  change({q: field.value});
});
find(".find").addEventListener("reset", () => setTimeout(() => { change({q: ""}); field.focus(); }));
more.addEventListener("click", showMore);
facets.addEventListener("change", event => {
  const group = event.target.closest("fieldset").dataset.group === "kind" ? "type" : "in", value = event.target.value;
  change({[group]: event.target.checked ? [...state[group], value] : state[group].filter(one => one !== value)});
});
for (const input of document.querySelectorAll("input[name=sort]")) {
  input.addEventListener("change", () => change({sort: input.value}));
}
for (const button of document.querySelectorAll(".ff")) button.addEventListener("click", () => toggleFacets());
for (const button of document.querySelectorAll("[data-help]")) button.addEventListener("click", () => help.showModal());
addEventListener("hashchange", () => {
  readAddress();
  if (field.value !== state.q) field.value = state.q;
  run();
});

function toggleFacets(open = !facets.hasAttribute("data-open")) {
  facets.toggleAttribute("data-open", open);
  for (const button of document.querySelectorAll(".ff")) button.setAttribute("aria-expanded", open);
  (open ? facets.querySelector("button") : find(".find .ff"))?.focus();
}

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  const target = event.target, titles = [...list.querySelectorAll("a.title")], at = titles.indexOf(target);
  const inField = target === field;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (target.closest("aside, fieldset") || (inField && event.key === "ArrowUp")) return;
    event.preventDefault();
    const next = event.key === "ArrowDown" ? at + 1 : at - 1;
    (next < 0 ? field : titles[Math.min(next, titles.length - 1)] ?? field).focus();
  } else if (event.key === "Escape") {
    if (facets.hasAttribute("data-open")) toggleFacets(false);
    else if (inField && field.value) { event.preventDefault(); field.value = ""; clearTimeout(typing); change({q: ""}); }
    else field.focus();
  } else if (inField && event.key === "Enter" && answer && titles[0] && field.value === state.q && list.getAttribute("aria-busy") !== "true") {
    event.preventDefault();
    titles[0].focus();
  } else if (!inField && event.key === "/") { event.preventDefault(); field.focus(); field.select(); }
  else if (!inField && event.key === "?") { event.preventDefault(); help.showModal(); }
});

// --- beginning ------------------------------------------------------------------------------------

async function begin() {
  readAddress();
  if (field.value && !state.q) state.q = field.value;
  field.value = state.q;
  if (typeof DecompressionStream === "undefined") {
    notice("trouble", "This browser is too old to search here. The newest items are below.");
    return;
  }
  if (address()) list.setAttribute("aria-busy", "true");
  loader.from(root.dataset.directory);
  try {
    segment = await Segment.open(root.dataset.head);
  } catch (error) {
    showTrouble(error);
    return;
  }
  for (const time of list.querySelectorAll("time")) time.textContent = dateText(Date.parse(time.dateTime) / 1000);
  await run();
}

begin();
