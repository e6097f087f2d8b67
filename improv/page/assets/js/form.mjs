// Where in the tune a moment is: ticks from milliseconds, bars and chords from ticks.

const TICKS_A_BEAT = 480;

/** Ticks and milliseconds of one tune; anchors are [tick, ms, bpm], between them it goes evenly. */
export class Tempo {
  constructor(bpm, startMs = 0, startTick = 0) {
    this.map = [[startTick, startMs, bpm]];
  }

  #at(value, column) {
    let at = this.map.length - 1;
    while (at > 0 && this.map[at][column] > value) at -= 1;
    return this.map[at];
  }

  tickAt(ms) {
    const [tick, start, bpm] = this.#at(ms, 1);
    return tick + ((ms - start) * bpm * TICKS_A_BEAT) / 60000;
  }

  msAt(tick) {
    const [start, ms, bpm] = this.#at(tick, 0);
    return ms + ((tick - start) * 60000) / (bpm * TICKS_A_BEAT);
  }

  bpmAt(ms) {
    return this.#at(ms, 1)[2];
  }
}

/** The bars of a `tune` message, found by tick. */
export class Form {
  constructor(tune) {
    this.tune = tune;
    this.bars = [];
    this.choruses = 0;
    let looped = 0;
    for (const [start, shape, kind, chorus] of tune.parts) {
      let tick = start;
      if (kind === "chorus" && tune.repeat_tick !== null && start >= tune.repeat_tick) looped += 1;
      if (kind === "chorus") this.choruses = Math.max(this.choruses, chorus + 1);
      tune.shapes[shape].forEach(([ticks, beatTicks, cell, chords], number, all) => {
        this.bars.push({ tick, ticks, beatTicks, cell, chords, kind, chorus, number, of: all.length });
        tick += ticks;
      });
    }
    this.firstBar = tune.first_bar ?? 0; // of a loop of some bars, in the chorus
    this.looped = Math.max(1, looped);
    if (tune.repeat_tick === null) this.loopTicks = 0;
    else this.loopTicks = tune.length_tick - tune.repeat_tick;
  }

  /** How often it has come round, and where in the bars it is. */
  #place(tick) {
    const { length_tick: length, repeat_tick: repeat } = this.tune;
    if (tick < length || !this.loopTicks) return [0, Math.max(0, Math.min(tick, length - 1))];
    const loops = Math.floor((tick - repeat) / this.loopTicks);
    return [loops, repeat + ((tick - repeat) % this.loopTicks)];
  }

  #indexAt(place) {
    let low = 0;
    let high = this.bars.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.bars[middle].tick <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The bar at a tick: {...bar, index, chorus (counting on), start (its own tick), beat, beats}. */
  at(tick) {
    const [loops, place] = this.#place(tick);
    const index = this.#indexAt(place);
    const bar = this.bars[index];
    const inside = place - bar.tick;
    return {
      ...bar,
      index,
      chorus: bar.chorus < 0 ? -1 : bar.chorus + loops * this.looped,
      start: tick - inside,
      beat: Math.floor(inside / bar.beatTicks),
      beats: Math.max(1, Math.ceil(bar.ticks / bar.beatTicks)),
    };
  }

  /** [text, pitch classes] of the chord at a tick. */
  chordAt(tick) {
    const bar = this.at(tick);
    let found = bar.chords[0];
    for (const chord of bar.chords) if (bar.start + chord[0] <= tick) found = chord;
    return found;
  }

  /** {tick, text, pcs} of the next chord that differs; null where none comes. */
  nextChord(tick) {
    const now = this.chordAt(tick)[1];
    let bar = this.at(tick);
    for (let count = 0; count <= this.bars.length; count += 1) {
      for (const [inside, text, pcs] of bar.chords) {
        if (bar.start + inside > tick && text !== now) return { tick: bar.start + inside, text, pcs };
      }
      const end = bar.start + bar.ticks;
      if (!this.loopTicks && end >= this.tune.length_tick) return null;
      bar = this.at(end);
    }
    return null;
  }

  /** The chords of each written bar as they are in the part that is played at a tick; by cell. */
  chordsOfCells(tick) {
    const { index, number, of } = this.at(tick);
    const rows = new Map();
    for (const bar of this.bars.slice(index - number, index - number + of)) {
      if (bar.cell >= 0 && !rows.has(bar.cell)) rows.set(bar.cell, bar.chords);
    }
    return rows;
  }
}
