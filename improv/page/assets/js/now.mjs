// What is played at this moment: the chord, the next one, the beat, the chorus, whose turn it is.

import { el } from "./dom.mjs";
import { chordElement } from "./symbols.mjs";

const KINDS = { "count-in": "Count-in", intro: "Intro", ending: "Ending", final: "Last chord", rest: "Next tune" };

export class NowView {
  constructor(box, announce) {
    this.announce = announce;
    this.chord = el("div", { class: "now-chord", id: "now-chord" });
    this.next = el("div", { class: "next-chord", id: "next-chord" });
    this.beats = el("div", { class: "now-beats", "aria-hidden": "true" });
    this.place = el("p", { class: "place", id: "place" });
    this.turn = el("p", { class: "turn", id: "turn", hidden: true });
    box.replaceChildren(
      this.chord,
      el("div", { class: "to-come" }, el("span", { class: "label" }, "next"), this.next),
      el("div", { class: "where" }, this.beats, this.place, this.turn));
    this.shown = {};
  }

  #changed(name, value) {
    if (this.shown[name] === value) return false;
    this.shown[name] = value;
    return true;
  }

  /** Everything anew at the next drawing. */
  forget() {
    this.shown = {};
  }

  draw(form, at, tick, fifths) {
    // Looked up when it changes, not in every frame.
    if (form !== this.form || tick < this.from || tick >= this.until) {
      const next = form.nextChord(tick);
      Object.assign(this, { form, from: tick, until: next?.tick ?? at.start + at.ticks, text: form.chordAt(tick)[1], next_: next });
    }
    const { text, next_: next } = this;
    const count = at.kind === "count-in" ? String(at.beat + 1) : null;
    if (this.#changed("chord", count ?? text)) this.chord.replaceChildren(count ? el("span", { class: "count" }, count) : chordElement(text, fifths));
    if (this.#changed("next", next?.text ?? "")) {
      this.next.replaceChildren(...(next ? [chordElement(next.text, fifths)] : []));
      this.next.parentElement.classList.toggle("nothing", !next);
    }
    if (this.#changed("beats", at.beats)) {
      this.beats.replaceChildren(...Array.from({ length: at.beats }, (_, beat) => el("i", {}, String(beat + 1))));
      this.shown.beat = null;
    }
    if (this.#changed("beat", at.beat)) {
      [...this.beats.children].forEach((dot, beat) => dot.classList.toggle("on", beat === at.beat));
      this.beats.dataset.beat = at.beat;
    }
    const section = form.tune.cells[at.cell]?.[1] || this.section(form, at.cell);
    const chorus = at.kind === "chorus" ? `Chorus ${at.chorus + 1}` : KINDS[at.kind];
    const of = (count) => el("span", { class: "of" }, ` of ${count}`);
    if (this.#changed("place", `${chorus} ${at.number} ${section}`)) {
      this.place.replaceChildren(...[
        el("b", {}, chorus, at.kind === "chorus" && !form.loopTicks ? of(form.choruses) : null),
        at.kind === "rest" ? null : el("span", {}, `bar ${at.number + 1 + form.firstBar}`, form.firstBar ? null : of(at.of)),
        section && at.kind === "chorus" ? el("span", { class: "letter" }, section) : null].filter(Boolean));
      if (this.#changed("chorus", chorus)) this.announce(chorus);
    }
  }

  section(form, cell) {
    for (let at = cell; at >= 0; at -= 1) if (form.tune.cells[at]?.[1]) return form.tune.cells[at][1];
    return "";
  }

  /** Whose bars these are; null where nobody trades. */
  drawTurn(turn, form, tick) {
    const now = turn?.find((row) => row.tick <= tick && (row.end_tick === null || tick < row.end_tick));
    const bars = now && now.end_tick ? Math.ceil((now.end_tick - tick) / (form.at(tick).ticks || 1920)) : 0;
    if (!this.#changed("turn", now ? `${now.who} ${bars}` : "")) return;
    this.turn.hidden = !now;
    if (!now) return;
    const whose = { me: "Its turn", you: "Your turn", both: "Both play" }[now.who];
    this.turn.className = `turn ${now.who}`;
    const left = bars ? [` · ${bars}`, el("span", { class: "of" }, bars === 1 ? " bar left" : " bars left")] : [];
    this.turn.replaceChildren(whose, ...left);
  }
}
