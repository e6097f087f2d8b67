// The band's sound: loads synth and font before the click, keeps the audio's clock on the server's, hands notes over.
//
//   server's ms ── offset (clock.mjs) ──> browser's ms ── median of getOutputTimestamp ──> audio's seconds
import * as clock from "./clock.mjs";

const SAMPLES = 12; // of the audio's clock
const SAMPLE_MS = 50; // between them, until there are so many
const STEADY_MS = 250; // and then
const AGAIN_MS = 5; // after one that does not fit
const FEWEST = 5; // before anything sounds
const MOVED_MS = 0.05; // a base that moves by less is left where it is
const SLIPPED_MS = 3; // two samples in a row that are so far off: an underrun, which moves the audio's clock for good
const FAR_MS = 80; // where the ear is farther away than this (Bluetooth), all is heard, and drawn, that much later
const RATE = 44100; // of what is rendered
const MOST_S = 1200; // of what is rendered: it needs 350 kB of memory a second
const TAIL_S = 2; // for the last note to die away
const PARTNER = 15; // the channel of who plays along

let context = null;
let node = null;
let ready = null; // resolves when the sounds are decoded
let programs = [[9, 32]];
let programsTold = "";
let wants = false; // to sound
let base = null; // the server's ms of the audio's zero
let delay = 0;
let sampling = null;
let samples = [];
let tells = true; // the base, whether it has moved or not
let listeners = [];
let heard = [];
let counts = {};
const pending = new Map(); // the notes that have not ended, for when it sounds

const tell = (message, transfer = []) => node?.port.postMessage(message, transfer);

function changed() {
  for (const each of listeners) each(state());
}

/** What there is to show: {on, ready, latency, counts, secure}. */
export function state() {
  return {
    on: wants && context?.state === "running",
    ready: node !== null && ready === null,
    secure: window.isSecureContext, // without it there is no AudioWorklet: a phone over plain HTTP
    latency: latencyMs(),
    counts: { ...counts, underruns: underruns() },
  };
}

const latencyMs = () => (context?.outputLatency || context?.baseLatency || 0) * 1000;

/** Have `f(state())` called when that changes. */
export function onState(f) {
  listeners.push(f);
}

/** Have `f([[id, seconds of the audio's clock], ...])` called with the notes that have sounded. */
export function onPlayed(f) {
  heard.push(f);
}

/** Load synth and font while nobody has clicked yet: the audio's thread stands still then, and nothing is late. */
export async function prepare() {
  if (context || !window.isSecureContext || !window.AudioWorkletNode) return;
  try {
    await load();
  } catch (error) {
    await context.close(); // the server went away meanwhile: the next welcome or click tries again
    context = node = null;
    throw error;
  }
}

async function load() {
  context = new AudioContext({ latencyHint: "interactive" });
  const font = fetch("vendor/font.sf3").then((response) => response.arrayBuffer());
  font.catch(() => {}); // it is waited for below
  await context.audioWorklet.addModule("js/worklet.mjs");
  node = new AudioWorkletNode(context, "player", { numberOfInputs: 0, outputChannelCount: [2] });
  node.connect(context.destination);
  node.port.onmessage = ({ data }) => {
    if (data.ready) {
      ready = null;
      changed();
    }
    if (data.counts) {
      counts = data.counts;
      for (const each of heard) each(data.played);
    }
    if (data.slipped && base !== null) base += data.slipped;
    if (data.jumped) base = null;
    if (data.slipped || data.jumped) {
      samples = [];
      tells = true;
      sampleIn(0);
    }
  };
  context.onstatechange = changed;
  ready = true;
  const bytes = await font;
  programsTold = JSON.stringify(programs);
  tell({ font: bytes, programs, notes: wants ? [...pending.values()] : [], on: wants }, [bytes]);
  sampleIn(SAMPLE_MS);
}

/** Sound: to be called in a click. */
export async function start() {
  wants = true;
  await prepare();
  tell({ on: true, notes: [...pending.values()] });
  await context?.resume();
  changed();
}

/** Sound no more. */
export async function stop() {
  wants = false;
  tell({ on: false, silence: true });
  await context?.suspend();
  base = null;
  samples = [];
  changed();
}

/** How often the audio has stumbled, where the browser counts that. */
const underruns = () => context?.playbackStats?.underrunEvents ?? context?.playbackStats?.fallbackFramesEvents;

function sampleIn(ms) {
  clearTimeout(sampling);
  sampling = setTimeout(sample, ms);
}

function sample() {
  const taken = take();
  sampleIn(!taken || samples.length < SAMPLES ? (taken === "odd" ? AGAIN_MS : SAMPLE_MS) : STEADY_MS);
}

