// The synth, on the audio thread: notes wait here with the server's milliseconds and sound to the sample.
//
//   in   {font, programs} | {base} | {on} | {notes} | {withdraw} | {now} | {channel, gain} | {silence}
//   out  {ready} | {counts, played: [[id, seconds], ...]} | {slipped: ms} | {jumped}
//
// `base` is the server's millisecond of the audio clock's zero; it is told anew when that clock has slipped.
import { BasicSoundBank, SoundBankLoader, SpessaSynthProcessor } from "../vendor/spessasynth.mjs";

const LATE_MS = 12; // a note that would begin later is left out: better none than one out of time
const SAID_EVERY = 0.5; // seconds
const SLIPPED_MS = 5; // and so much: an underrun, after which the audio's clock is behind for good
const SEEN = 12; // blocks, of which the least late counts: they come in bursts, each for a buffer of the sound card
const DRIFT = 0.01; // a block: two clocks never go quite alike
const JUMPED_MS = 250; // the audio's clock stood still while time went on: the laptop slept, or the tab was frozen
const EVERY = 8; // blocks, for a sample of a sound that is chosen while it plays: a second in all
const KEPT = 2048; // notes
const DRUMS = 9;
const [PIANO, TENOR, ALTO, TRUMPET, BASS, GUITAR] = [0, 66, 65, 56, 32, 26];
// General MIDI's families, eight programs each -> what stands in for a program that the font has not.
const FAMILIES = [PIANO, 11, PIANO, GUITAR, BASS, PIANO, PIANO, TRUMPET, TENOR, 73, TENOR, PIANO, PIANO, GUITAR, 11, PIANO];

const samplesOf = (preset) => [...new Set(preset.zones.flatMap(({ instrument }) => instrument.zones.map(({ sample }) => sample)))];

