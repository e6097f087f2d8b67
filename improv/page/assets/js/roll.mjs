// The solo as a rolling picture, in the colours of the README's: what was played solid, what is planned ghosted.
//
//   F7            Bb7         |          chords where they begin
//   ▬▬ ▬▬▬ ▭▭ ...  ▬▬         |  ░░ ░    solo; chord tones dark, others light, outside ones hollow; the line is now
//   ▬▬▬▬▬   ▬▬▬▬              |  ░░      piano, bass
//   ' ' ' ' ' '               |  '       cymbals over snare over bass drum

import { drawChord } from "./symbols.mjs";

const KICKS = new Set([35, 36]);
const CYMBALS = new Set([42, 44, 46, 49, 51, 52, 53, 55, 57, 59]);
const KEPT_MS = 20000;
const MOST_NOTES = 6000;
const DRUM_CHANNEL = 9;

export class RollView {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.notes = new Map();
    this.heard = [];
    this.range = [58, 80];
    this.bandRange = [34, 70];
    this.colours = {};
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
    this.restyle();
  }

  #fit() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.ratio = ratio;
    this.width = width;
    this.height = height;
    this.changed = true;
    this.chords = new Map(); // drawn once each: setting their type anew in every frame is dear
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
    for (const name of ["ink", "pale", "grid", "bar-line", "tone", "other", "edge", "partner", "piano", "guitar", "bass", "drums", "else", "quote", "you", "surface", "on-tone"])
      this.colours[name] = style.getPropertyValue(`--${name}`).trim();
    this.chords.clear();
    this.changed = true;
    this.family = style.getPropertyValue("--music-font").trim();
    this.text = style.getPropertyValue("--text-font").trim();
  }

  add(rows) {
    for (const [id, on, off, onTick, offTick, pitch, velocity, channel, musician, kind, quote] of rows) {
      this.notes.set(id, { on, off, onTick, offTick, pitch, velocity, channel, musician, kind, quote, solo: Boolean(kind) });
    }
    if (this.notes.size > MOST_NOTES) {
      const extra = [...this.notes.keys()].slice(0, this.notes.size - MOST_NOTES);
      extra.forEach((id) => this.notes.delete(id));
    }
  }

  withdraw(ids) {
    this.changed = true;
    ids.forEach((id) => this.notes.delete(id));
  }

  addHeard(rows) {
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
    this.heard = [];
  }

  /** What is drawn as played and as planned at `now`, for tests. */
  counts(now) {
    const notes = [...this.notes.values()].filter((note) => note.on > now - 8000);
    return { played: notes.filter((note) => note.on <= now).length, planned: notes.filter((note) => note.on > now).length };
  }

  /** `stage`: {form, tempo, turns, fifths} of the tune that is played; null before the first. */
  draw(now, stage) {
    const { context, width, height, colours } = this;
    this.changed = false;
    if (width < 2 || height < 2) return;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!stage) return;
    const bpm = stage.tempo.bpmAt(now);
    const beatPx = Math.max(34, Math.min(84, width / 13));
    const speed = (beatPx * bpm) / 60000;
    const nowX = Math.round(width * (width < 500 ? 0.7 : 0.8));
    const x = (ms) => nowX + (ms - now) * speed;
    const firstMs = now - nowX / speed;
    const lastMs = now + (width - nowX) / speed;
    const lanes = this.#lanes(height);
    const [solo, band, drums] = [[], [], []];
    for (const [id, note] of this.notes) {
      if (note.off < firstMs) {
        if (note.off < now - KEPT_MS) this.notes.delete(id);
      } else if (note.on <= lastMs) (note.solo ? solo : note.channel === DRUM_CHANNEL ? drums : band).push(note);
    }
    const heard = this.heard.filter((note) => (note.off ?? now) >= firstMs);
    this.#follow("range", [...solo, ...heard], 19);
    this.#follow("bandRange", band, 34);

    this.#turns(stage, x, lanes);
    this.#grid(stage, x, firstMs, lastMs, lanes);
    this.#solo(solo, x, now, lanes.solo);
    this.#heard(heard, x, now, lanes.solo);
    for (const note of band) {
      const colour = colours[Object.keys(colours).find((name) => note.musician.includes(name))] ?? colours.else;
      this.#bar(note, x, now, lanes.band, this.bandRange, colour, colour, 2.4, 2, 0.7);
    }
    this.#drums(drums, x, now, lanes.drums);
    this.#octaves(lanes.solo);
    this.#quotes(solo, x, lanes.solo);
    context.fillStyle = colours.ink;
    context.globalAlpha = 0.75;
    context.fillRect(nowX - 1, lanes.chords.top + 2, 2, lanes.drums.bottom - lanes.chords.top - 2);
    context.globalAlpha = 1;
  }

  #lanes(height) {
    const chords = height < 190 ? 26 : 34;
    const rest = height - chords - 6;
    const drums = Math.max(18, Math.min(52, rest * 0.17));
    const band = rest * 0.27;
    const solo = rest - band - drums;
    return {
      chords: { top: 0, bottom: chords },
      solo: { top: chords, bottom: chords + solo },
      band: { top: chords + solo + 5, bottom: chords + solo + band },
      drums: { top: chords + solo + band + 5, bottom: height - 4 },
    };
  }

  /** The range of pitches moves slowly after what is seen. */
  #follow(name, notes, least) {
    if (!notes.length) return;
    let low = Math.min(...notes.map((note) => note.pitch)) - 2;
    let high = Math.max(...notes.map((note) => note.pitch)) + 3;
    const room = Math.max(0, least - (high - low)) / 2;
    [low, high] = [low - room, high + room];
    const range = this[name];
    const ease = Math.abs(range[0] - low) + Math.abs(range[1] - high) > 30 ? 1 : 0.06;
    range[0] += (low - range[0]) * ease;
    range[1] += (high - range[1]) * ease;
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
      if (startX > this.width || (!form.loopTicks && bar.start >= form.tune.length_tick)) break;
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
      context.lineTo(this.width, y);
      context.stroke();
    }
    for (const lane of [lanes.band, lanes.drums]) {
      context.fillStyle = colours.grid;
      context.fillRect(0, lane.top - 3, this.width, 1);
    }
  }

  #octaves(lane) {
    const { context, colours } = this;
    const [low, high] = this.range;
    context.font = `500 12px ${this.text}`;
    for (let pitch = Math.ceil(low / 12) * 12; pitch <= high; pitch += 12) {
      const y = this.#y(pitch, lane, this.range);
      if (y < lane.top + 14) continue;
      context.fillStyle = colours.pale;
      context.fillText(`C${pitch / 12 - 1}`, 6, y + 4);
    }
  }

  #y(pitch, lane, [low, high]) {
    return lane.bottom - ((pitch - low) / (high - low)) * (lane.bottom - lane.top);
  }

  #bar(note, x, now, lane, range, fill, edge, least, radius = 2, share = 0.9) {
    const { context } = this;
    const left = x(note.on);
    const width = Math.max(3, x(Math.max(note.on + 30, note.off)) - left - 1);
    const thick = Math.max(least, ((lane.bottom - lane.top) / (range[1] - range[0])) * share);
    const y = this.#y(note.pitch, lane, range) - thick / 2;
    const planned = note.on > now;
    const sounds = !planned && note.off > now;
    context.globalAlpha = planned ? 0.34 : sounds ? 1 : 0.92;
    context.beginPath();
    context.roundRect(left, y - (sounds ? 1 : 0), width, thick + (sounds ? 2 : 0), Math.min(radius, thick / 2));
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (edge !== fill || planned) {
      context.strokeStyle = edge;
      context.lineWidth = 1.2;
      context.setLineDash(planned ? [3, 2] : []);
      context.globalAlpha = planned ? 0.8 : context.globalAlpha;
      context.stroke();
      context.setLineDash([]);
    }
    context.globalAlpha = 1;
    return { left, width, y };
  }

  #solo(notes, x, now, lane) {
    const { colours } = this;
    for (const note of notes) {
      // Chord tones full, the scale's notes light, all others hollow: to be told apart without colour, too.
      const fill = note.kind === "t" ? colours.tone : note.kind === "s" ? colours.other : colours.surface;
      this.#bar(note, x, now, lane, this.range, fill, note.kind === "t" ? colours.tone : colours.edge, 5);
    }
  }

  #heard(notes, x, now, lane) {
    for (const note of notes) {
      const shown = { ...note, off: note.off ?? now };
      this.#bar(shown, x, now + 1e9, lane, this.range, this.colours.partner, this.colours.partner, 6, 6);
    }
  }

  #drums(notes, x, now, lane) {
    const { context, colours } = this;
    const row = (lane.bottom - lane.top) / 3;
    for (const note of notes) {
      const at = KICKS.has(note.pitch) ? 2 : CYMBALS.has(note.pitch) ? 0 : 1;
      const tall = row * (0.3 + (0.6 * note.velocity) / 127);
      context.fillStyle = colours.drums;
      context.globalAlpha = note.on > now ? 0.35 : 0.95;
      context.fillRect(Math.round(x(note.on)), lane.top + (at + 1) * row - tall, 2.5, tall);
    }
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
      const textX = Math.max(4, Math.min(left, this.width - wide - 4));
      context.fillStyle = colours.surface;
      context.globalAlpha = 0.85;
      context.fillRect(textX - 2, y - 17, wide + 4, 15);
      context.globalAlpha = 1;
      context.fillStyle = colours.quote;
      context.fillText(text, textX, y - 5);
    }
  }

  #turns(stage, x, lanes) {
    const { context, colours } = this;
    for (const turn of stage.turns.filter((each) => each.who === "you" && each.end_tick)) {
      const [left, right] = [x(stage.tempo.msAt(turn.tick)), x(stage.tempo.msAt(turn.end_tick))];
      if (right < 0 || left > this.width) continue;
      context.fillStyle = colours.you;
      context.fillRect(left, lanes.solo.top, right - left, lanes.solo.bottom - lanes.solo.top);
      context.fillStyle = colours.partner;
      context.font = `600 12px ${this.text}`;
      context.fillText("you", Math.max(left + 5, 4), lanes.solo.top + 26);
    }
  }
}
