// The page: what the session tells goes to the views, what is moved here is said to the session.

import { $, el, icon, setIcon } from "./dom.mjs";
import { ChartView } from "./chart.mjs";
import * as clock from "./clock.mjs";
import { ControlsView } from "./controls.mjs";
import { Form, Tempo } from "./form.mjs";
import { KeepView } from "./keep.mjs";
import { LibraryView } from "./library.mjs";
import { MixerView } from "./mixer.mjs";
import { NowView } from "./now.mjs";
import * as play from "./play.mjs";
import { RollView } from "./roll.mjs";
import { connect } from "./socket.mjs";
import * as sound from "./sound.mjs";

const SAID_MS = 5000;
const NARROW_PX = 1000;
const LOOK_MS = 100; // so often it is looked what has changed; a beat is drawn when it comes
const SOON_MS = 20; // after a message: others come with it
const PLANNED_MS = 120; // after notes that are a beat away
const PLANNED_AHEAD_MS = 450; // or a beat: what sounds sooner cannot be changed any more
const USUAL_VOLUME = 100 / 127;
const parameters = new URLSearchParams(location.search);
const view = ["stage", "phone"].includes(parameters.get("view")) ? parameters.get("view") : "wide";
const silent = parameters.has("silent");
const root = document.documentElement;

// -- what it looks like

function layOut() {
  root.dataset.view = view;
  root.dataset.layout = view === "stage" ? "stage" : view === "phone" || innerWidth < NARROW_PX ? "narrow" : "wide";
  if (root.dataset.layout === "wide" && root.dataset.tab === "score") choose("play");
}

function theme(name) {
  localStorage.setItem("theme", name);
  const dark = name === "dark" || (name === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  roll.restyle();
}

const TABS = [["score", "Score"], ["play", "Play"], ["band", "Band"], ["charts", "Charts"], ["keep", "More"]];

function choose(name) {
  root.dataset.tab = name;
  for (const tab of $("tabs").children) {
    const chosen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
}

function buildTabs() {
  $("tabs").replaceChildren(...TABS.map(([name, text]) => el("button", {
    type: "button", role: "tab", id: `tab-${name}`, data: { tab: name }, "aria-controls": name === "score" ? "score" : `panel-${name}`, onclick: () => choose(name),
  }, icon(name), el("span", {}, text))));
  $("tabs").addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const seen = [...$("tabs").children].filter((tab) => tab.offsetParent !== null);
    const next = seen[(seen.indexOf(document.activeElement) + by + seen.length) % seen.length];
    choose(next.dataset.tab);
    next.focus();
  });
}

function dress(id, name, word) {
  $(id).replaceChildren(icon(name), el("span", { class: "word" }, word));
}

// -- what is said

let saidTimer = 0;

function tell(text, problem = false) {
  const box = problem ? $("alert") : $("said");
  ($(problem ? "said" : "alert")).replaceChildren();
  box.replaceChildren(...(problem ? [icon("panic")] : []), el("span", {}, text));
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => box.replaceChildren(), problem ? 2 * SAID_MS : SAID_MS);
}

// -- the views

const line = (text) => socket.line(text);
const ask = (message) => socket.say(message);
const announce = (text) => ($("announce").textContent = text);

const roll = new RollView($("roll"));
const chart = new ChartView($("chart"), $("heading"));
const now = new NowView($("now"), (chorus) => {
  announce(chorus);
  const at = stage && stage.form.at(tickAt(stage, msNow()));
  if (at?.kind === "chorus") library.chorusBegins(stage.form.tune.title, at.chorus);
});
const channels = new Map();
const soloists = new Set();
const controls = new ControlsView({ line, announce });
const mixer = new MixerView({ line, sound: { program: (channel, program) => sound.setChannel(channel, { program }) } });
const library = new LibraryView({ ask, line, tell });
const keep = new KeepView({ ask, tell, render: sound.render });
controls.where = () => {
  if (!drawn) return null;
  const ms = drawn.ms + Math.max(PLANNED_AHEAD_MS, 66000 / stage.tempo.bpmAt(drawn.ms));
  const at = stage.form.at(tickAt(stage, ms));
  return at.kind === "chorus" && { ...at, first: stage.form.firstBar };
};
controls.onNext = () => library.next() || line("next");

