// How what people write comes into the folder without a shell: where the browser can, as a new file in the folder that the
// person chose, once a visit; elsewhere as a download with its right name. No file is ever replaced, and nothing is kept of the
// folder: another page from this disk could use it, too.

import {loader} from "./loader.js";
import {root} from "./dom.js";
/** @import {Saved} from "./types.js" */
export {OtherFolder, canWrite, folderCalled, save};

const QUESTIONS = ["questions", "fragen"], LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789", MOST_TRIES = 20;
const POINTER = /^H\((\{"now":"[a-z0-9-]*","before":"[a-z0-9-]*"\})\)\n?$/;
/** @type {FileSystemDirectoryHandle | null} */
let given = null;

// The folder that was chosen is another one.
class OtherFolder extends Error {}

// Tell whether a file can be written into the folder.
const canWrite = () => typeof window.showDirectoryPicker === "function" && !loader.isEmbedded();

// Return what the folder of the page is called.
function folderCalled() {
  const name = location.pathname.split("/").at(-2) ?? "";
  try { return decodeURIComponent(name); } catch { return name; }
}

// Make a file in a directory of the folder; `name` gives its name from four random letters, another one each time it is asked.
// An `only` one has one name alone: if it is there already, nothing is written. Return where it is, and whether that is done.
// Throw OtherFolder if another folder was chosen, AbortError if none was.
/** @type {(directory: string, name: (random: string) => string, content: string, only?: boolean) => Promise<Saved>} */
async function save(directory, name, content, only = false) {
  if (!canWrite()) return offerFile(directory, name(fourLetters()), content);
  const place = await directoryOf(await givenFolder(), directory);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const made = name(fourLetters()), path = `${place.path}${made}`;
    if (!await isFree(place.handle, made)) {
      if (only) return {path, isDone: true};
      continue;
    }
    try {
      await writeFile(place.handle, made, content);
    } catch (error) {
      if (error instanceof TypeError) return offerFile(directory, made, content);  // a name that the browser refuses
      throw error;
    }
    return {path, isDone: true};
  }
  throw new Error("no free name");
}

// Return the folder that the page lies in: it has the very file that says which state is shown.
async function givenFolder() {
  if (given) return given;
  const picked = await /** @type {NonNullable<typeof window.showDirectoryPicker>} */ (window.showDirectoryPicker)({mode: "readwrite"});
  if (!await isOurs(picked)) throw new OtherFolder(picked.name);
  given = picked;
  return picked;
}

/** @type {(handle: FileSystemDirectoryHandle) => Promise<boolean>} */
async function isOurs(handle) {
  try {
    const directory = await handle.getDirectoryHandle(String(root.dataset.directory));
    const file = await (await directory.getFileHandle("head.js")).getFile();
    if (file.size > 1000) return false;
    const said = POINTER.exec(await file.text()), pointer = await loader.pointer();
    return said !== null && JSON.parse(said[1]).now === pointer.now;
  } catch { return false; }
}

// Return a directory of the folder; the one for questions is taken in any spelling, and made if there is none.
/** @type {(handle: FileSystemDirectoryHandle, directory: string) => Promise<{handle: FileSystemDirectoryHandle, path: string}>} */
async function directoryOf(handle, directory) {
  if (directory === "?") {
    const found = [];
    for await (const name of handle.keys()) if (QUESTIONS.includes(name.normalize("NFC").toLowerCase())) found.push(name);
    found.sort((a, b) => QUESTIONS.indexOf(a.toLowerCase()) - QUESTIONS.indexOf(b.toLowerCase()));
    const name = found[0] ?? "Questions";
    return {handle: await handle.getDirectoryHandle(name, {create: true}), path: name + "/"};
  }
  let at = handle;
  for (const part of directory.split("/").filter(Boolean)) at = await at.getDirectoryHandle(part);
  return {handle: at, path: directory && directory + "/"};
}

/** @type {(directory: FileSystemDirectoryHandle, name: string) => Promise<boolean>} */
async function isFree(directory, name) {
  try {
    await directory.getFileHandle(name);
    return false;
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return true;
    throw error;
  }
}

// Write a file that wasn't there; if that fails, what was begun goes again.
/** @type {(directory: FileSystemDirectoryHandle, name: string, content: string) => Promise<void>} */
async function writeFile(directory, name, content) {
  const file = await directory.getFileHandle(name, {create: true});
  if (!content) return;
  try {
    const stream = await file.createWritable();
    await stream.write(content);
    await stream.close();
  } catch (error) {
    await directory.removeEntry(name).catch(() => {});
    throw error;
  }
}

// Offer a file as a download: the person puts it into its place.
/** @type {(directory: string, name: string, content: string) => Saved} */
function offerFile(directory, name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], {type: "application/octet-stream"}));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  const place = directory === "?" ? "Questions" : directory;
  return {path: place ? `${place}/${name}` : name, isDone: false};
}

// Return four letters or digits.
function fourLetters() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map(number => LETTERS[number % LETTERS.length]).join("");
}
