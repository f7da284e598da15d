// What items are counted and narrowed by: kind, department, person, tag and year, and the filters of a query.

import {KINDS, TEAM_FOLDERS} from "./given.js";
import {forms} from "./words.js";
import {foldFolder} from "./query.js";
import {foundByFacts} from "./said.js";
import {compareText} from "./bytes.js";
import {Moved} from "./index.js";
/** @import {Choice, Counts, Facets, Group, GroupCounts, Searched, Test} from "./types.js" */
/** @import {View} from "./view.js" */
/** @import {Index} from "./index.js" */
export {facetCounts, filterTests, narrow};

/** @type {Group[]} */
const FACETS = ["kind", "department", "person", "tag", "year"], SECONDS_A_DAY = 86400;

// Return for each segment whether an item passes a filter of a query (any but `title:`, which is about words).
/** @type {(view: View, name: string, value: string) => Promise<Test[]>} */
async function filterTests(view, name, value) {
  if (name === "after" || name === "before") return dateTests(view, name, value);
  if (name === "is") return foundByFacts(view, value);
  const facets = await view.facets();
  return facets.map(own => {
    if (name === "site") return siteTest(own, site => site === value || site.endsWith("." + value));
    if (name === "kind") return kindTest(own, [value]);
    if (name === "in") return folderTest(own, folder => `/${foldFolder(folder)}/`.includes(`/${value}/`));
    if (name === "tag") return tagTest(own, tag => forms(tag).join(" ") === value);
    const wanted = value.split(" ");
    return personTest(own, person => {
      const found = new Set(forms(person));
      return wanted.every(form => found.has(form));
    });
  });
}

// Days are enough unless the moment falls inside one.
/** @type {(view: View, name: string, value: string) => Promise<Test[]>} */
async function dateTests(view, name, value) {
  const limit = Math.ceil(Date.parse(value) / 1000), day = Math.floor(limit / SECONDS_A_DAY);
  const second = limit - day * SECONDS_A_DAY;
  const {days} = await view.columns(), times = second ? await view.times() : null, wanted = name === "after";
  return view.bases.map(base => item => {
    const doc = base + item;
    return (days[doc] > day || (days[doc] === day && (!times || times[doc] >= second))) === wanted;
  });
}

// Return those of `docs` that have one of the chosen values in each group that any are chosen of.
/** @type {(view: View, docs: Uint32Array, chosen: Partial<Choice>) => Promise<Uint32Array>} */
async function narrow(view, docs, chosen) {
  const tests = await chosenTests(view, chosen);
  return tests.reduce((kept, test) => test ? view.passing(kept, test) : kept, docs);
}

// Return for each group, for each segment, whether an item has one of the chosen values; null if all pass.
/** @type {(view: View, chosen: Partial<Choice>) => Promise<(Test[] | null)[]>} */
async function chosenTests(view, chosen) {
  const asked = FACETS.filter(group => chosen[group]?.length);
  const facets = asked.some(group => group !== "year") ? await view.facets() : [];
  const days = asked.includes("year") ? (await view.columns()).days : [];
  return FACETS.map(group => {
    if (!asked.includes(group)) return null;
    const values = new Set(chosen[group]?.map(String)), /** @type {(value: string) => boolean} */ has = value => values.has(value);
    switch (group) {
      case "kind": return facets.map(own => kindTest(own, [...values]));
      case "department": return facets.map(own => folderTest(own, folder => has(departmentOf(folder))));
      case "person": return facets.map(own => personTest(own, has));
      case "tag": return facets.map(own => tagTest(own, has));
      default: return view.bases.map(base => item => has(String(yearOf(days[base + item]))));
    }
  });
}

/** @type {(facets: Facets, values: string[]) => Test} */
function kindTest({kinds}, values) {
  const numbers = values.map(value => KINDS.indexOf(value));
  return item => numbers.includes(kinds[item]);
}

/** @type {(facets: Facets, isWanted: (folder: string) => boolean) => Test} */
function folderTest({folders, folder}, isWanted) {
  const wanted = folders.map(isWanted);
  return item => wanted[folder[item]];
}

/** @type {(facets: Facets, isWanted: (person: string) => boolean) => Test} */
function personTest({people, person}, isWanted) {
  const wanted = [false, ...people.map(isWanted)];
  return item => wanted[person[item]];
}

/** @type {(facets: Facets, isWanted: (site: string) => boolean) => Test} */
function siteTest({sites, site}, isWanted) {
  const wanted = [false, ...sites.map(isWanted)];
  return item => wanted[site[item]];
}

/** @type {(facets: Facets, isWanted: (tag: string) => boolean) => Test} */
function tagTest({tags, tag, tagEnds}, isWanted) {
  const wanted = tags.map(isWanted);
  return item => {
    for (let at = item ? tagEnds[item - 1] : 0; at < tagEnds[item]; at += 1) if (wanted[tag[at]]) return true;
    return false;
  };
}

