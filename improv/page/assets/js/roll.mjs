// The solo as a rolling picture, in the colours of the README's: what was played solid, what is planned ghosted.
//
//   F7            Bb7         |          chords where they begin
//   ▬▬ ▬▬▬ ▭▭ ...  ▬▬         |  ░░ ░    solo; chord tones dark, others light, outside ones hollow; the line is now
//   ▬▬▬▬▬   ▬▬▬▬              |  ░░      piano, bass
//   ' ' ' ' ' '               |  '       cymbals over snare over bass drum
//
// It is painted when something new is told, not in every frame: as two strips that the browser's compositor moves
// to the left, each behind a window. Left of now everything is painted as played, right of now as planned.

import { stamp } from "./clock.mjs";
import { el } from "./dom.mjs";
import { drawChord } from "./symbols.mjs";

const KICKS = new Set([35, 36]);
const CYMBALS = new Set([42, 44, 46, 49, 51, 52, 53, 55, 57, 59]);
const KEPT_MS = 20000;
const MOST_NOTES = 6000;
const MOST_FRESH = 200;
const DRUM_CHANNEL = 9;
const AHEAD = 0.5; // of the width that the strips go on at the right, to come into sight
const STEPS_A_S = 30; // of the strips in a second, at most; a pixel at least, so that letters stay sharp
const APART_MS = 4; // so far from its time the picture may be
const OCTAVES_PX = 36;

/** What lies behind a window, and moves to the left. */
class Strip {
  constructor(name) {
    this.canvas = el("canvas");
    this.box = el("div", { class: name }, this.canvas);
    this.context = this.canvas.getContext("2d");
    this.moves = null;
  }

  /** A window over [left, left + width) of the picture, and the strip behind it so much wider. */
  fit(left, width, more, height, ratio) {
    Object.assign(this, { left, ratio });
    this.box.style.left = `${left}px`;
    this.box.style.width = `${width}px`;
    this.canvas.style.width = `${width + more}px`;
    this.canvas.style.height = `${height}px`;
    this.canvas.width = Math.max(1, Math.round((width + more) * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
  }

  /** The context to paint with, in the picture's own pixels. */
  begin(clear) {
    const { context, canvas, ratio } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (clear) context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(ratio, 0, 0, ratio, -this.left * ratio, 0);
    return context;
  }

  /** Move `far` pixels to the left within so long. */
  move(far, duration) {
    this.moves?.cancel();
    const steps = Math.max(1, Math.round(Math.min(far * this.ratio, (duration / 1000) * STEPS_A_S)));
    const keyframes = { transform: ["none", `translateX(${-far}px)`] };
    this.moves = this.canvas.animate(keyframes, { duration, easing: `steps(${steps})`, fill: "both" });
  }

  /** Stand where it is `since` ms after the beginning, and go on from there where time does. */
  at(since, goes) {
    if (!goes) {
      this.moves.pause();
      this.moves.currentTime = since;
      return;
    }
    const start = stamp() - since;
    if (this.moves.playState !== "paused" && Math.abs(start - this.start) < APART_MS) return;
    this.start = start;
    this.moves.play();
    this.moves.startTime = start;
  }
}

export class RollView {
  constructor(box) {
    this.box = box;
    this.played = new Strip("played");
    this.planned = new Strip("planned");
    this.octaves = el("canvas", { class: "octaves" });
    this.line = el("div", { class: "line-now" });
    box.replaceChildren(this.played.box, this.planned.box, this.octaves, this.line);
    this.notes = new Map();
    this.fresh = []; // told since it was painted last
    this.heard = [];
    this.range = [58, 80];
    this.bandRange = [34, 70];
    this.colours = {};
    this.painted = null;
    this.paintings = 0;
    new ResizeObserver(() => this.#fit()).observe(box);
    this.#fit();
    this.restyle();
  }

  #fit() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const { clientWidth: width, clientHeight: height } = this.box;
    const nowX = Math.round(width * (width < 500 ? 0.7 : 0.8));
    const more = Math.ceil(width * AHEAD);
    Object.assign(this, { ratio, width, height, nowX, more, changed: true });
    this.played.fit(0, nowX, more, height, ratio);
    this.planned.fit(nowX, width - nowX, more, height, ratio);
    this.octaves.style.width = `${OCTAVES_PX}px`;
    this.octaves.width = OCTAVES_PX * ratio;
    this.octaves.height = Math.max(1, Math.round(height * ratio));
    this.line.style.left = `${nowX - 1}px`;
    this.chords = new Map(); // drawn once each: setting their type anew for each is dear
    this.onChange?.();
  }

  /** A chord symbol as a picture, and how wide it is. */
  #chord(text, colour, size, fifths) {
    const key = `${text} ${colour} ${size} ${fifths}`;
    if (!this.chords.has(key)) {
      const canvas = new OffscreenCanvas(Math.ceil(12 * size * this.ratio), Math.ceil(1.6 * size * this.ratio));
      const context = canvas.getContext("2d");
      context.scale(this.ratio, this.ratio);
      context.fillStyle = colour;
      const wide = drawChord(context, text, 0, 1.25 * size, size, this.family, fifths);
      this.chords.set(key, { canvas, wide });
    }
    return this.chords.get(key);
  }

  /** Take the colours of the style sheet, after light or dark was chosen. */
  restyle() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ink", "pale", "grid", "bar-line", "tone", "other", "edge", "partner", "piano", "guitar", "bass", "drums", "else", "quote", "soft", "you", "surface", "on-tone"])
      this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    this.chords.clear();
    this.changed = true;
    this.family = style.getPropertyValue("--music-font").trim();
    this.text = style.getPropertyValue("--text-font").trim();
    this.onChange?.();
  }

