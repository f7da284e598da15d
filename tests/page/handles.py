"""A directory handle with the interface of File System Access, for tests that press what writes into a folder."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

_SCRIPT = """
window.picked = 0;
const missing = () => new DOMException("not there", "NotFoundError");
class FakeFile {
  constructor(path) { this.path = path; this.kind = "file"; this.name = path.split("/").at(-1); }
  async getFile() {
    const text = await fakeFolder("read", this.path, "");
    return {size: text.length, text: async () => text};
  }
  async createWritable() {
    let held = "";
    return {write: async part => { held += part; }, close: async () => { await fakeFolder("write", this.path, held); }};
  }
}
class FakeDirectory {
  constructor(path) { this.path = path; this.kind = "directory"; this.name = path.split("/").at(-1) || "Team"; }
  at(name) { return this.path ? this.path + "/" + name : name; }
  async getDirectoryHandle(name, {create = false} = {}) {
    if (create) await fakeFolder("mkdir", this.at(name), "");
    if (await fakeFolder("sort", this.at(name), "") !== "directory") throw missing();
    return new FakeDirectory(this.at(name));
  }
  async getFileHandle(name, {create = false} = {}) {
    if (await fakeFolder("sort", this.at(name), "") !== "file") {
      if (!create) throw missing();
      await fakeFolder("write", this.at(name), "");
    }
    return new FakeFile(this.at(name));
  }
  async removeEntry(name) { await fakeFolder("remove", this.at(name), ""); }
  async *keys() { yield* JSON.parse(await fakeFolder("names", this.path, "")); }
}
window.showDirectoryPicker = async () => {
  window.picked += 1;
  if (window.refuses) throw new DOMException("no", "AbortError");
  return new FakeDirectory("");
};
"""


def give(page: Page, folder: Path) -> list[str]:
    """Let a page choose `folder` when it asks for one; return the list of what is written, which grows."""
    written: list[str] = []

    def act(what: str, path: str, content: str) -> str:
        file = folder / path
        if what == "sort":
            return "directory" if file.is_dir() else "file" if file.is_file() else ""
        if what == "names":
            return json.dumps(sorted(one.name for one in file.iterdir()))
        if what == "read":
            return file.read_bytes().decode("utf-8", "surrogateescape")
        if what == "mkdir":
            file.mkdir(exist_ok=True)
        elif what == "remove":
            file.unlink()
        else:
            written.append(path)
            file.write_bytes(content.encode())
        return ""

    page.expose_function("fakeFolder", act)
    page.add_init_script(_SCRIPT)
    return written


def give_none(page: Page) -> None:
    """Let a page have no way to choose a folder, as in Firefox and Safari."""
    page.add_init_script("delete window.showDirectoryPicker;")
