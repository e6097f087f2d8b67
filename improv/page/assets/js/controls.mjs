// Who plays and how: knobs made from the table of controls, players and styles, the mode, tempo and transport.
// Whatever is moved says a line of the terminal's language.

import { $, el, icon, setIcon } from "./dom.mjs";

const SAY_EVERY_MS = 90;
const RESTS_MS = 250;

/** At most one line in SAY_EVERY_MS, and the last one always. */
function calmly(line) {
  let waiting = null;
  let timer = 0;
  return (text) => {
    waiting = text;
    if (timer) return;
    const send = () => {
      timer = 0;
      if (waiting === null) return;
      line(waiting);
      waiting = null;
      timer = setTimeout(send, SAY_EVERY_MS);
    };
    send();
  };
}

export function shown(value) {
  return String(Math.round(value * 100) / 100).replace("-", "−");
}

/** A slider with name, value and, where it can follow what is played, "auto". */
export function slider({ name, label, low, high, unit = "", help = "", step, automatic = false, onSay }) {
  const say = calmly(onSay);
  const id = `knob-${name}`;
  const input = el("input", { type: "range", id, min: low, max: high, step: step ?? fineStep(low, high), "aria-describedby": help ? `${id}-help` : null });
  const output = el("output", { class: "value", for: id });
  const auto = automatic ? el("button", { type: "button", class: "chip", "aria-pressed": "false", "aria-label": `${label}: automatic`, onclick: () => onSay("auto") }, "auto") : null;
  let movedMs = -Infinity;
  const set = (value, isAutomatic = false) => {
    // What is said while somebody moves it is of a moment ago.
    if (input.matches(":active") || performance.now() - movedMs < RESTS_MS) return;
    input.value = value;
    show(value, isAutomatic);
  };
  const show = (value, isAutomatic = false) => {
    const number = Number(value);
    output.textContent = isAutomatic ? "auto" : `${shown(number)}${unit && unit !== "ratio" ? ` ${unit}` : ""}`;
    input.style.setProperty("--share", `${(100 * (number - low)) / (high - low)}%`);
    input.setAttribute("aria-valuetext", output.textContent);
    auto?.setAttribute("aria-pressed", String(isAutomatic));
  };
  input.addEventListener("input", () => {
    movedMs = performance.now();
    show(input.value);
    say(Number(input.value));
  });
  const row = el("div", { class: "knob", data: { name }, title: help },
    el("label", { for: id }, label), auto, output, input, help ? el("span", { class: "help", id: `${id}-help` }, help) : null);
  return { row, set };
}

function fineStep(low, high) {
  return high - low > 50 ? 1 : high - low > 1.6 ? 0.05 : 0.01;
}

const words = (name) => name.replaceAll("-", " ").replace(/^./, (first) => first.toUpperCase());