  add(rows) {
    for (const [id, on, off, onTick, offTick, pitch, velocity, channel, musician, kind, quote, , , plan] of rows) {
      const note = { on, off, onTick, offTick, pitch, velocity, channel, musician, kind, quote, plan, solo: Boolean(kind) };
      if (this.notes.has(id) || quote || plan) this.changed = true;
      this.notes.set(id, note);
      if (!this.changed) this.fresh.push(note); // else everything is painted anew
    }
    if (this.fresh.length > MOST_FRESH) this.changed = true; // nobody looks
    if (this.changed) this.fresh = [];
    if (this.notes.size > MOST_NOTES) {
      const extra = [...this.notes.keys()].slice(0, this.notes.size - MOST_NOTES);
      extra.forEach((id) => this.notes.delete(id));
    }
  }

  withdraw(ids) {
    for (const id of ids) this.changed = this.notes.delete(id) || this.changed;
  }

  addHeard(rows) {
    this.changed = true;
    for (const [on, off, pitch, velocity] of rows) {
      const open = this.heard.findLast((note) => Math.abs(note.on - on) < 60 && note.pitch === pitch);
      if (open) open.off = off;
      else this.heard.push({ on, off, pitch, velocity });
    }
    this.heard.splice(0, Math.max(0, this.heard.length - 1000));
  }

  clear() {
    this.changed = true;
    this.notes.clear();
    this.fresh = [];
    this.heard = [];
  }

  /** What is drawn as played and as planned at `now`, for tests. */
  counts(now) {
    const notes = [...this.notes.values()].filter((note) => note.on > now - 8000);
    return { played: notes.filter((note) => note.on <= now).length, planned: notes.filter((note) => note.on > now).length };
  }

  /** Have it show `now`. `stage`: {form, tempo, turns, fifths} of what is played; `goes`: whether time goes on. */
  draw(now, stage, goes) {
    if (this.width < 2 || this.height < 2) return;
    const bpm = stage.tempo.bpmAt(now);
    const before = this.painted;
    const same = before && before.form === stage.form && before.fifths === stage.fifths && before.bpm === bpm;
    const seen = same && now >= before.now && now < before.untilMs;
    if (this.changed || !seen || !this.#addFresh(before)) this.#paint(now, bpm, stage);
    const since = now - this.painted.now;
    this.played.at(since, goes);
    this.planned.at(since, goes);
  }

  /** Paint everything, for `now` and a while after. */
  #paint(now, bpm, stage) {
    const { width, nowX, more } = this;
    const beatPx = Math.max(34, Math.min(84, width / 13));
    const speed = (beatPx * bpm) / 60000;
    const x = (ms) => nowX + (ms - now) * speed;
    const firstMs = now - nowX / speed;
    const lastMs = now + (width - nowX + more) / speed;
    const lanes = this.#lanes(this.height);
    this.paintings += 1;
    this.changed = false;
    this.fresh = [];
    const { form, fifths } = stage;
    this.painted = { now, bpm, form, fifths, x, firstMs, lastMs, lanes, untilMs: now + more / speed };
    const [solo, band, drums] = [[], [], []];
    for (const [id, note] of this.notes) {
      if (note.off < firstMs) {
        if (note.off < now - KEPT_MS) this.notes.delete(id);
      } else if (note.on <= lastMs) (note.solo ? solo : note.channel === DRUM_CHANNEL ? drums : band).push(note);
    }
    const heard = this.heard.filter((note) => (note.off ?? now) >= firstMs);
    this.#follow("range", [...solo, ...heard], 19);
    this.#follow("bandRange", band, 34);

    for (const strip of [this.played, this.planned]) {
      this.context = strip.begin(true);
      this.ghost = strip === this.planned;
      this.#turns(stage, x, lanes);
      this.#plans(stage, x, lanes.solo);
      this.#grid(stage, x, firstMs, lastMs, lanes);
      for (const note of solo) this.#note(note, x, lanes);
      if (!this.ghost) this.#heard(heard, x, lastMs, lanes.solo);
      for (const note of [...band, ...drums]) this.#note(note, x, lanes);
      this.#quotes(solo, x, lanes.solo);
      strip.move(more, more / speed);
    }
    this.#octaves(lanes.solo);
  }

