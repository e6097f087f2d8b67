// Playing along: Web MIDI and the computer's keys. Stamped where they were struck, sounded here at once, and sent.
//
//   event.timeStamp ── offset (clock.mjs) ──> server's ms ──> {"type": "midi", ms, data}
import * as clock from "./clock.mjs";
import * as sound from "./sound.mjs";

// The middle row is the white keys from C, the row above the black ones; z and x move by an octave.
const KEYS = ["KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU", "KeyJ", "KeyK", "KeyO", "KeyL", "KeyP", "Semicolon"];
const SOFT = 80;
const LOUD = 112; // with Shift
const KEPT = 20; // delays of events, for the latency shown
const [LOWEST, HIGHEST] = [24, 96];

let say = () => {};
let listeners = [];
let keysOn = false;
let lowest = 60;
let delays = [];
const held = new Map(); // key code -> pitch

function struck(data, timeStamp) {
  if (data[0] < 0x80 || data[0] >= 0xf0) return; // the clock and the like are no playing
  delays.push(clock.stamp() - timeStamp);
  if (delays.length > KEPT) delays.shift();
  sound.playNow(data);
  const ms = clock.serverAt(timeStamp);
  say({ type: "midi", ms, data });
  for (const each of listeners) each({ ms, data });
}

/** Have `send` take the messages for the server. */
export function sendTo(send) {
  say = send;
}

/** Ask for Web MIDI and listen to all its inputs; gives their names. */
export async function start() {
  if (!navigator.requestMIDIAccess) return [];
  const access = await navigator.requestMIDIAccess().catch(() => null);
  if (!access) return [];
  const listen = () => {
    for (const input of access.inputs.values())
      input.onmidimessage = ({ data, timeStamp }) => struck([...data], timeStamp);
  };
  access.onstatechange = listen;
  listen();
  return [...access.inputs.values()].map(({ name }) => name);
}

/** Have `f({ms, data})` called with each channel message that is played here. */
export function onNote(f) {
  listeners.push(f);
}

/** From a key or a pad to the ear, in milliseconds: {input, output}; null where nothing was played yet. */
export function latency() {
  const middle = [...delays].sort((a, b) => a - b)[delays.length >> 1];
  return middle === undefined ? null : { input: middle, output: sound.state().latency };
}

/** Whether the computer's keys play notes. */
export function setKeys(on) {
  keysOn = on;
  if (!on) release();
}

function release() {
  for (const pitch of held.values()) struck([0x80, pitch, 0], clock.stamp());
  held.clear();
}

function down(event) {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (!keysOn || event.repeat || event.ctrlKey || event.metaKey || event.altKey || typing) return;
  if (event.code === "KeyZ") lowest = Math.max(LOWEST, lowest - 12);
  else if (event.code === "KeyX") lowest = Math.min(HIGHEST, lowest + 12);
  else if (KEYS.includes(event.code) && !held.has(event.code)) {
    const pitch = lowest + KEYS.indexOf(event.code);
    held.set(event.code, pitch);
    struck([0x90, pitch, event.shiftKey ? LOUD : SOFT], event.timeStamp);
  } else return;
  event.preventDefault();
}

function up(event) {
  if (!held.has(event.code)) return;
  struck([0x80, held.get(event.code), 0], event.timeStamp);
  held.delete(event.code);
}

addEventListener("keydown", down);
addEventListener("keyup", up);
addEventListener("blur", release);