// -- what is played: a stage is a tune with its times; a log played again has stages of its own

let live = [];
let replay = null;
let stage = null;

let stoppedMs = null; // time stands still in the picture while nothing is played
controls.onPlaying = (playing) => (stoppedMs = playing ? null : clock.now());

const msNow = () => (replay ? clock.now() : (stoppedMs ?? clock.now()));
const tickAt = (of, ms) => Math.max(of.form.tune.start_tick, of.tempo.tickAt(ms));

function begin(stages, tune) {
  stages.push({ form: new Form(tune), tempo: new Tempo(tune.tempo_bpm, clock.now() + 500, tune.start_tick), turns: [], startMs: Infinity });
  stages.splice(0, Math.max(0, stages.length - 3));
}

function setTempo(stages, message) {
  const last = stages.at(-1);
  if (!last) return;
  last.tempo.map = message.map;
  if (last.startMs === Infinity) last.startMs = last.tempo.msAt(last.form.tune.start_tick);
}

function notes(rows) {
  return rows.map((row) => (soloists.has(row[8]) && !row[9] ? [...row.slice(0, 9), "o", ...row.slice(10)] : row));
}

/** The stage that sounds now, or will first. */
function current() {
  const stages = replay?.stages ?? live;
  const at = msNow();
  return stages.findLast((each) => each.startMs <= at) ?? stages[0] ?? null;
}

const on = {
  open: () => {
    $("lost").hidden = true;
    $("lost").textContent = "The session does not answer; it is looked for …";
    library.again();
  },
  closed: (reason, code) => {
    $("lost").hidden = false;
    if (code === 4001) $("lost").textContent = "This address has no valid token: open the one that the session shows.";
    sound.panic();
  },
  welcome: (message) => {
    soloists.clear();
    channels.clear();
    for (const musician of message.musicians) {
      channels.set(musician.name, musician.channel);
      if (musician.solo) soloists.add(musician.name);
    }
    controls.build(message);
    mixer.build(message);
    library.builtInCharts(message.charts ?? []);
    sound.welcome(message);
    if (!silent) sound.prepare();
    soundNote(message);
  },
  tune: (message) => {
    begin(live, message);
    controls.setPlaying(true);
  },
  tempo: (message) => {
    setTempo(live, message);
    roll.changed = true;
  },
  notes: (message) => {
    if (replay) return;
    roll.add(notes(message.notes));
    wake(PLANNED_MS);
    sound.notes(message.notes);
  },
  withdraw: (message) => {
    if (replay) return;
    roll.withdraw(message.ids);
    wake(PLANNED_MS);
    sound.withdraw(message.ids);
  },
  values: (message) => {
    controls.values(message);
    mixer.values(message);
    for (const [name, channel] of message.mixer ? channels : []) {
      const alone = message.mixer.solo ?? [];
      const mute = (message.mixer.muted ?? []).includes(name) || (alone.length > 0 && !alone.includes(name));
      sound.setChannel(channel, { gain: mute ? 0 : (message.mixer.volumes?.[name] ?? USUAL_VOLUME) / USUAL_VOLUME });
    }
  },
  turn: (message) => {
    const turns = live.at(-1)?.turns ?? [];
    for (const before of turns) before.end_tick = Math.min(before.end_tick ?? Infinity, message.tick);
    if (message.who) turns.push(message);
    turns.splice(0, Math.max(0, turns.length - 20));
    roll.changed = true;
  },
  heard: (message) => {
    roll.addHeard(message.notes);
    wake();
  },
  said: (message) => tell(message.text, message.problem),
  charts: (message) => library.charts(message),
  setlist: (message) => library.setlistIs(message),
  replay: (message) => {
    library.charts({ tunes: [], replay: true });
    playAgain(message);
  },
  file: (message) => keep.file(message),
  health: (message) => ($("health").textContent = message.text),
  ended: (message) => {
    $("lost").textContent = `${message.why} When one plays here again, this page goes on.`;
    controls.setPlaying(false);
  },
};