export class ControlsView {
  constructor({ line, announce }) {
    this.line = line;
    this.announce = announce;
    this.knobs = new Map();
    this.tempo = 120;
    $("tempo-down").addEventListener("click", () => this.setTempo(-4));
    $("tempo-up").addEventListener("click", () => this.setTempo(4));
    $("tap").addEventListener("pointerdown", () => line("tap"));
    $("tap").addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        if (!event.repeat) line("tap");
      }
    });
    $("transport-start").addEventListener("click", () => this.toggle());
    $("transport-next").addEventListener("click", () => this.onNext());
    $("transport-again").addEventListener("click", () => this.again());
    for (const button of $("words").children) button.addEventListener("click", () => line(button.dataset.line));
    this.playing = true;
    this.onNext = () => line("next");
    this.onPlaying = () => {};
    this.where = () => null;
    this.loops = false;
  }

  toggle() {
    this.line(this.playing ? "stop" : "start");
    this.setPlaying(!this.playing);
  }

  setPlaying(playing) {
    if (playing !== this.playing) this.onPlaying(playing);
    this.playing = playing;
    const button = $("transport-start");
    setIcon(button, playing ? "stop" : "start");
    button.setAttribute("aria-label", playing ? "Stop" : "Start");
    button.querySelector(".word").textContent = playing ? "Stop" : "Start";
    button.classList.toggle("playing", playing);
  }

  /** This bar and the three before it over and over, from the next bar line on; or on with the form. */
  again() {
    const { number = 0, of = 4, first = 0 } = this.where() || {};
    const last = Math.max(number + 1, Math.min(4, of));
    this.line(this.loops ? "loop off" : `loop ${first + Math.max(1, last - 3)}-${first + last} now`);
    this.setLoops(!this.loops);
  }

  setLoops(loops) {
    this.loops = loops;
    $("transport-again").setAttribute("aria-pressed", String(loops));
  }

  setTempo(by) {
    this.line(`tempo ${Math.min(400, Math.max(20, Math.round(this.tempo) + by))}`);
  }

  showTempo(bpm) {
    this.tempo = bpm;
    const text = String(Math.round(bpm));
    if ($("tempo").textContent !== text) $("tempo").textContent = text;
  }

  /** A knob for every row of the table; the tempo has its own place. */
  build(welcome) {
    const box = $("knobs");
    this.knobs.clear();
    box.replaceChildren();
    for (const row of welcome.controls) {
      if (row.name === "tempo") continue;
      const knob = slider({ ...row, label: words(row.label ?? row.name), onSay: (value) => this.line(`${row.name} ${value}`) });
      this.knobs.set(row.name, knob);
      knob.set(row.value ?? (row.low + row.high) / 2, false);
      box.append(knob.row);
    }
    this.players = welcome.players ?? [];
    this.shares = new Map();
    this.#fill($("player-add"), ["Add a player …", ...this.players]);
    this.#fill($("style"), ["Any style", ...(welcome.styles ?? [])]);
    $("player-add").onchange = (event) => {
      const name = event.target.value;
      event.target.selectedIndex = 0;
      if (name) this.#mix(new Map([...this.shares, [name, this.shares.size ? average(this.shares) : 1]]));
    };
    $("style").onchange = (event) => this.line(`style ${event.target.value}`.trim());
    this.#modes(welcome.modes ?? []);
    this.#showPlayers();
  }

  #fill(select, names) {
    select.replaceChildren(...names.map((name, at) => el("option", { value: at ? name : "" }, name)));
    select.disabled = names.length < 2;
  }

  #modes(modes) {
    $("modes-field").hidden = !modes.length;
    $("modes").replaceChildren(...modes.map(([mode, help]) => el("button", {
      type: "button", role: "radio", "aria-checked": "false", class: "mode", data: { mode }, title: help, tabIndex: -1, onclick: () => this.line(mode),
    }, words(mode))));
    const buttons = [...$("modes").children];
    if (buttons[0]) buttons[0].tabIndex = 0;
    $("modes").onkeydown = (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const at = buttons.indexOf(document.activeElement);
      const next = buttons[(at + by + buttons.length) % buttons.length];
      next.focus();
      next.click();
    };
  }

  #mix(shares) {
    this.shares = shares;
    this.#sayPlayers();
    this.#showPlayers();
  }

  #sayPlayers() {
    const named = [...this.shares].filter(([, share]) => share > 0);
    if (!named.length) this.line("player");
    else if (named.length === 1) this.line(`player ${named[0][0]}`);
    else this.line(`player ${named.map(([name, share]) => `${name}:${Math.round(share * 100) / 100}`).join(", ")}`);
  }

  #showPlayers() {
    const rows = [...this.shares].map(([name, share], at) => {
      const alone = this.shares.size === 1;
      const knob = slider({
        name: `player-${at}`, label: name, low: 0, high: 1, step: 0.05,
        onSay: (value) => {
          this.shares.set(name, value);
          this.#sayPlayers();
        },
      });
      knob.set(share);
      const remove = el("button", { type: "button", class: "quiet", "aria-label": `Take ${name} out`, onclick: () => {
        const shares = new Map(this.shares);
        shares.delete(name);
        this.#mix(shares);
      } }, icon("close"));
      return el("div", { class: `player${alone ? " alone" : ""}` }, knob.row, remove);
    });
    $("players").replaceChildren(...(rows.length ? rows : [el("p", { class: "empty" }, "Nobody in particular")]));
  }

  /** Somebody has changed something, here or elsewhere. */
  values(message) {
    const automatic = new Set(message.automatic ?? []);
    for (const [name, value] of Object.entries(message.controls ?? {})) {
      this.knobs.get(name)?.set(value, automatic.has(name));
    }
    if (message.player !== undefined) {
      const shares = readPlayers(message.player);
      const held = $("players").querySelector("input:active");
      if (!held && JSON.stringify([...shares]) !== JSON.stringify([...this.shares])) {
        this.shares = shares;
        this.#showPlayers();
      }
    }
    if (message.style !== undefined) {
      if (![...$("style").options].some((option) => option.value === message.style)) $("style").append(el("option", { value: message.style }, message.style));
      $("style").value = message.style;
    }
    if (message.mode !== undefined) this.#showMode(message.mode || "solo");
    if (message.playing !== undefined) this.setPlaying(message.playing);
  }

  #showMode(mode) {
    const buttons = [...$("modes").children];
    const best = buttons.filter((button) => mode.startsWith(button.dataset.mode)).sort((a, b) => b.dataset.mode.length - a.dataset.mode.length)[0];
    for (const button of buttons) {
      button.setAttribute("aria-checked", String(button === best));
      button.tabIndex = button === (best ?? buttons[0]) ? 0 : -1;
    }
  }
}

function average(shares) {
  return Math.round((100 * [...shares.values()].reduce((sum, share) => sum + share, 0)) / shares.size) / 100;
}

/** "Charlie Parker:0.7, John Coltrane:0.3" -> shares by name. */
export function readPlayers(text) {
  const rows = (text || "").split(",").map((part) => part.trim()).filter(Boolean);
  return new Map(rows.map((row) => {
    const found = /^(.*?)(?::\s*([\d.]+))?$/.exec(row);
    return [found[1].trim(), found[2] === undefined ? 1 : Number(found[2])];
  }));
}
