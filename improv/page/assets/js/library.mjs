// A chart from anywhere: built in, typed, pasted, dropped; and a set list put together of them.

import { $, el, icon } from "./dom.mjs";
import { noteName } from "./symbols.mjs";

const LARGEST_BYTES = 3_000_000;
const PAUSE_MS = 350;
const BETWEEN_MS = 250; // documents: more would be too many for the server

export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export class LibraryView {
  /** `ask` sends a message, `line` says a line, `tell` shows a sentence. */
  constructor({ ask, line, tell }) {
    Object.assign(this, { ask, line, tell });
    this.found = [];
    this.builtIn = [];
    this.setlist = []; // of all pages: the server has it
    this.place = -1;
    this.asked = -1; // the place that a next tune was asked for from
    this.typing = 0;
    this.awaits = []; // [purpose, message] in order; the first is being read
    const text = $("chart-text");
    text.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.#mark(null);
      this.typing = setTimeout(() => this.check(), PAUSE_MS);
    });
    text.addEventListener("scroll", () => ($("chart-lines").scrollTop = text.scrollTop));
    $("chart-play").addEventListener("click", () => this.#playTyped());
    $("chart-add").addEventListener("click", () => this.#playTyped(true));
    $("chart-file").addEventListener("change", (event) => this.readFiles(event.target.files));
    $("chart-search").addEventListener("input", () => this.#list());
    $("setlist-start").addEventListener("click", () => this.goTo(0));
    this.#dropping();
    this.#number();
  }

  #dropping() {
    const over = (on) => document.body.classList.toggle("dropping", on);
    let depth = 0;
    window.addEventListener("dragenter", (event) => {
      event.preventDefault();
      depth += 1;
      over(true);
    });
    window.addEventListener("dragover", (event) => event.preventDefault());
    window.addEventListener("dragleave", () => {
      depth = Math.max(0, depth - 1);
      over(depth > 0);
    });
    window.addEventListener("drop", (event) => {
      event.preventDefault();
      depth = 0;
      over(false);
      const text = event.dataTransfer.getData("text");
      if (event.dataTransfer.files.length) this.readFiles(event.dataTransfer.files);
      else if (text) this.type(text);
    });
  }

  async readFiles(files) {
    for (const file of files) {
      if (file.size > LARGEST_BYTES) this.tell(`“${file.name}” is over 3 MB: expected a chart, a playlist or a log of less.`, true);
      else {
        this.#read("file", { name: file.name.slice(0, 200), base64: base64(new Uint8Array(await file.arrayBuffer())) });
      }
    }
    $("chart-file").value = "";
  }

  /** Put text into the field and have it read. */
  type(text) {
    $("chart-text").value = text;
    this.check();
  }

  check(then = null) {
    const text = $("chart-text").value;
    if (!text.trim()) return this.#mark(null);
    this.#read(then ?? "check", { text });
  }

  /** One document after the other; of what is typed meanwhile only the last. */
  #read(purpose, document) {
    this.awaits = this.awaits.filter((waiting, at) => at === 0 || purpose !== "check" || waiting[0] !== "check");
    this.awaits.push([purpose, { type: "document", ...document }]);
    if (this.awaits.length === 1) this.ask(this.awaits[0][1]);
  }

  #answered() {
    const [purpose] = this.awaits.shift() ?? ["file"];
    if (this.awaits.length) setTimeout(() => this.ask(this.awaits[0][1]), BETWEEN_MS);
    return purpose;
  }

  /** The server is another one: what it was asked is asked again. */
  again() {
    if (this.awaits.length) this.ask(this.awaits[0][1]);
  }

  #playTyped(adds = false) {
    if ($("chart-text").value.trim()) this.check(adds ? "add" : "play");
  }

  builtInCharts(charts) {
    this.builtIn = charts.map(([say, title]) => ({ say, title }));
    this.#list();
  }

  /** The answer to a document. */
  charts(message) {
    const purpose = this.#answered();
    if (message.replay) return null;
    const good = message.tunes.filter((tune) => !tune.error);
    const first = message.error ? { error: message.error, line: message.line } : message.tunes.find((tune) => tune.error);
    if (purpose === "file") {
      if (!good.length) return this.tell(`${message.name}: ${first?.error ?? "there is no tune in it."}`, true);
      if (good.length === 1 && message.tunes.length === 1) {
        $("chart-text").value = good[0].text;
        this.#mark(null, good[0]);
      }
      this.found = [...message.tunes, ...this.found].slice(0, 2000);
      this.tell(`${message.tunes.length === 1 ? `“${message.tunes[0].title}”` : `${message.tunes.length} tunes`} read from ${message.name}.`);
      return this.#list();
    }
    if (message.tunes.length > 1) {
      this.found = [...message.tunes, ...this.found].slice(0, 2000);
      this.#list();
    }
    if (purpose === "check") return this.#mark(first, good[0], message.tunes.length);
    this.#mark(first, good[0]);
    if (!good.length) return null;
    if (purpose === "add") return good.forEach((tune) => this.add(tune));
    return this.play(good[0]);
  }

  /** Where the text cannot be read, in the text itself: its lines are marked, and the sentences stand below. */
  #mark(problem, good = null, count = 1) {
    const doubts = problem ? [[problem.line ?? 1, problem.error]] : (good?.warnings ?? []);
    $("chart-text").setAttribute("aria-invalid", String(Boolean(problem)));
    this.#number(doubts.map(([line]) => line));
    $("chart-note").className = problem ? "note problem" : doubts.length ? "note doubt" : "note";
    const fine = count > 1 ? `${count} tunes: choose below.` : good ? `Reads well: ${good.facts}.` : "";
    $("chart-note").replaceChildren(...(doubts.length ? doubts.slice(0, 5).map(([, text]) => el("span", {}, text)) : [fine]));
  }

  #number(wrong = []) {
    const count = Math.max(6, $("chart-text").value.split("\n").length);
    $("chart-lines").replaceChildren(...Array.from({ length: count }, (_, at) => {
      const marked = wrong.includes(at + 1);
      return el("span", { class: marked ? "wrong" : "" }, marked ? "▸" : String(at + 1));
    }));
    const first = wrong.find((line) => line !== null);
    const text = $("chart-text");
    if (first && document.activeElement !== text) text.scrollTop = Math.max(0, (first - 3) * parseFloat(getComputedStyle(text).lineHeight));
    $("chart-lines").scrollTop = text.scrollTop;
  }

  play(tune) {
    const atOnce = $("chart-at-once").checked ? " now" : "";
    this.line(`chart ${tune.say}${atOnce}`);
  }

  #list() {
    const wanted = $("chart-search").value.trim().toLowerCase();
    const rows = [...this.found, ...this.builtIn].filter((tune) => !wanted || `${tune.title} ${tune.composer ?? ""} ${tune.style ?? ""}`.toLowerCase().includes(wanted));
    $("chart-list").replaceChildren(...rows.slice(0, 200).map((tune) => this.#row(tune)));
    $("chart-count").textContent = rows.length > 200 ? `The first 200 of ${rows.length}; search for more.` : "";
  }

  #row(tune) {
    const facts = [tune.composer, tune.style].filter(Boolean).join(" · ");
    const name = tune.title || "Untitled";
    if (tune.error) return el("li", { class: "tune problem" }, el("span", { class: "name" }, el("b", {}, name), el("small", {}, tune.error)));
    const [, note, mode] = /^([A-G][b#]?)\s*(.*)$/.exec(tune.key ?? "") ?? [];
    return el("li", { class: "tune" },
      el("button", { type: "button", class: "name", "aria-label": `Play ${name}`, onclick: () => this.play(tune) },
        el("b", {}, name), el("small", {}, facts, note ? el("span", {}, facts ? " · " : "", noteName(note), mode ? ` ${mode}` : "") : null)),
      el("button", { type: "button", class: "quiet", "aria-label": `Put ${name} on the set list`, onclick: () => this.add(tune) }, icon("add")));
  }

  // -- the set list

  add({ title, say }) {
    this.#share([...this.setlist, { title: (title || "Untitled").slice(0, 200), say, choruses: 4 }]);
    this.tell(`“${title || "Untitled"}” is on the set list.`);
  }

  #share(tunes, place = this.place) {
    this.ask({ type: "setlist", tunes, place });
  }

  /** The list as it is now, whoever changed it. */
  setlistIs({ tunes, place }) {
    if (place !== this.place) this.asked = -1;
    const focused = document.activeElement?.closest("#setlist") && document.activeElement.getAttribute("aria-label");
    Object.assign(this, { setlist: tunes, place });
    this.#setlist();
    if (focused) [...$("setlist").querySelectorAll("[aria-label]")].find((each) => each.getAttribute("aria-label") === focused)?.focus();
  }

  #setlist() {
    $("setlist-box").hidden = !this.setlist.length;
    $("setlist").replaceChildren(...this.setlist.map((tune, at) => {
      const others = this.setlist.toSpliced(at, 1);
      const move = (by) => {
        const place = at === this.place ? at + by : at + by === this.place ? at : this.place;
        this.#share(others.toSpliced(at + by, 0, tune), place);
      };
      const count = (event) => this.#share(this.setlist.with(at, { ...tune, choruses: Math.min(99, Math.max(1, Math.round(Number(event.target.value)) || 1)) }));
      return el("li", { class: `tune${at === this.place ? " playing" : ""}`, "aria-current": at === this.place ? "true" : null },
        el("button", { type: "button", class: "name", "aria-label": `Play ${tune.title}`, onclick: () => this.goTo(at) }, el("b", {}, `${at + 1}. ${tune.title}`)),
        el("label", { class: "choruses" }, el("input", { type: "number", min: 1, max: 99, value: tune.choruses, "aria-label": `Choruses of ${tune.title}`, onchange: count }), "×"),
        el("button", { type: "button", class: "quiet", disabled: at === 0, "aria-label": `${tune.title} earlier`, onclick: () => move(-1) }, icon("up")),
        el("button", { type: "button", class: "quiet", disabled: at === this.setlist.length - 1, "aria-label": `${tune.title} later`, onclick: () => move(1) }, icon("down")),
        el("button", { type: "button", class: "quiet", "aria-label": `Take ${tune.title} off`, onclick: () => this.#share(others, this.place >= at ? this.place - 1 : this.place) }, icon("close")));
    }));
  }

  goTo(at, now = $("chart-at-once").checked) {
    if (!this.setlist[at]) return false;
    this.ask({ type: "go", from: this.place, to: at, now });
    return true;
  }

  next() {
    return this.place >= 0 && this.goTo(this.place + 1);
  }

  /** Called with each chorus that begins: after the last one of a tune on the list the next tune comes. */
  chorusBegins(title, chorus) {
    const tune = this.setlist[this.place];
    if (!tune || this.asked === this.place || title !== tune.title || chorus + 1 < tune.choruses) return;
    this.asked = this.place;
    this.goTo(this.place + 1, false);
  }
}