// -- a log played again: here alone, the session goes on

function playAgain({ title, messages }) {
  replay = { stages: [], until: 0 };
  roll.clear();
  sound.panic();
  const start = clock.now() + 800;
  for (const message of messages) {
    if (message.type === "tune") begin(replay.stages, message);
    else if (message.type === "tempo") setTempo(replay.stages, { map: message.map.map(([tick, ms, bpm]) => [tick, ms + start, bpm]) });
    else if (message.type === "notes") {
      const rows = message.notes.map(([id, on, off, ...rest]) => [`replay ${id}`, on + start, off + start, ...rest]);
      replay.until = Math.max(replay.until, ...rows.map((row) => row[2]));
      roll.add(rows);
      sound.notes(rows);
    }
  }
  $("replaying").hidden = false;
  $("replaying").firstElementChild.textContent = `From a log: ${title}`;
}

$("replaying").lastElementChild.addEventListener("click", backToSession);

function backToSession() {
  replay = null;
  roll.clear();
  sound.panic();
  $("replaying").hidden = true;
}

// -- the sound of this page

function soundNote(welcome) {
  const can = window.isSecureContext && "AudioWorkletNode" in window;
  const text = !can ? "This page shows and steers; over the network it sounds only over HTTPS: start the session with --page-cert."
    : welcome.ports ? "The music goes out of a MIDI port, too; the sound of this page is off until you switch it on." : "";
  $("sound-note").textContent = text;
  $("sound").disabled = !can || !sound.start;
  if (sound.start && can && !welcome.ports && !sound.state().on && !gateSeen && view !== "stage") $("gate").hidden = false;
}

let gateSeen = silent;

async function listen() {
  gateSeen = true;
  $("gate").hidden = true;
  try {
    await sound.start();
  } catch (error) {
    tell(`The sound cannot start: ${error.message}`, true);
  }
  showSound();
}

function showSound() {
  const isOn = Boolean(sound.state().on);
  $("sound").setAttribute("aria-pressed", String(isOn));
  setIcon($("sound"), isOn ? "sound" : "silent");
}

// -- playing along

const struck = new Map(); // pitch -> when it began

function playAlong() {
  const keys = $("keys");
  play.sendTo(ask);
  keys.addEventListener("click", () => {
    const on = keys.getAttribute("aria-pressed") !== "true";
    keys.setAttribute("aria-pressed", String(on));
    play.setKeys(on);
    $("along-note").textContent = on ? "A to ; are the white keys from C, the row above the black ones; Z and X move by an octave." : "";
  });
  $("midi-in").addEventListener("click", async () => {
    const names = await play.start();
    $("midi-in").setAttribute("aria-pressed", String(names.length > 0));
    $("along-note").textContent = names.length ? `Heard: ${names.join(", ")}.` : "No MIDI input was found, or the browser does not let this page have it (Chrome and Firefox do).";
  });
  play.onNote(({ ms, data: [status, pitch, velocity] }) => {
    const kind = status & 0xf0;
    if (kind === 0x90 && velocity) {
      struck.set(pitch, ms);
      roll.addHeard([[ms, null, pitch, velocity]]);
    } else if ((kind === 0x80 || kind === 0x90) && struck.has(pitch)) {
      roll.addHeard([[struck.get(pitch), ms, pitch, 64]]);
      struck.delete(pitch);
    }
    const late = play.latency();
    if (late) $("latency").textContent = `Latency: ${late.input.toFixed(1)} ms in, ${late.output.toFixed(0)} ms out.`;
  });
}

// -- drawing

let shownStage = null;
let drawn = null;
let waking = 0;
let wakesAt = Infinity;

