// The chart as it is written, four bars a line, and the cursor on the beat.

import { el, svg } from "./dom.mjs";
import { INSTRUMENTS, chordElement, movedNote, noteName, spoken } from "./symbols.mjs";

const DRAWN = {
  Coda: ["M30 20a14 20 0 1 0 .01 0zM30 6V74M4 40H56", 6],
  "To Coda": ["M30 20a14 20 0 1 0 .01 0zM30 6V74M4 40H56", 6],
  Segno: ["M46 20C38 6 12 12 18 30C24 44 42 40 46 54C50 70 24 76 14 60M54 12L8 72M10 36h.1M52 46h.1", 6],
};

function markElement(mark) {
  if (mark.startsWith("\"")) return el("span", { class: "mark remark" }, mark.slice(1, -1));
  const name = Object.keys(DRAWN).find((word) => mark.startsWith(word));
  const picture = name && svg("svg", { viewBox: "0 0 60 80", class: "mark-sign", "aria-hidden": "true" },
    svg("path", { d: DRAWN[name][0], "stroke-width": DRAWN[name][1] }));
  return el("span", { class: `mark${/^(To|D\.|Fine)/.test(mark) ? " late" : ""}` }, picture ?? null, name === mark && name !== "To Coda" ? el("span", { class: "heard" }, mark) : mark);
}

const STRUCTURE = /^(\|:|:\|\d*|[\d,]+\.|\])$/;

export class ChartView {
  /** `box` is filled; `heading` gets title and facts. */
  constructor(box, heading) {
    this.box = box;
    this.heading = heading;
    this.beats = el("span", { class: "beats", "aria-hidden": "true" });
    this.instrument = "concert";
    this.form = null;
    this.cells = [];
    this.key = "";
    this.chords = new Map();
  }

  get fifths() {
    return INSTRUMENTS[this.instrument];
  }

  show(form) {
    this.form = form;
    this.#head();
    this.#draw(form.chordsOfCells(form.tune.parts.find((part) => part[2] === "chorus")?.[0] ?? 0));
  }

  transpose(instrument) {
    this.instrument = instrument;
    if (!this.form) return;
    this.#head();
    this.#draw(this.chords);
  }

  #head() {
    const { title, composer, style, feel, key, meter, tempo_bpm: bpm } = this.form.tune;
    const [, note, mode] = /^([A-G][b#]?)\s*(.*)$/.exec(key) ?? [];
    const facts = [style || feel, meter, `${Math.round(bpm * 10) / 10} bpm`];
    this.heading.replaceChildren(
      el("h1", {}, title || "Untitled"),
      el("p", { class: "facts" }, composer ? el("span", { class: "composer" }, composer) : null, facts.map((fact) => el("span", {}, fact)),
        note ? el("span", {}, noteName(movedNote(note, this.fifths)), mode ? ` ${mode}` : " major") : null,
        this.fifths ? el("span", { class: "instrument" }, "for ", noteName(this.instrument), " instruments") : null));
  }

  #draw(chords) {
    this.chords = chords;
    const { cells } = this.form.tune;
    this.cells = [];
    const rows = [];
    let row = null;
    let bracket = false;
    let before = "";
    cells.forEach(([ticks, section, own, marks], number) => {
      const ending = marks.find((mark) => /^[\d,]+\.$/.test(mark));
      const closes = marks.find((mark) => mark.startsWith(":|"));
      if (!row || section || row.childElementCount > 4 || marks.some((mark) => mark.startsWith("Coda"))) {
        row = el("div", { class: "line", role: "presentation" }, el("span", { class: "section" }, section ? el("b", {}, section) : null));
        rows.push(row);
      }
      const here = chords.get(number) ?? own;
      const same = JSON.stringify(here.map(([tick, text]) => [tick, text]));
      const simile = same === before && here.length === 1 && !section;
      before = same;
      if (ending) bracket = true;
      else if (section || marks.includes("|:") || marks.some((mark) => mark.startsWith("Coda"))) bracket = false;
      const words = here.map(([, text]) => spoken(text, this.fifths)).join(", ");
      const bar = el("div", { class: "bar", role: "listitem", "aria-label": `Bar ${number + 1}${section ? `, ${section}` : ""}: ${words}`,
        data: { cell: number } },
        el("span", { class: "above", "aria-hidden": "true" },
          ending ? el("span", { class: "mark number" }, ending) : null,
          marks.filter((mark) => !STRUCTURE.test(mark)).map(markElement)),
        el("span", { class: "chords", "aria-hidden": "true" }, simile ? simileSign() : spread(here, ticks, this.fifths)));
      bar.classList.toggle("begins", Boolean(section) || number === 0);
      bar.classList.toggle("last", number === cells.length - 1);
      bar.classList.toggle("bracket", bracket);
      bar.classList.toggle("bracket-begins", Boolean(ending));
      if (marks.includes("|:")) bar.prepend(el("span", { class: "repeat open", "aria-hidden": "true" }, el("u"), el("u")));
      if (closes) {
        const times = Number(closes.slice(2) || 2);
        bar.append(el("span", { class: "repeat close", "aria-hidden": "true" }, el("u"), el("u"), times > 2 ? el("i", {}, `${times}×`) : null));
      }
      if (closes || marks.includes("]")) bracket = false;
      row.append(bar);
      this.cells.push(bar);
    });
    this.box.replaceChildren(...rows);
    this.box.classList.toggle("unlabelled", cells.every(([, section]) => !section));
    this.now = null;
  }

