// What the items can be narrowed by: groups of values with counts at the side (a strip and a drawer on a phone), and the
// chosen ones above the list, to be taken off one by one.

import {TEXTS} from "./given.js";
import {number, text} from "./texts.js";
import {button, element, find, findAll, focusedIn, icon} from "./dom.js";
import {GROUPS, noChoice} from "./address.js";
import {personName} from "./result.js";
/** @import {Choice, Counts, Group, GroupCounts} from "./types.js" */
export {HOME_VALUES, countMaps, facets, openGroups, showChosen, showFacets, toggleFacets};

const SHOWN_VALUES = 8, HOME_VALUES = 50;
const facets = find("#facets"), /** @type {Set<Group>} */ openGroups = new Set();

/** @type {(group: Group, value: string) => string} */
function labelOf(group, value) {
  return group === "kind" ? text("kind." + value) : group === "person" ? personName(value) : value;
}

// Show the groups: `counts` has a Map of value to count for each.
/** @type {(counts: GroupCounts, chosen: Choice) => void} */
function showFacets(counts, chosen) {
  for (const [group] of GROUPS) showGroup(group, counts[group], chosen[group]);
  const count = GROUPS.reduce((sum, [group]) => sum + chosen[group].length, 0);
  find(".find .ff b").textContent = count ? String(count) : "";
}

/** @type {(group: Group, counts: Counts, chosen: string[]) => void} */
function showGroup(group, counts, chosen) {
  const place = find(`fieldset[data-group=${group}]`), isOpen = openGroups.has(group);
  const values = inOrder(group, counts, chosen), most = Math.max(SHOWN_VALUES, chosen.length);
  /** @type {HTMLInputElement | null} */
  const active = focusedIn(place), focused = active && (active.value || "more");
  const rows = (isOpen ? values : values.slice(0, most))
    .map(value => valueRow(group, value, counts.get(value) ?? 0, chosen.includes(value)));
  if (values.length > most) rows.push(moreValues(group, values.length - most, isOpen, place));
  place.replaceChildren(find("legend", place), ...rows);
  place.hidden = !values.length;
  /** @type {HTMLInputElement[]} */
  const present = findAll("input, button", place);
  if (focused) present.find(one => (one.value || "more") === focused)?.focus({preventScroll: true});
}

// Chosen ones first, then by count; years from the last one on, few departments by name. Equal counts stand by name.
/** @type {(group: Group, counts: Counts, chosen: string[]) => string[]} */
function inOrder(group, counts, chosen) {
  /** @type {(value: string) => number} */
  const count = value => counts.get(value) ?? 0;
  const others = [...counts.keys()].filter(value => !chosen.includes(value) && count(value));
  /** @type {(a: string, b: string) => number} */
  const byName = (a, b) => labelOf(group, a).localeCompare(labelOf(group, b), TEXTS.language, {numeric: true});
  if (group === "year") others.sort((a, b) => Number(b) - Number(a));
  else if (group === "department" && others.length <= SHOWN_VALUES) others.sort(byName);
  else others.sort((a, b) => count(b) - count(a) || byName(a, b));
  return [...chosen, ...others];
}

/** @type {(group: Group, value: string, count: number, isChosen: boolean) => HTMLElement} */
function valueRow(group, value, count, isChosen) {
  const name = element("span", {}, element("bdi", {}, labelOf(group, value)));
  const box = element("input", {type: "checkbox", value});
  box.checked = isChosen;
  const row = element("label", {}, box, name, element("data", {value: count}, number(count)));
  if (group === "kind") name.before(icon(value));
  return row;
}

/** @type {(group: Group, rest: number, isOpen: boolean, place: HTMLElement) => HTMLElement} */
function moreValues(group, rest, isOpen, place) {
  return button({class: "txt", "aria-expanded": String(isOpen)}, () => {
    openGroups[isOpen ? "delete" : "add"](group);
    place.dispatchEvent(new CustomEvent("opened", {bubbles: true}));
  }, isOpen ? text("fewer") : text("more." + group, {n: rest}));
}

// Show the chosen ones as chips; `change` gets the choice without one of them, or none at all.
/** @type {(chosen: Choice, change: (chosen: Choice) => void) => void} */
function showChosen(chosen, change) {
  const place = find(".chosen"), /** @type {HTMLElement[]} */ chips = [], hadFocus = focusedIn(place);
  for (const [group] of GROUPS) {
    for (const value of chosen[group]) {
      const name = labelOf(group, value);
      chips.push(button({class: "btn", "aria-label": text("filters.remove", {name})},
        () => change({...chosen, [group]: chosen[group].filter(one => one !== value)}), element("bdi", {}, name), icon("x")));
    }
  }
  const clear = button({class: "txt"}, () => change(noChoice()), text("filters.clear"));
  place.replaceChildren(...chips, ...(chips.length ? [clear] : []));
  place.hidden = !chips.length;
  if (hadFocus) (chips[0] ?? find("#q")).focus({preventScroll: true});
}

// The drawer on a phone is all there is while it is open.
/** @type {(isOpen?: boolean) => void} */
function toggleFacets(isOpen = !facets.hasAttribute("data-open")) {
  facets.toggleAttribute("data-open", isOpen);
  for (const other of [find("header"), find("#side"), find("#main"), find("footer")]) other.inert = isOpen;
  for (const one of findAll(".ff")) one.setAttribute("aria-expanded", String(isOpen));
  find(isOpen ? "#facets .ff" : ".find .ff").focus();
}

// Return the counts a head or a search gives as one Map a group.
/** @type {(counts: Record<Group, Iterable<[value: string, count: number]>>) => GroupCounts} */
function countMaps(counts) {
  return /** @type {GroupCounts} */ (Object.fromEntries(GROUPS.map(([group]) =>
    [group, new Map([...counts[group] ?? []].map(([value, count]) => [String(value), count]))])));
}