// Return the first name of a folder; the team's own folders are no departments.
/** @type {(folder: string) => string} */
function departmentOf(folder) {
  const first = folder.split("/", 1)[0];
  return TEAM_FOLDERS.includes(first.normalize("NFC").toLowerCase()) ? "" : first;
}

// Return the year (Gregorian) of a day since 1970; a Date for each item would be slow.
/** @type {(day: number) => number} */
function yearOf(day) {
  const year = 1970 + Math.floor(day / 365.2425);
  return day < firstDay(year) ? year - 1 : day >= firstDay(year + 1) ? year + 1 : year;
}

/** @type {(year: number) => number} */
function firstDay(year) {
  const before = year - 1, leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return 365 * (year - 1970) + leapDays - 477;
}

// Resolve to {kind, department, person, tag, year}, each a Map of value to number of results (copies are one), most first:
// of what was found, as the choice in all other groups leaves it.
/** @type {(index: Index, found: Searched, chosen?: Partial<Choice>) => Promise<GroupCounts>} */
function facetCounts(index, found, chosen = {}) {
  return index.run(async view => {
    if (view !== found.view) throw new Moved("search again");
    const [facets, {days}, tests] = await Promise.all([view.facets(), view.columns(), chosenTests(view, chosen)]);
    const counters = FACETS.map(() => new Counter(view.foldCount));
    view.eachSegment(found.matched, (n, base, from, to) => {
      const own = facets[n], seers = seersOf(own, counters, item => days[base + item]);
      for (let i = from; i < to; i += 1) {
        const item = found.matched[i] - base, fold = found.folds[found.matched[i]];
        const failed = failedGroup(tests, n, item);
        if (failed === -1) for (const see of seers) see(item, fold);
        else if (failed >= 0) seers[failed](item, fold);
      }
    });
    return /** @type {GroupCounts} */ (Object.fromEntries(FACETS.map((group, g) => [group, counters[g].sorted()])));
  });
}

// Return the one group whose choice an item fails; -1 if it passes all, -2 if it fails several.
/** @type {(tests: (Test[] | null)[], n: number, item: number) => number} */
function failedGroup(tests, n, item) {
  let failed = -1;
  for (let g = 0; g < tests.length; g += 1) {
    const test = tests[g];
    if (!test || test[n](item)) continue;
    if (failed >= 0) return -2;
    failed = g;
  }
  return failed;
}

// Return for each group what counts an item of one segment in it.
/** @type {(facets: Facets, counters: Counter[], dayOf: (item: number) => number) => ((item: number, fold: number) => void)[]} */
function seersOf({folders, people, tags, kinds, folder, person, tag, tagEnds}, [kind, department, who, label, year], dayOf) {
  const ofKind = KINDS.map(value => kind.numberOf(value));
  const ofFolder = folders.map(path => department.numberOf(departmentOf(path)));
  const ofPerson = ["", ...people].map(value => who.numberOf(value)), ofTag = tags.map(value => label.numberOf(value));
  return [
    (item, fold) => kind.add(ofKind[kinds[item]], fold),
    (item, fold) => department.add(ofFolder[folder[item]], fold),
    (item, fold) => who.add(ofPerson[person[item]], fold),
    (item, fold) => {
      for (let at = item ? tagEnds[item - 1] : 0; at < tagEnds[item]; at += 1) label.add(ofTag[tag[at]], fold);
    },
    (item, fold) => year.add(year.numberOf(yearOf(dayOf(item))), fold),
  ];
}

// Counts results by value; "" is none.
class Counter {
  /** @param {number} foldCount */
  constructor(foldCount) {
    this.foldCount = foldCount;
    /** @type {Map<string | number, number>} */
    this.numbers = new Map();
    /** @type {number[]} */
    this.counts = [];
    /** @type {Set<number>} */
    this.seen = new Set();
  }

  /** @type {(value: string | number) => number} */
  numberOf(value) {
    let number = this.numbers.get(value);
    if (number === undefined) {
      number = this.counts.length;
      this.numbers.set(value, number);
      this.counts.push(0);
    }
    return number;
  }

  /** @type {(number: number, fold: number) => void} */
  add(number, fold) {
    if (fold) {
      const pair = number * this.foldCount + fold;
      if (this.seen.has(pair)) return;
      this.seen.add(pair);
    }
    this.counts[number] += 1;
  }

  /** @type {() => Counts} */
  sorted() {
    /** @type {[value: string, count: number][]} */
    const found = [...this.numbers].map(([value, number]) => [String(value), this.counts[number]]);
    return new Map(found.filter(([value, count]) => value && count).sort((a, b) => b[1] - a[1] || compareText(a[0], b[0])));
  }
}