  /** Put the cursor where `at` (of Form.at) is. */
  cursor(at, tick) {
    const key = at.kind === "chorus" ? `${at.chorus}` : at.kind;
    if (key !== this.key) {
      this.key = key;
      const chords = this.form.chordsOfCells(tick);
      const text = (rows) => JSON.stringify([...rows].map(([cell, row]) => [cell, row.map((chord) => chord[1])]));
      const merged = new Map([...this.chords, ...chords]);
      if (text(merged) !== text(this.chords)) this.#draw(merged);
    }
    const bar = this.cells[at.cell] ?? null;
    if (bar !== this.now) {
      this.now?.classList.remove("now");
      this.now?.removeAttribute("aria-current");
      this.now = bar;
      this.beats.remove();
      if (bar) {
        bar.classList.add("now");
        bar.setAttribute("aria-current", "true");
        this.beats.replaceChildren(...Array.from({ length: at.beats }, () => el("i")));
        bar.append(this.beats);
        this.#scrollTo(bar);
      }
    }
    if (bar && this.beats.dataset.beat !== String(at.beat)) {
      this.beats.dataset.beat = at.beat;
      [...this.beats.children].forEach((dot, beat) => dot.classList.toggle("on", beat <= at.beat));
    }
  }

  /** The row that is played and the next one stay in sight. */
  #scrollTo(bar) {
    const { box } = this;
    if (box.scrollHeight <= box.clientHeight + 1) return;
    const top = bar.offsetTop - box.offsetTop;
    if (top < box.scrollTop || top + 1.9 * bar.offsetHeight > box.scrollTop + box.clientHeight) {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      box.scrollTo({ top: Math.max(0, top - 12), behavior: calm ? "auto" : "smooth" });
    }
  }
}

function spread(chords, ticks, fifths) {
  const ends = [...chords.slice(1).map((chord) => chord[0]), null];

  return chords.map(([tick, text], at) => {
    const cell = el("span", { class: "slot" }, chordElement(text, fifths));
    cell.style.flexGrow = String(Math.max(1, (ends[at] ?? Math.max(ticks, tick + 1)) - tick));
    return cell;
  });
}

function simileSign() {
  return svg("svg", { viewBox: "0 0 60 40", class: "simile" },
    svg("path", { d: "M12 37L48 3", "stroke-width": 7 }), svg("circle", { cx: 16, cy: 10, r: 5 }), svg("circle", { cx: 44, cy: 30, r: 5 }));
}
