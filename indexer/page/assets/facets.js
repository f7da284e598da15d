// What the items can be narrowed by: groups of values with counts at the side (a strip and a drawer on a phone), and the
// chosen ones above the list, to be taken off one by one.

import {TEXTS} from "./given.js";
import {number, text} from "./texts.js";
import {button, element, find, icon} from "./dom.js";
import {GROUPS, noChoice} from "./address.js";
import {personName} from "./rows.js";
export {HOME_VALUES, countMaps, facets, openGroups, showChosen, showFacets, toggleFacets};

const SHOWN_VALUES = 8, HOME_VALUES = 50;
const facets = find("#facets"), openGroups = new Set();

function labelOf(group, value) {
  return group === "kind" ? text("kind." + value) : group === "person" ? personName(value) : value;
}

// Show the groups: `counts` has a Map of value to count for each.
function showFacets(counts, chosen) {
  for (const [group] of GROUPS) showGroup(group, counts[group], chosen[group]);
  const count = GROUPS.reduce((sum, [group]) => sum + chosen[group].length, 0);
  find(".find .ff b").textContent = count || "";
}

function showGroup(group, counts, chosen) {
  const place = find(`fieldset[data-group=${group}]`), isOpen = openGroups.has(group);
  const values = inOrder(group, counts, chosen), most = Math.max(SHOWN_VALUES, chosen.length);
  const focused = place.contains(document.activeElement) ? document.activeElement.value || "more" : "";
  const rows = (isOpen ? values : values.slice(0, most))
    .map(value => valueRow(group, value, counts.get(value) ?? 0, chosen.includes(value)));
  if (values.length > most) rows.push(moreValues(group, values.length - most, isOpen, place));
  place.replaceChildren(place.firstElementChild, ...rows);
  place.hidden = !values.length;
  if (focused) [...place.querySelectorAll("input, button")].find(one => (one.value || "more") === focused)?.focus({preventScroll: true});
}

// Chosen ones first, then by count; years from the last one on, few departments by name. Equal counts stand by name.
function inOrder(group, counts, chosen) {
  const others = [...counts.keys()].filter(value => !chosen.includes(value) && counts.get(value));
  const byName = (a, b) => labelOf(group, a).localeCompare(labelOf(group, b), TEXTS.language, {numeric: true});
  if (group === "year") others.sort((a, b) => b - a);
  else if (group === "department" && others.length <= SHOWN_VALUES) others.sort(byName);
  else others.sort((a, b) => counts.get(b) - counts.get(a) || byName(a, b));
  return [...chosen, ...others];
}

function valueRow(group, value, count, isChosen) {
  const name = element("span", {}, element("bdi", {}, labelOf(group, value)));
  const box = element("input", {type: "checkbox", value});
  box.checked = isChosen;
  const row = element("label", {}, box, name, element("data", {value: count}, number(count)));
  if (group === "kind") name.before(icon(value));
  return row;
}

function moreValues(group, rest, isOpen, place) {
  return button({class: "txt", "aria-expanded": String(isOpen)}, () => {
    openGroups[isOpen ? "delete" : "add"](group);
    place.dispatchEvent(new CustomEvent("opened", {bubbles: true}));
  }, isOpen ? text("fewer") : text("more." + group, {n: rest}));
}

// Show the chosen ones as chips; `change` gets the choice without one of them, or none at all.
function showChosen(chosen, change) {
  const place = find(".chosen"), chips = [], hadFocus = place.contains(document.activeElement);
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
function toggleFacets(isOpen = !facets.hasAttribute("data-open")) {
  facets.toggleAttribute("data-open", isOpen);
  for (const other of [find("header"), find("#side"), find("#main"), find("footer")]) other.inert = isOpen;
  for (const one of document.querySelectorAll(".ff")) one.setAttribute("aria-expanded", isOpen);
  (isOpen ? facets.querySelector(".ff") : find(".find .ff")).focus();
}

// Return the counts a head or a search gives as one Map a group.
function countMaps(counts) {
  return Object.fromEntries(GROUPS.map(([group]) =>
    [group, new Map([...counts[group] ?? []].map(([value, count]) => [String(value), count]))]));
}
