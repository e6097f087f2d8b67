// Take it home: the last chorus or the session as a file, a lead sheet on paper; and a log played again.

import { $, el } from "./dom.mjs";

const KINDS = [["mid", "MIDI", "for a DAW"], ["musicxml", "MusicXML", "the solo on paper, for MuseScore"], ["wav", "WAV", "to listen to"]];
const MIME = { mid: "audio/midi", musicxml: "application/vnd.recordare.musicxml+xml", wav: "audio/wav" };

export class KeepView {
  constructor({ ask, tell, render }) {
    Object.assign(this, { ask, tell, render });
    const rows = [["chorus", "Last chorus"], ["session", "Whole session"]].map(([what, text]) =>
      el("fieldset", { class: "downloads" }, el("legend", {}, text), KINDS.map(([kind, name, use]) =>
        el("button", { type: "button", class: "file", "aria-label": `${text} as ${name}`, onclick: () => this.download(what, kind) }, el("b", {}, name), el("small", {}, use)))));
    $("downloads").replaceChildren(...rows);
    $("print").addEventListener("click", () => window.print());
  }

  download(what, kind) {
    // Sound is made here, of the notes, where this page can sound.
    this.ask({ type: "download", what, as: kind === "wav" && window.isSecureContext ? "notes" : kind });
  }

  async file({ name, base64, rows, error }) {
    if (error) return this.tell(error, true);
    if (rows) this.tell("The sound is made …");
    let bytes;
    try {
      bytes = rows ? await this.render(rows) : Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    } catch (failed) {
      return this.tell(failed.message, true);
    }
    const kind = name.split(".").pop();
    const url = URL.createObjectURL(new Blob([bytes], { type: MIME[kind] ?? "application/octet-stream" }));
    const link = el("a", { href: url, download: name, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
    return this.tell(`${name} is saved.`);
  }
}