class Player extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.inTime = !processorOptions?.offline;
    this.synth = new SpessaSynthProcessor(sampleRate, { effectsEnabled: true, eventsEnabled: false });
    this.events = []; // [ms, order, id, channel, pitch, velocity], by time; order: offs before ons
    this.offs = new Map(); // id -> its off's event, for those that sound
    this.base = null;
    this.sounds = false;
    this.counts = { played: 0, late: 0, dropped: 0, worst: 0, samples: 0, slips: 0 };
    this.played = [];
    this.saidAt = 0;
    this.seen = new Float64Array(SEEN);
    this.blocks = 0;
    this.behind = -Infinity; // the audio's clock behind the computer's
    this.least = 0;
    this.noticed = false; // a slip that the page has not answered yet
    this.settled = false; // whether what was due before it could sound has been left out
    this.changes = []; // [channel, preset, samples that are to be decoded]
    let last = Promise.resolve();
    this.port.onmessage = ({ data }) => {
      last = last.then(() => this.told(data)); // one after the other: the font takes its time
    };
  }

  async told(told) {
    if (told.font) await this.load(told.font);
    if (told.programs) this.choose(told.programs);
    if ("base" in told) {
      const moved = this.base === null ? 0 : told.base - this.base;
      // A slip that the page noticed first counts once. One that was noticed here and is none there was none:
      // the card only takes its blocks later now.
      if (Math.abs(moved) > SLIPPED_MS) this.behind = this.noticed ? this.least : this.behind + moved;
      this.noticed = false;
      this.base = told.base;
    }
    if ("on" in told) this.sounds = told.on;
    if (told.withdraw) this.withdraw(told.withdraw);
    if (told.notes) this.plan(told.notes);
    if (told.now) this.synth.processMessage(told.now);
    if ("gain" in told) this.synth.midiChannels[told.channel]?.setSystemParameter("gain", told.gain);
    if (told.silence) {
      this.events = [];
      this.offs.clear();
      this.synth.stopAllChannels(true);
    }
    if (told.font || told.programs) this.port.postMessage({ ready: true });
  }

  async load(font) {
    await BasicSoundBank.isSF3DecoderReady;
    await this.synth.processorInitialized;
    this.bank = SoundBankLoader.fromArrayBuffer(font);
    this.synth.soundBankManager.addSoundBank(this.bank, "font");
  }

  // Each channel's sound. Before anything sounds it is decoded at once; later a sample at a time (`change`), because
  // all of it would keep the audio thread too long.
  choose(programs) {
    for (const [channel, wanted] of programs) {
      const kit = channel === DRUMS;
      const has = (program) =>
        this.bank.presets.find((preset) => preset.isGMGSDrum === kit && preset.program === program);
      const preset = has(wanted) ?? has(kit ? 32 : FAMILIES[wanted >> 3]);
      this.changes = this.changes.filter(([other]) => other !== channel);
      const missing = samplesOf(preset).filter((sample) => sample.compressedData);
      if (this.settled && missing.length) {
        this.changes.push([channel, preset, missing]);
        continue;
      }
      missing.forEach((sample) => this.decode(sample));
      this.synth.programChange(channel, preset.program);
    }
  }

  // A sample ready to be played; it is not kept twice.
  decode(sample) {
    sample.getAudioData();
    sample.compressedData = undefined;
    this.counts.samples += 1;
  }

  change() {
    const [[channel, preset, missing]] = this.changes;
    if (missing.length) return this.decode(missing.pop());
    this.changes.shift();
    this.synth.programChange(channel, preset.program);
  }

  // A note that is known already is moved; one that sounds already keeps sounding to its new end.
  plan(notes) {
    const known = new Set(notes.map(([id]) => id));
    this.events = this.events.filter(([, , id]) => !known.has(id));
    for (const [id, on, off, channel, pitch, velocity] of notes) {
      const sounding = this.offs.get(id);
      if (!sounding) this.events.push([on, 1, id, channel, pitch, velocity]);
      this.events.push([off, 0, id, sounding?.[3] ?? channel, sounding?.[4] ?? pitch, 0]);
    }
    this.events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  }

  withdraw(ids) {
    const gone = new Set(ids);
    // What sounds already keeps its off.
    this.events = this.events.filter(([, order, id]) => !gone.has(id) || (order === 0 && this.offs.has(id)));
  }

  play([ms, order, id, channel, pitch, velocity], now, at) {
    if (order === 0) {
      if (this.offs.delete(id)) this.synth.noteOff(channel, pitch);
      return;
    }
    const late = now - ms;
    if (late > LATE_MS || !this.sounds) {
      this.counts.dropped += this.sounds && this.settled ? 1 : 0;
      return;
    }
    // The same pitch struck again: the former ends first, and its own off is to leave this one alone.
    for (const [other, event] of this.offs)
      if (event[3] === channel && event[4] === pitch) {
        this.synth.noteOff(channel, pitch);
        this.offs.delete(other);
      }
    this.offs.set(id, [0, 0, id, channel, pitch, 0]);
    this.synth.noteOn(channel, pitch, velocity);
    this.counts.played += 1;
    // It keeps what it has computed for each key and velocity, and would do so for ever.
    if (this.counts.played % KEPT === 0) this.synth.clearCache();
    this.played.push([id, currentTime + at / sampleRate]);
    this.counts.late += late > 1 ? 1 : 0;
    this.counts.worst = Math.max(this.counts.worst, late);
  }

  // Where the audio's clock has slipped, everything that waits moves with it at once; the page's thread may be busy.
  // After a pause of all, what waits here would sound as late as that was long: nothing does, until the base is known.
  lookAtTime() {
    const behind = Date.now() - currentTime * 1000;
    if (behind - this.behind > JUMPED_MS) {
      this.base = null;
      this.behind = behind;
      this.blocks = 0;
      this.settled = false;
      this.synth.stopAllChannels(true);
      this.port.postMessage({ jumped: true });
      return;
    }
    this.seen[this.blocks % SEEN] = behind;
    this.blocks += 1;
    if (this.blocks < SEEN) return;
    this.least = Infinity;
    for (const each of this.seen) if (each < this.least) this.least = each;
    const slipped = this.least - this.behind;
    const isSlip = Math.abs(slipped) > SLIPPED_MS;
    this.behind += isSlip ? slipped : slipped * DRIFT;
    if (!isSlip || this.base === null) return;
    this.base += slipped;
    this.noticed = true;
    this.counts.slips += 1;
    this.port.postMessage({ slipped });
  }

  process(_, [[left, right]]) {
    if (!this.bank) return true;
    const frames = left.length;
    if (this.inTime) this.lookAtTime();
    if (this.changes.length && (currentFrame / frames) % EVERY === 0) this.change();
    let at = 0;
    if (this.base !== null) {
      const start = this.base + (currentFrame / sampleRate) * 1000;
      while (this.events.length) {
        const frame = Math.round(((this.events[0][0] - start) * sampleRate) / 1000);
        if (frame >= frames) break;
        if (frame > at) {
          this.synth.process(left, right, at, frame - at);
          at = frame;
        }
        this.play(this.events.shift(), start + (at / sampleRate) * 1000, at);
      }
      this.settled = this.sounds;
    }
    if (at < frames) this.synth.process(left, right, at, frames - at);
    if (currentTime - this.saidAt > SAID_EVERY) {
      this.saidAt = currentTime;
      const voices = this.synth.synthCore.cachedVoices.size; // bounded by `KEPT`
      this.port.postMessage({ counts: { ...this.counts, voices }, played: this.played });
      this.played = [];
    }
    return true;
  }
}

registerProcessor("player", Player);
