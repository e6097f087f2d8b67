// How loud each musician is, who is heard, and with which sound.

import { $, el } from "./dom.mjs";
import { slider } from "./controls.mjs";

const USUAL = 100 / 127; // what a synth has where nobody has said a volume

// The sounds of the font that comes with the page; kits are those of channel 10.
const SOUNDS = [[0, "Piano"], [4, "Electric piano"], [11, "Vibraphone"], [26, "Guitar"], [32, "Double bass"], [33, "Electric bass"],
  [56, "Trumpet"], [59, "Muted trumpet"], [57, "Trombone"], [64, "Soprano saxophone"], [65, "Alto saxophone"], [66, "Tenor saxophone"],
  [71, "Clarinet"], [73, "Flute"]];
const KITS = [[32, "Jazz kit"], [40, "Brushes"]];

export class MixerView {
  constructor({ line, sound }) {
    this.line = line;
    this.sound = sound;
    this.rows = new Map();
  }

  build(welcome) {
    this.rows.clear();
    $("mixer").replaceChildren(...welcome.musicians.map((musician) => {
      const { name } = musician;
      const volume = slider({ name: `volume-${name}`, label: title(name), low: 0, high: 1, onSay: (value) => this.line(`volume ${name} ${value}`) });
      volume.set(USUAL);
      const mute = this.#toggle("Mute", `Mute ${name}`, (pressed) => this.line(`${pressed ? "mute" : "unmute"} ${name}`));
      const solo = this.#toggle("Solo", `Only ${name}`, (pressed) => {
        const names = [...this.rows].filter(([other, row]) => (other === name ? pressed : row.solo.getAttribute("aria-pressed") === "true")).map(([other]) => other);
        this.line(`solo ${names.join(", ") || "off"}`);
      });
      const sounds = musician.channel === 9 ? KITS : SOUNDS;
      const program = el("select", { "aria-label": `Sound of ${name} in this page`, onchange: (event) => this.sound.program(musician.channel, Number(event.target.value)) },
        sounds.map(([number, sound]) => el("option", { value: number, selected: number === (musician.program ?? KITS[0][0]) }, sound)));
      this.rows.set(name, { volume, mute, solo });
      return el("div", { class: "strip", data: { musician: name } },
        el("span", { class: "swatch", "aria-hidden": "true" }), volume.row, el("div", { class: "buttons" }, mute, solo, program));
    }));
  }

  #toggle(text, label, pressed) {
    const button = el("button", { type: "button", class: "toggle", "aria-pressed": "false", "aria-label": label }, text);
    button.addEventListener("click", () => {
      const now = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(now));
      pressed(now);
    });
    return button;
  }

  values({ mixer }) {
    if (!mixer) return;
    for (const [name, row] of this.rows) {
      row.volume.set(mixer.volumes?.[name] ?? USUAL);
      row.mute.setAttribute("aria-pressed", String((mixer.muted ?? []).includes(name)));
      row.solo.setAttribute("aria-pressed", String((mixer.solo ?? []).includes(name)));
    }
  }
}

const title = (name) => name[0].toUpperCase() + name.slice(1);