  /** Paint the notes that were told since into what is there; false where that does not do. */
  #addFresh({ x, firstMs, lastMs, lanes }) {
    const fresh = this.fresh.filter((note) => note.off >= firstMs && note.on <= lastMs);
    const outside = ({ pitch, solo, channel }) => {
      const [low, high] = solo ? this.range : this.bandRange;
      return channel !== DRUM_CHANNEL && (pitch < low + 1 || pitch > high - 1);
    };
    if (fresh.some(outside)) return false;
    this.fresh = [];
    if (!fresh.length) return true;
    for (const strip of [this.played, this.planned]) {
      this.context = strip.begin(false);
      this.ghost = strip === this.planned;
      for (const note of fresh) this.#note(note, x, lanes);
    }
    return true;
  }

  #lanes(height) {
    const chords = height < 190 ? 26 : 34;
    const rest = height - chords - 6;
    const drums = Math.max(14, Math.min(52, rest * 0.17));
    const band = rest * (height < 190 ? 0.22 : 0.27);
    const solo = rest - band - drums;
    return {
      chords: { top: 0, bottom: chords },
      solo: { top: chords, bottom: chords + solo },
      band: { top: chords + solo + 5, bottom: chords + solo + band },
      drums: { top: chords + solo + band + 5, bottom: height - 4 },
    };
  }

  /** The range of pitches follows what is there; by a step, and not for little. */
  #follow(name, notes, least) {
    if (!notes.length) return;
    const low = Math.min(...notes.map((note) => note.pitch)) - 2;
    const high = Math.max(...notes.map((note) => note.pitch)) + 3;
    const [from, to] = this[name];
    const fits = low >= from && high <= to && to - from <= Math.max(least, high - low) + 10;
    const room = Math.max(2, (least - (high - low)) / 2);
    if (!fits) this[name] = [low - room, high + room];
  }

  #grid(stage, x, firstMs, lastMs, lanes) {
    const { context, colours } = this;
    const { form, tempo, fifths } = stage;
    const size = lanes.chords.bottom > 30 ? 19 : 16;
    context.textBaseline = "alphabetic";
    const height = lanes.drums.bottom;
    let tick = Math.max(0, Math.floor(tempo.tickAt(firstMs)));
    let bar = form.at(tick);
    let lastText = null;
    let free = -1e9;
    for (let count = 0; count < 40; count += 1) {
      const startX = x(tempo.msAt(bar.start));
      if (tempo.msAt(bar.start) > lastMs || (!form.loopTicks && bar.start >= form.tune.length_tick)) break;
      for (let beat = 0; beat * bar.beatTicks < bar.ticks; beat += 1) {
        const beatX = Math.round(x(tempo.msAt(bar.start + beat * bar.beatTicks)));
        context.fillStyle = beat ? colours.grid : colours["bar-line"];
        context.fillRect(beatX, beat ? lanes.solo.top : 4, 1, height - (beat ? lanes.solo.top : 4));
      }
      for (const [inside, text] of bar.chords) {
        if (text !== lastText) {
          const chordX = Math.max(x(tempo.msAt(bar.start + inside)) + 7, free);
          const { canvas, wide } = this.#chord(text, colours.ink, size, fifths);
          const top = lanes.chords.bottom - 9 - 1.25 * size;
          context.drawImage(canvas, chordX, top, canvas.width / this.ratio, canvas.height / this.ratio);
          free = chordX + wide + 8;
        }
        lastText = text;
      }
      const section = form.tune.cells[bar.cell]?.[1];
      if (section && bar.kind === "chorus" && height > 200) {
        context.font = `600 12px ${this.text}`;
        context.fillStyle = colours.pale;
        context.fillText(section, startX + 5, lanes.solo.top + 12);
      }
      const end = bar.start + bar.ticks;
      if (!form.loopTicks && end >= form.tune.length_tick) break;
      bar = form.at(end);
    }
    context.strokeStyle = colours.grid;
    context.lineWidth = 1;
    const [low, high] = this.range;
    for (let pitch = Math.ceil(low / 12) * 12; pitch <= high; pitch += 12) {
      const y = Math.round(this.#y(pitch, lanes.solo, this.range)) + 0.5;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(this.width + this.more, y);
      context.stroke();
    }
    for (const lane of [lanes.band, lanes.drums]) {
      context.fillStyle = colours.grid;
      context.fillRect(0, lane.top - 3, this.width + this.more, 1);
    }
  }

  #octaves(lane) {
    const { octaves, colours } = this;
    const [low, high] = this.range;
    const context = octaves.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, OCTAVES_PX, this.height);
    context.font = `500 12px ${this.text}`;
    context.fillStyle = colours.pale;
    context.strokeStyle = colours.surface;
    context.lineWidth = 4;
    context.lineJoin = "round";
    for (let pitch = Math.ceil(low / 12) * 12; pitch <= high; pitch += 12) {
      const y = this.#y(pitch, lane, this.range);
      if (y < lane.top + 14) continue;
      context.strokeText(`C${pitch / 12 - 1}`, 6, y + 4); // a rim, where a note is behind it
      context.fillText(`C${pitch / 12 - 1}`, 6, y + 4);
    }
  }

  #y(pitch, lane, [low, high]) {
    return lane.bottom - ((pitch - low) / (high - low)) * (lane.bottom - lane.top);
  }

  #bar(note, x, lane, range, fill, edge, least, radius = 2, share = 0.9) {
    const { context, ghost } = this;
    const left = x(note.on);
    const width = Math.max(3, x(Math.max(note.on + 30, note.off)) - left - 1);
    const thick = Math.max(least, ((lane.bottom - lane.top) / (range[1] - range[0])) * share);
    const y = this.#y(note.pitch, lane, range) - thick / 2;
    context.globalAlpha = ghost ? (thick < 4 ? 0.5 : 0.34) : 0.95;
    context.beginPath();
    context.roundRect(left, y, width, thick, Math.min(radius, thick / 2));
    context.fillStyle = fill;
    context.fill();
    if (edge !== fill || (ghost && thick >= 4)) {
      context.strokeStyle = edge;
      context.lineWidth = 1.2;
      context.setLineDash(ghost ? [3, 2] : []);
      context.globalAlpha = ghost ? 0.8 : 0.95;
      context.stroke();
      context.setLineDash([]);
    }
    context.globalAlpha = 1;
  }

  #note(note, x, lanes) {
    const { colours } = this;
    if (note.channel === DRUM_CHANNEL) this.#drum(note, x, lanes.drums);
    else if (note.solo) {
      // Chord tones full, the scale's notes light, all others hollow: to be told apart without colour, too.
      const fill = note.kind === "t" ? colours.tone : note.kind === "s" ? colours.other : colours.surface;
      this.#bar(note, x, lanes.solo, this.range, fill, note.kind === "t" ? colours.tone : colours.edge, 5);
    } else {
      const colour = colours[Object.keys(colours).find((name) => note.musician.includes(name))] ?? colours.else;
      this.#bar(note, x, lanes.band, this.bandRange, colour, colour, 2.4, 2, 0.7);
    }
  }

  /** What is held still reaches to the strip's end: behind the window it grows. */
  #heard(notes, x, lastMs, lane) {
    const { partner } = this.colours;
    for (const note of notes) this.#bar({ ...note, off: note.off ?? lastMs }, x, lane, this.range, partner, partner, 6, 6);
  }

  #drum(note, x, lane) {
    const { context, colours } = this;
    const row = (lane.bottom - lane.top) / 3;
    const at = KICKS.has(note.pitch) ? 2 : CYMBALS.has(note.pitch) ? 0 : 1;
    const tall = row * (0.3 + (0.6 * note.velocity) / 127);
    context.fillStyle = colours.drums;
    context.globalAlpha = this.ghost ? 0.35 : 0.95;
    context.fillRect(Math.round(x(note.on)), lane.top + (at + 1) * row - tall, 2.5, tall);
    context.globalAlpha = 1;
  }

  /** A bracket over the notes that quote somebody, with what they quote. */
  #quotes(notes, x, lane) {
    const runs = new Map();
    for (const note of notes.filter((each) => each.quote)) {
      const key = note.quote.replace(/, \d+ notes$/, "");
      const run = runs.get(key);
      if (run && note.on - run.off < 1500) Object.assign(run, { off: note.off, text: note.quote, top: Math.max(run.top, note.pitch) });
      else runs.set(key, { on: note.on, off: note.off, text: note.quote, top: note.pitch });
    }
    const { context, colours } = this;
    context.font = `600 12px ${this.text}`;
    for (const run of runs.values()) {
      const [left, right] = [x(run.on), Math.max(x(run.off), x(run.on) + 12)];
      const y = Math.max(lane.top + 18, this.#y(run.top, lane, this.range) - 9);
      context.strokeStyle = colours.quote;
      context.lineWidth = 1.6;
      context.beginPath();
      context.moveTo(left, y + 4);
      context.lineTo(left, y);
      context.lineTo(right, y);
      context.lineTo(right, y + 4);
      context.stroke();
      const text = `“${run.text.replace(/, (\d+) notes$/, " · $1 notes")}”`;
      const wide = context.measureText(text).width;
      const textX = Math.max(4, left);
      context.fillStyle = colours.surface;
      context.globalAlpha = 0.85;
      context.fillRect(textX - 2, y - 17, wide + 4, 15);
      context.globalAlpha = 1;
      context.fillStyle = colours.quote;
      context.fillText(text, textX, y - 5);
    }
  }

  /** What is meant to come: for each phrase a wedge from its first note to about where it is to end. */
  #plans(stage, x, lane) {
    const { context, colours } = this;
    const phrases = [...this.notes.values()].filter((note) => note.plan).sort((one, other) => one.on - other.on);
    phrases.forEach((first, at) => {
      const next = phrases.slice(at + 1).find((each) => each.musician === first.musician);
      const [endTick, target] = first.plan;
      const left = x(first.on);
      const right = Math.max(left + 12, x(Math.min(stage.tempo.msAt(endTick), next ? next.on : Infinity)));
      if (right < 0) return;
      const half = (3 * (lane.bottom - lane.top)) / (this.range[1] - this.range[0]);
      const y = (pitch) => Math.max(lane.top + 5, Math.min(lane.bottom - 5, this.#y(pitch, lane, this.range)));
      const [from, to] = [y(first.pitch), y(target ?? first.pitch)];
      context.strokeStyle = context.fillStyle = colours.soft;
      context.lineWidth = 1.2;
      context.setLineDash([2, 4]);
      context.beginPath();
      context.moveTo(left, from - half);
      context.lineTo(right, to);
      context.lineTo(left, from + half);
      context.closePath();
      context.globalAlpha = 0.07;
      context.fill();
      context.globalAlpha = 0.75;
      context.stroke();
      context.setLineDash([]);
      if (target !== null) {
        context.beginPath();
        context.arc(right, to, 4, 0, 2 * Math.PI);
        context.stroke();
      }
      context.globalAlpha = 1;
    });
  }

  /** The first note of the phrase that is played at `now`, or was last; its plan is what was meant. */
  phraseAt(now) {
    return [...this.notes.values()].filter((note) => note.plan && note.on <= now).reduce((last, note) => (last?.on > note.on ? last : note), null);
  }

  #turns(stage, x, lanes) {
    const { context, colours } = this;
    for (const turn of stage.turns.filter((each) => each.who === "you" && each.end_tick)) {
      const [left, right] = [x(stage.tempo.msAt(turn.tick)), x(stage.tempo.msAt(turn.end_tick))];
      if (right < 0 || left > this.width + this.more) continue;
      context.fillStyle = colours.you;
      context.fillRect(left, lanes.solo.top, right - left, lanes.solo.bottom - lanes.solo.top);
      context.fillStyle = colours.partner;
      context.font = `600 12px ${this.text}`;
      context.fillText("you", Math.max(left + 5, 4), lanes.solo.top + 26);
    }
  }
}
