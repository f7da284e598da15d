// What was asked, and its address: the part behind # holds all of it (#q=…&type=…&in=…&by=…&tag=…&year=…&sort=…), so
// that a search can be kept, shared and gone back to.

import {TEXTS} from "./given.js";
/** @import {Asked, Asking, Choice, Group, Sort} from "./types.js" */
export {GROUPS, addressOf, hasChoice, noChoice, plain, readAddress, trail};

/** @type {Sort[]} */
const SORTS = ["relevance", "newest", "oldest", "name"];
/** @type {[group: Group, name: string][]} */
const GROUPS = [["department", "in"], ["kind", "type"], ["year", "year"], ["tag", "tag"], ["person", "by"]];

/** @type {() => Choice} */
function noChoice() {
  return {department: [], kind: [], year: [], tag: [], person: []};
}

// Read the address; null if it is no search but a place in the page.
/** @type {(hash: string) => Asked | null} */
function readAddress(hash) {
  const raw = hash.replace(/^#/, "");
  if (raw && !raw.includes("=")) return null;
  const given = new URLSearchParams(raw), chosen = noChoice();
  for (const [group, name] of GROUPS) chosen[group] = [...new Set(given.getAll(name))].filter(value => isValue(group, value));
  const sort = /** @type {Sort} */ (given.get("sort"));
  return {q: given.get("q") ?? "", chosen, sort: SORTS.includes(sort) ? sort : "relevance"};
}

/** @type {(group: Group, value: string) => boolean} */
function isValue(group, value) {
  if (group === "kind") return "kind." + value in TEXTS;
  return group === "year" ? /^\d{4}$/.test(value) : value !== "";
}

/** @type {(asked: Asking) => string} */
function addressOf({q = "", chosen = noChoice(), sort = "relevance"}) {
  const given = new URLSearchParams();
  if (q.trim()) given.set("q", q.trim());
  for (const [group, name] of GROUPS) for (const value of chosen[group]) given.append(name, value);
  if (sort !== "relevance") given.set("sort", sort);
  return "#" + given;
}

// Return a query as it is shown.
/** @type {(q: string) => string} */
function plain(q) {
  return q.trim().replace(/\s+/g, " ");
}

/** @type {(chosen: Choice) => boolean} */
function hasChoice(chosen) {
  return GROUPS.some(([group]) => chosen[group].length);
}

// The way back. While one types the address is overwritten, and not at each letter: browsers count. All else is a step.
const KEPT_MS = 250;
const trail = {
  /** @type {Asking} */
  next: {},
  isSettled: true,
  isStep: false,
  waiting: 0,
  /** @type {(state: Asked, isTyped: boolean) => void} */
  keep(state, isTyped) {
    this.next = state;
    this.isStep ||= !isTyped || this.isSettled;
    this.isSettled = !isTyped;
    clearTimeout(this.waiting);
    if (isTyped) this.waiting = setTimeout(() => this.write(), KEPT_MS);
    else this.write();
  },
  write() {
    const address = addressOf(this.next), isOther = address !== addressOf(readAddress(location.hash) ?? {});
    const place = address === "#" ? location.pathname + location.search : address;
    try {
      if (isOther) history[this.isStep ? "pushState" : "replaceState"](null, "", place);
    } catch { /* too many at once */ }
    this.drop();
  },
  // The typing is done: what follows is a step.
  settle() {
    if (this.waiting) this.write();
    this.isSettled = true;
  },
  // The address was changed by somebody else.
  follow() {
    this.drop();
    this.isSettled = true;
  },
  drop() {
    clearTimeout(this.waiting);
    this.waiting = 0;
    this.isStep = false;
  },
};
