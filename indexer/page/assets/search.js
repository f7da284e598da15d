// The data files and the search over them: indexer/page/segments.py says how they are written, indexer/ranking.py how
// results are ranked. Nothing here touches the document but to add script elements, the one way to load from file://.

const K1 = 1.2, B = 0.75, RECENCY_GAIN = 0.2, RECENCY_HALF_LIFE_DAYS = 180, MAX_EXPANSIONS = 256;

// One data file after the other: load(name) gives its bytes, once each.
const loader = (() => {
  const waiting = new Map(), loaded = new Map();
  let directory = "";

  window.F = (name, packed, length) => {
    const entry = waiting.get(name);
    if (entry) inflate(packed, length).then(entry.resolve, entry.reject);
  };

  async function inflate(packed, length) {
    const raw = atob(packed), bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const whole = new Uint8Array(await new Response(stream).arrayBuffer());
    if (whole.length !== length) throw new Error("damaged data file");
    return whole;
  }

  function load(name) {
    if (!loaded.has(name)) {
      const promise = new Promise((resolve, reject) => {
        waiting.set(name, {resolve, reject});
        const script = document.createElement("script");
        script.src = directory + "/" + name + ".js";
        script.onload = () => script.remove();
        script.onerror = () => { script.remove(); reject(new Error("missing data file")); };
        document.head.append(script);
      });
      promise.catch(() => loaded.delete(name)).finally(() => waiting.delete(name));
      loaded.set(name, promise);
    }
    return loaded.get(name);
  }

  return {
    load,
    from(name) { directory = name; },
    async json(name) { return JSON.parse(new TextDecoder().decode(await load(name))); },
  };
})();

// The items of the page by number, and what is known of each.
class Segment {
  static async open(name) {
    return new Segment(await loader.json(name));
  }

  constructor(head) {
    Object.assign(this, head);
    this.count = this.kind.length;
    this.meanLength = this.count ? this.length.reduce((a, b) => a + b, 0) / this.count : 0;
    this.folderKeys = this.folders.map(name => "/" + foldFolder(name) + "/");
    this.languages = [...new Set(this.language)].map(code => this.codes[code]).filter(Boolean).sort();
    this.functionWords = new Set(this.functionWords);
    this.departments = this.folders.map(name => name.split("/", 1)[0]);
    this.bounds = this.shards.map(([first]) => new TextEncoder().encode(first));
    this.everything = Uint32Array.from({length: this.count}, (_, i) => i);
    this.decoded = new Map();
    this.rows = new Map();
  }

  // Return {id, path, href, title, author, url, size, tags, onlineOnly, kind, folder, date} of an item.
  async about(doc) {
    const page = Math.floor(doc / this.perAbout);
    const rows = await this.memo(this.rows, page, () => loader.json(this.abouts[page]));
    const [id, path, href, title, author, url, size, tags, flags, links] = rows[doc % this.perAbout];
    return {doc, id, path, href, title, author, url, size, tags, links, onlineOnly: Boolean(flags & 1),
      kind: this.kinds[this.kind[doc]], folder: this.folders[this.folder[doc]], date: this.date[doc]};
  }

  languageOf(doc) {
    return this.codes[this.language[doc]];
  }

  // Return the passages of an item for its snippet: [[text, page or 0], …].
  async passages(doc) {
    const file = this.text[doc];
    let first = doc;
    while (first > 0 && this.text[first - 1] === file) first -= 1;
    return (await loader.json(this.texts[file]))[doc - first];
  }

  memo(map, key, make) {
    if (!map.has(key)) {
      const made = make();
      map.set(key, made);
      made.catch(() => map.delete(key));
    }
    return map.get(key);
  }

  shardOf(key) {
    let low = 0, high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.bounds[middle], key) <= 0) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  // Return the terms of one shard: sorted [{key, df, at, end}] with its bytes.
  shard(number) {
    return this.memo(this.decoded, number, async () => readShard(await loader.load(this.shards[number][1])));
  }

  // Return [doc, weight, doc, weight, …] of a term; nothing where it is unknown.
  async postings(term) {
    const key = new TextEncoder().encode(term), number = this.shardOf(key);
    if (number < 0) return [];
    const shard = await this.shard(number), entry = shard.byTerm.get(term);
    return entry ? readPostings(shard.bytes, entry) : [];
  }

  // Return the most frequent forms that begin so, ties by spelling, and whether these are all.
  async expand(prefix) {
    const from = Math.max(0, this.shardOf(new TextEncoder().encode(prefix)));
    const found = [];
    for (let number = from; number < this.shards.length; number += 1) {
      const shard = await this.shard(number);
      let past = false;
      for (const [term, entry] of shard.byTerm) {
        if (term.startsWith(prefix)) found.push([term, entry.df]);
        else if (found.length) { past = true; break; }
      }
      if (past || (number + 1 < this.shards.length && !couldHold(this.shards[number + 1][0], prefix))) break;
    }
    found.sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
    return {terms: found.slice(0, MAX_EXPANSIONS).map(([term]) => term), complete: found.length <= MAX_EXPANSIONS};
  }
}

