// While the folder changes: look now and then whether newer items are here, and try again what could not be loaded.
// Neither ever moves what is being read.

import {text} from "./texts.js";
import {button, element, find, notice} from "./dom.js";
export {countFailure, failures, keepLooking, noteTyping, offerNewer, recovered, takeOffer, tryAgain};

const LOOK_MS = 60000, LOOK_SOON_MS = 10000, CALM_MS = 3000, TICK_MS = 2000, WAITS_MS = [1000, 2000, 5000, 10000, 30000];
let typedAt = 0, lookedAt = 0, failures = 0, waiting = 0;

// Look once a minute while the page is seen, soon if somebody comes back to it, and never into somebody's typing.
/** @type {(look: () => Promise<void>) => void} */
function keepLooking(look) {
  lookedAt = Date.now();
  let isBack = false, isLooking = false;
  const tick = async () => {
    const now = Date.now(), pause = isBack ? LOOK_SOON_MS : LOOK_MS;
    if (isLooking || document.hidden || now - typedAt < CALM_MS || now - lookedAt < pause) return;
    [lookedAt, isBack, isLooking] = [now, false, true];
    try { await look(); } catch { /* the next time */ } finally { isLooking = false; }
  };
  const back = () => { isBack = true; tick(); };
  setInterval(tick, TICK_MS);
  addEventListener("focus", back);
  document.addEventListener("visibilitychange", back);
}

function noteTyping() {
  typedAt = Date.now();
}

/** @type {(take: () => void) => void} */
function offerNewer(take) {
  const words = [element("span", {class: "wide"}, text("newer"), " · ", element("u", {}, text("newer.show"))),
    element("u", {class: "narrow"}, text("newer.short"))];
  find("#newer").replaceChildren(button({class: "txt"}, take, ...words));
}

function takeOffer() {
  find("#newer").replaceChildren();
}

// Do it again after a while, longer each time; say so from the second time on.
/** @type {(act: () => Promise<void>) => void} */
function tryAgain(act) {
  const wait = WAITS_MS[Math.min(failures, WAITS_MS.length - 1)];
  countFailure();
  if (failures > 1) notice("trouble", text("trouble"));
  clearTimeout(waiting);
  waiting = setTimeout(act, wait + Math.random() * wait / 2);
}

function countFailure() {
  failures += 1;
}

function recovered() {
  failures = 0;
  clearTimeout(waiting);
  notice("trouble");
}