/** Draw within so many milliseconds. */
function wake(within = SOON_MS) {
  const at = clock.stamp() + within;
  if (at >= wakesAt) return;
  clearTimeout(waking);
  wakesAt = at;
  waking = setTimeout(draw, within);
}

function draw() {
  wakesAt = Infinity;
  let untilBeat = Infinity;
  stage = current();
  if (stage) {
    if (stage !== shownStage) {
      shownStage = stage;
      chart.show(stage.form);
      controls.setLoops(stage.form.firstBar > 0 || (controls.loops && stage.form.tune.cells.length <= 4));
      now.forget();
      document.title = stage.form.tune.title ? `${stage.form.tune.title} · jazz-improv` : "jazz-improv";
    }
    const ms = msNow();
    const tick = tickAt(stage, ms);
    const at = stage.form.at(tick);
    controls.showTempo(stage.tempo.bpmAt(ms));
    now.draw(stage.form, at, tick, chart.fifths);
    now.drawTurn(stage.turns, stage.form, tick);
    showPhrase(roll.phraseAt(ms));
    chart.cursor(at, tick);
    const goes = replay !== null || stoppedMs === null;
    if (root.dataset.layout !== "stage") roll.draw(ms, { ...stage, fifths: chart.fifths }, goes);
    if (goes) untilBeat = stage.tempo.msAt(at.start + (at.beat + 1) * at.beatTicks) - ms;
    drawn = { ms, tick, at };
    if (replay && clock.now() > replay.until + 3000) backToSession();
  }
  wake(Math.max(1, Math.min(LOOK_MS, untilBeat)));
}

roll.onChange = wake;

/** What the soloist means to play, in words. */
function showPhrase(first) {
  const text = first ? `${soloists.size > 1 ? first.musician : "Phrase"}: ${first.plan[2]}` : "";
  if ($("phrase").textContent !== text) $("phrase").textContent = text;
}

function start() {
  dress("transport-start", "stop", "Stop");
  dress("transport-again", "again", "Again");
  dress("transport-next", "next", "Next");
  dress("sound", "silent", "Sound");
  dress("panic", "panic", "Panic");
  buildTabs();
  choose("score");
  layOut();
  addEventListener("resize", layOut);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme($("theme").value));
  $("theme").value = parameters.get("theme") ?? localStorage.getItem("theme") ?? "auto";
  theme($("theme").value);
  $("theme").addEventListener("change", (event) => theme(event.target.value));
  $("instrument").addEventListener("change", (event) => {
    chart.transpose(event.target.value);
    now.forget();
  });
  for (const each of ["stage", "phone"]) $(`to-${each}`).hidden = view === each;
  $("listen").addEventListener("click", listen);
  $("watch").addEventListener("click", () => {
    gateSeen = true;
    $("gate").hidden = true;
  });
  $("sound").addEventListener("click", async () => {
    if (sound.state().on) await sound.stop();
    else await listen();
    showSound();
  });
  sound.onState(showSound);
  playAlong();
  $("panic").addEventListener("click", panic);
  $("say").addEventListener("submit", (event) => {
    event.preventDefault();
    if ($("say-text").value.trim()) line($("say-text").value.trim());
    $("say-text").value = "";
  });
  addEventListener("keydown", (event) => {
    const typing = /^(TEXTAREA|INPUT|SELECT)$/.test(event.target.tagName) && event.target.type !== "range";
    if (event.key === "Escape") panic();
    else if (event.key === " " && !typing && event.target.tagName !== "BUTTON" && event.target.tagName !== "A") {
      event.preventDefault();
      controls.toggle();
    }
  });
  document.fonts.ready.then(() => roll.restyle());
  draw();
}

function panic() {
  sound.panic();
  line("panic");
}

const socket = connect({ on });
start();

/** What was drawn last, for whoever measures it: {ms, tick, at, counts, painted}. */
export const shown = () => drawn && { ...drawn, counts: roll.counts(drawn.ms), painted: roll.paintings };