/** Take a sample of the audio's clock, and tell the synth where that stands; "odd" where it does not fit. */
function take() {
  if (context?.state !== "running" || !clock.isKnown()) return null;
  const { contextTime, performanceTime } = context.getOutputTimestamp();
  if (!contextTime) return null;
  const latest = clock.serverAt(performanceTime) - contextTime * 1000;
  const isOdd = (value) => base !== null && Math.abs(value - delay - base) > SLIPPED_MS;
  const [before] = samples.slice(-1);
  samples.push(latest);
  if (isOdd(latest) && samples.length > 1) {
    if (!isOdd(before) || Math.abs(before - latest) > SLIPPED_MS) return "odd";
    samples = [before, latest]; // what was sampled before it slipped says nothing any more
  }
  if (samples.length > SAMPLES) samples.shift();
  const median = [...samples].sort((a, b) => a - b)[samples.length >> 1];
  const far = Math.max(0, latencyMs() - FAR_MS);
  if (Math.abs(far - delay) > 10) delay = far;
  clock.setLatency(delay);
  if (base === null ? samples.length >= FEWEST : tells || Math.abs(median - delay - base) > MOVED_MS) {
    tells = false;
    base = median - delay;
    tell({ base });
  }
  return "taken";
}

/** The server's milliseconds that are due at a moment of the audio's clock; null while that is not known. */
export const audioTimeToServer = (seconds) => (base === null ? null : base + seconds * 1000);

/** Who plays, and with which sounds. */
export function welcome({ musicians }) {
  programs = musicians.map(({ channel, program }) => [channel, program ?? 32]);
  if (!programs.some(([channel]) => channel === 9)) programs.push([9, 32]);
  programs.push([PARTNER, 0]);
  if (programsTold && programsTold !== JSON.stringify(programs)) {
    programsTold = JSON.stringify(programs);
    tell({ programs });
  }
}

/** Notes as the server tells them: planned, or planned anew. */
export function notes(list) {
  const now = clock.serverNow() - 1000;
  for (const [id, , off] of pending.values()) if (off < now) pending.delete(id);
  const told = list.map(planned);
  for (const note of told) pending.set(note[0], note);
  if (wants) tell({ notes: told }); // what nobody plays would only pile up there
}

const planned = ([id, on, off, , , pitch, velocity, channel]) => [id, on, off, channel, pitch, velocity];

/** Notes that will not be played. */
export function withdraw(ids) {
  for (const id of ids) pending.delete(id);
  tell({ withdraw: ids });
}

/** Silence at once, whatever was planned. */
export function panic() {
  pending.clear();
  tell({ silence: true });
}

/** A channel's loudness (1: as it is; 0: mute) and sound. */
export function setChannel(channel, { gain, program }) {
  if (gain !== undefined) tell({ channel, gain });
  if (program !== undefined) tell({ programs: [[channel, program]] });
}

/** What the partner plays, at once: a channel message's bytes. */
export function playNow([status, ...data]) {
  if (wants) tell({ now: [(status & 0xf0) | PARTNER, ...data] });
}

/** The WAV file of notes as the server tells them, by the same synth, as fast as this machine makes it; fails where it is too long. */
export async function render(rows) {
  const begin = Math.min(...rows.map(([, on]) => on)) - 100;
  const seconds = (Math.max(...rows.map(([, , off]) => off)) - begin) / 1000 + TAIL_S;
  if (seconds > MOST_S) throw new Error("It lasts over 20 minutes, which is too long for a WAV file made here: take the last chorus, or MIDI.");
  const offline = new OfflineAudioContext(2, Math.ceil(seconds * RATE), RATE);
  const font = await fetch("vendor/font.sf3").then((response) => response.arrayBuffer());
  await offline.audioWorklet.addModule("js/worklet.mjs");
  const options = { numberOfInputs: 0, outputChannelCount: [2], processorOptions: { offline: true } };
  const player = new AudioWorkletNode(offline, "player", options);
  player.connect(offline.destination);
  const loaded = new Promise((done) => { player.port.onmessage = ({ data }) => data.ready && done(); });
  player.port.postMessage({ font, programs, notes: rows.map(planned), base: begin, on: true }, [font]);
  await loaded;
  return wavOf(await offline.startRendering());
}

function wavOf(buffer) {
  const channels = [buffer.getChannelData(0), buffer.getChannelData(1)];
  const view = new DataView(new ArrayBuffer(44 + 4 * buffer.length));
  const text = (at, letters) => [...letters].forEach((letter, by) => view.setUint8(at + by, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  text(8, "WAVEfmt ");
  const format = [[16, 4], [1, 2], [2, 2], [RATE, 4], [4 * RATE, 4], [4, 2], [16, 2]]; // PCM, stereo, 16 bits
  let at = 16;
  for (const [value, size] of format) {
    if (size === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += size;
  }
  text(36, "data");
  view.setUint32(40, view.byteLength - 44, true);
  for (let frame = 0; frame < buffer.length; frame++)
    channels.forEach((samples, side) => {
      const value = Math.max(-1, Math.min(1, samples[frame]));
      view.setInt16(44 + 4 * frame + 2 * side, value * 32767, true);
    });
  return new Uint8Array(view.buffer);
}

/** The audio's context, to measure it by; null before `prepare`. */
export const contextOf = () => context;

/** The node that the synth sounds from; null before `prepare`. */
export const nodeOf = () => node;