function couldHold(first, prefix) {
  return first.startsWith(prefix) || compareBytes(new TextEncoder().encode(first), new TextEncoder().encode(prefix)) <= 0;
}

function compareBytes(a, b) {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

// Compare by code points, as Python does.
function compareText(a, b) {
  return a === b ? 0 : compareBytes(new TextEncoder().encode(a), new TextEncoder().encode(b));
}

function readShard(bytes) {
  const byTerm = new Map(), decoder = new TextDecoder();
  let at = 0, key = new Uint8Array(0);
  const number = () => {
    let value = 0, shift = 1, byte;
    do { byte = bytes[at]; at += 1; value += (byte & 127) * shift; shift *= 128; } while (byte > 127);
    return value;
  };
  while (at < bytes.length) {
    const shared = number(), size = number();
    const next = new Uint8Array(shared + size);
    next.set(key.subarray(0, shared));
    next.set(bytes.subarray(at, at + size), shared);
    key = next;
    at += size;
    const df = number(), length = number();
    byTerm.set(decoder.decode(key), {df, at, end: at + length});
    at += length;
  }
  return {bytes, byTerm};
}

function readPostings(bytes, {at, end}) {
  const found = [];
  let doc = -1;
  const number = () => {
    let value = 0, shift = 1, byte;
    do { byte = bytes[at]; at += 1; value += (byte & 127) * shift; shift *= 128; } while (byte > 127);
    return value;
  };
  while (at < end) {
    const value = number(), small = value % 16;
    doc += Math.floor(value / 16) + 1;
    found.push(doc, small < 15 ? small : 15 + number());
  }
  return found;
}

// Answer a query: {docs in order, copies by doc, total, relaxed, asked, complete, leftOut, terms, counts}.
async function search(segment, query, {sort = "relevance", kinds = [], departments = [], now = Date.now()} = {}) {
  const leaves = new Map(), terms = new Set(), leftOut = [];
  let complete = true;
  const scored = isScored(query);
  let found = await match(query), relaxed = 0, asked = 0;
  if (!found.size) {
    const parts = query[0] === "and" ? query.slice(1) : [query];
    const every = parts.filter(part => part[0] === "word" || part[0] === "phrase");
    const rest = parts.filter(part => part[0] !== "word" && part[0] !== "phrase");
    // A function word counts as found everywhere, or a long question would find the items that are long.
    const telling = every.filter(part => part[0] !== "word" || !segment.functionWords.has(part[1]));
    const loose = telling.length ? telling : every, granted = every.length - loose.length;
    const least = Math.max(1, Math.ceil(every.length / 2) - granted);
    if (every.length > 1) {
      const counts = new Map(), allowed = rest.length ? await match(["and", ...rest]) : null;
      for (const part of loose) {
        for (const doc of await match(part)) {
          if (!allowed || allowed.has(doc)) counts.set(doc, (counts.get(doc) ?? 0) + 1);
        }
      }
      for (let level = granted ? loose.length : loose.length - 1; level >= least && !found.size; level -= 1) {
        found = new Set([...counts].filter(([, count]) => count >= level).map(([doc]) => doc));
        relaxed = found.size ? level : 0;
        asked = loose.length;
      }
    }
  }
  const scores = scored ? await score() : null;
  const counts = countFacets(segment, found, kinds, departments);
  const order = scored ? sort : sort === "relevance" ? "newest" : sort;
  const narrowed = [...found].filter(doc => chosen(segment, doc, kinds, departments));
  const {docs, copies} = await ordered(segment, narrowed, order, scores);
  return {docs, copies, total: docs.length, relaxed, asked, complete, leftOut, terms, counts};

  async function match(part) {
    switch (part[0]) {
      case "and": return matchAll(part.slice(1));
      case "or": {
        const sets = [];
        for (const one of part.slice(1)) sets.push(await match(one));
        return new Set(sets.flatMap(set => [...set]));
      }
      case "not": {
        if (isLeftOut(part[1])) return new Set(segment.everything);
        const without = await match(part[1]);
        return new Set([...segment.everything].filter(doc => !without.has(doc)));
      }
      case "filter": return matchFilter(part);
    }
    return new Set((await leaf(part)).keys());
  }

  async function matchAll(parts) {
    let kept = null;
    const ordered = [...parts.filter(part => part[0] !== "not"), ...parts.filter(part => part[0] === "not")];
    for (const part of ordered) {
      if (part[0] === "filter" && isLeftOut(part)) continue;
      const one = await match(part);
      kept = kept === null ? one : new Set([...kept].filter(doc => one.has(doc)));
    }
    return kept ?? new Set(segment.everything);
  }

  function isLeftOut(part) {
    if (part[0] !== "filter" || part[1] === "kind" || part[1] === "in") return false;
    note(part);
    return true;
  }

  function note(part) {
    const text = describe(part);
    if (!leftOut.includes(text)) leftOut.push(text);
  }

  function matchFilter(part) {
    const [, field, value] = part;
    if (field === "kind") {
      const kind = segment.kinds.indexOf(value);
      return new Set(segment.everything.filter(doc => segment.kind[doc] === kind));
    }
    if (field === "in") {
      const inside = segment.folderKeys.map(key => key.includes("/" + value + "/"));
      return new Set(segment.everything.filter(doc => inside[segment.folder[doc]]));
    }
    note(part);
    return new Set(segment.everything);
  }

  // Return item to weight of a word or prefix; phrases and fuzzy words are plain words here, and that is said.
  async function leaf(part) {
    const key = JSON.stringify(part);
    if (!leaves.has(key)) leaves.set(key, await lookUp(part));
    return leaves.get(key);
  }

  async function lookUp(part) {
    if (part[0] === "word") return weighWord(part[1]);
    if (part[0] === "prefix") {
      const expanded = await segment.expand(part[1]);
      complete = complete && expanded.complete;
      return weigh(expanded.terms);
    }
    note(part);
    const words = part[0] === "phrase" ? part[1] : [part[1]], every = [];
    for (const form of words) every.push(await leaf(["word", form]));
    const [first, ...others] = every;
    return new Map([...first].filter(([doc]) => others.every(map => map.has(doc)))
      .map(([doc, weight]) => [doc, Math.min(weight, ...others.map(map => map.get(doc)))]));
  }

  // The largest sum over one reading: the form alone, or its stem in one of the languages.
  async function weighWord(form) {
    terms.add(form);
    const [found, ...others] = await Promise.all(readings(form, segment.languages).map(group => weigh(group)));
    for (const weights of others) {
      for (const [doc, weight] of weights) if (weight > (found.get(doc) ?? 0)) found.set(doc, weight);
    }
    return found;
  }

  async function weigh(list) {
    const weights = new Map();
    for (const term of list) terms.add(term);
    for (const flat of await Promise.all(list.map(term => segment.postings(term)))) {
      for (let i = 0; i < flat.length; i += 2) weights.set(flat[i], (weights.get(flat[i]) ?? 0) + flat[i + 1]);
    }
    return weights;
  }

  async function score() {
    const scores = new Map();
    for (const part of scoredLeaves(query)) {
      const weights = await leaf(part);
      const told = Math.log(1 + (segment.count - weights.size + 0.5) / (weights.size + 0.5));
      for (const [doc, weight] of weights) {
        if (!found.has(doc)) continue;
        const norm = K1 * (1 - B + B * segment.length[doc] / (segment.meanLength || 1));
        scores.set(doc, (scores.get(doc) ?? 0) + told * weight * (K1 + 1) / (weight + norm));
      }
    }
    for (const [doc, value] of scores) {
      const age = Math.max(0, now / 86400000 - segment.date[doc] / 86400);
      const recency = 1 + RECENCY_GAIN * 2 ** (-age / RECENCY_HALF_LIFE_DAYS), quality = 0.5 + segment.quality[doc] / 256;
      scores.set(doc, value * recency * quality);
    }
    return scores;
  }
}

function* scoredLeaves(query) {
  if (query[0] === "and" || query[0] === "or") for (const part of query.slice(1)) yield* scoredLeaves(part);
  else if (query[0] !== "not" && query[0] !== "filter") yield query;
}

function describe(part) {
  if (part[0] === "phrase") return `"${part[1].join(" ")}"`;
  if (part[0] === "fuzzy") return part[1] + "~";
  return part[1] + ":" + part[2].replace("T00:00:00+00:00", "");
}

function chosen(segment, doc, kinds, departments) {
  return (!kinds.length || kinds.includes(segment.kinds[segment.kind[doc]]))
    && (!departments.length || departments.includes(segment.departments[segment.folder[doc]]));
}

// Count results by kind and department, each as the other's choice leaves them.
function countFacets(segment, found, kinds, departments) {
  const counts = {kind: new Map(), department: new Map()}, seen = {kind: new Set(), department: new Set()};
  for (const doc of found) {
    const kind = segment.kinds[segment.kind[doc]], department = segment.departments[segment.folder[doc]];
    const add = (group, value) => {
      const fold = segment.fold[doc] && value + "/" + segment.fold[doc];
      if (fold && seen[group].has(fold)) return;
      if (fold) seen[group].add(fold);
      counts[group].set(value, (counts[group].get(value) ?? 0) + 1);
    };
    if (chosen(segment, doc, [], departments)) add("kind", kind);
    if (chosen(segment, doc, kinds, []) && department) add("department", department);
  }
  return counts;
}

// Put items in order and fold copies: items are numbered by path, so that a lower number settles a tie.
async function ordered(segment, docs, sort, scores) {
  const date = segment.date;
  const rank = doc => Math.round((scores?.get(doc) ?? 0) * 1e9) / 1e9;
  if (sort === "name") {
    const titles = new Map();
    for (const doc of docs) titles.set(doc, (await segment.about(doc)).title.toLowerCase());
    docs.sort((a, b) => compareText(titles.get(a), titles.get(b)) || a - b);
  } else if (sort === "relevance") docs.sort((a, b) => rank(b) - rank(a) || date[b] - date[a] || a - b);
  else if (sort === "oldest") docs.sort((a, b) => date[a] - date[b] || a - b);
  else docs.sort((a, b) => date[b] - date[a] || a - b);
  const first = new Map(), copies = new Map(), kept = [];
  for (const doc of docs) {
    const fold = segment.fold[doc];
    if (fold && first.has(fold)) copies.get(first.get(fold)).push(doc);
    else {
      if (fold) { first.set(fold, doc); copies.set(doc, []); }
      kept.push(doc);
    }
  }
  return {docs: kept, copies};
}

// Return {text, marks: [[start, end]…], page}: the piece of the passages with the most of what was asked.
function snippetOf(passages, terms, language, width = 200) {
  let best = null;
  for (const [text, page] of passages) {
    const isHit = t => terms.has(t.form) || terms.has(t.stem) || t.others.some(term => terms.has(term));
    const hits = terms.size ? tokens(text, language).filter(isHit) : [];
    let worth = 0, at = 0, left = 0;
    hits.forEach((token, right) => {
      while (left < right && token.end - hits[left].start > width) left += 1;
      const inside = hits.slice(left, right + 1);
      const value = 1000 * new Set(inside.map(t => t.stem || t.form)).size + inside.length;
      if (value > worth) { worth = value; at = hits[left].start; }
    });
    if (!best || worth > best.worth) best = {worth, at, text, hits, page};
  }
  return best ? cutSnippet(best, width) : {text: "", marks: [], page: 0};
}

function cutSnippet({worth, at, text, hits, page}, width) {
  const wordStart = from => {
    if (from <= 0) return 0;
    const blank = text.indexOf(" ", from - 1);
    return blank >= 0 && blank < from + 40 ? blank + 1 : from;
  };
  let start = worth ? wordStart(at - Math.floor(width / 4)) : 0;
  if (text.length - start < width) start = wordStart(text.length - width);
  let end = Math.min(text.length, start + width);
  if (end < text.length) {
    const blank = text.lastIndexOf(" ", end);
    if (blank > start + width / 2) end = blank;
  }
  const before = start ? "… " : "", after = end < text.length ? " …" : "", shift = before.length - start;
  const marks = hits.filter(t => start <= t.start && t.end <= end).map(t => [t.start + shift, t.end + shift]);
  return {text: before + text.slice(start, end) + after, marks, page: worth ? page : 0};
}
