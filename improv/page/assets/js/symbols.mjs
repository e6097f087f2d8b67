// Chord symbols as engravers set them: the root large, what is added to it raised, real sharps and flats.

import { el, svg } from "./dom.mjs";

// Strokes in a box 60 wide and 120 high, standing on its lower edge; [path, width of the line].
const SIGNS = {
  b: [56, [["M10 4V113C35 99 50 82 50 65C50 53 43 47 34 47C25 47 16 53 10 63", 11]]],
  "#": [62, [["M21 16V118M43 4V106", 8], ["M5 51L59 35M5 89L59 73", 15]]],
  "°": [66, [["M32 28a23 23 0 1 0 .01 0z", 11]]],
  "ø": [76, [["M36 40a27 27 0 1 0 .01 0zM10 100L62 34", 10]]],
  "△": [96, [["M8 108L46 36L84 108Z", 10]]],
};

const PLACES = { F: -1, C: 0, G: 1, D: 2, A: 3, E: 4, B: 5 };

/** A note name moved by fifths, "Bb" by 2 -> "C"; kept where it is easy to read, from Gb to A#. */
export function movedNote(name, fifths) {
  let place = PLACES[name[0]];
  for (const sign of name.slice(1)) place += sign === "b" ? -7 : 7;
  place += fifths;
  while (place > 8) place -= 12;
  while (place < -6) place += 12;
  const letter = "FCGDAEB"[(((place + 1) % 7) + 7) % 7];
  const signs = Math.floor((place + 1) / 7);
  return letter + (signs < 0 ? "b".repeat(-signs) : "#".repeat(signs));
}

export const INSTRUMENTS = { concert: 0, Bb: 2, Eb: 3 };

const NOTE = /^[A-G](?:bb|##|b|#)?/;

/** "Em7b5/A" -> {root: "E", minor: "", quality: "ø7", bass: "A"}; null for no chord. */
export function readChord(text, fifths = 0) {
  const found = NOTE.exec(text);
  if (!found) return null;
  let rest = text.slice(found[0].length);
  const slash = /\/([A-G](?:bb|##|b|#)?)$/.exec(rest);
  const bass = slash ? movedNote(slash[1], fifths) : "";
  if (slash) rest = rest.slice(0, slash.index);
  let small = "";
  if (/^m7b5/.test(rest)) rest = `ø7${rest.slice(4)}`;
  else if (/^dim/.test(rest)) rest = `°${rest.slice(3)}`;
  else if (/^m[Mm]aj/.test(rest)) [small, rest] = ["m", `△${rest.slice(4)}`];
  else if (/^maj/.test(rest)) rest = `△${rest.slice(3)}`;
  else if (/^m/.test(rest)) [small, rest] = ["m", rest.slice(1)];
  else if (/^aug/.test(rest)) rest = `+${rest.slice(3)}`;
  return { root: movedNote(found[0], fifths), minor: small, quality: rest, bass };
}

const WORDS = [["b", " flat"], ["#", " sharp"]];
const SPOKEN = [["△", " major "], ["ø", " half diminished "], ["°", " diminished "], ["+", " augmented "], ["sus", " suspended "],
  ["alt", " altered"], ["b", " flat "], ["#", " sharp "], ["/", " "], ["(", " "], [")", " "], [",", " "]];

function said(text, table) {
  for (const [sign, word] of table) text = text.replaceAll(sign, word);
  return text;
}

/** A symbol for those who hear it: "B flat minor 7". */
export function spoken(text, fifths = 0) {
  const chord = readChord(text, fifths);
  if (!chord) return "no chord";
  const words = [said(chord.root, WORDS), chord.minor && "minor", said(chord.quality, SPOKEN), chord.bass && `over ${said(chord.bass, WORDS)}`];
  return words.filter(Boolean).join(" ").replace(/\s+/g, " ").trim();
}

function sign(name) {
  const [width, strokes] = SIGNS[name];
  return svg("svg", { viewBox: `0 0 ${width} 120`, class: `sign sign-${{ b: "flat", "#": "sharp" }[name] ?? "other"}`, "aria-hidden": "true" },
    ...strokes.map(([d, wide]) => svg("path", { d, "stroke-width": wide })));
}

/** Text with its signs drawn: pieces for `el`. */
function pieces(text) {
  return [...text].map((char) => (char in SIGNS ? sign(char) : char));
}

/** A note name such as "Bb" as an element. */
export function noteName(name) {
  return el("span", { class: "note-name" }, pieces(name));
}

/** The symbol as an element; read aloud in words. */
export function chordElement(text, fifths = 0) {
  const chord = readChord(text, fifths);
  const label = el("span", { class: "heard" }, spoken(text, fifths));
  if (!chord) return el("span", { class: "chord none" }, el("span", { "aria-hidden": "true" }, "N.C."), label);
  const shown = el("span", { "aria-hidden": "true", class: "shown" },
    el("span", { class: "root" }, chord.root[0]), pieces(chord.root.slice(1)),
    chord.minor ? el("span", { class: "minor" }, chord.minor) : null,
    chord.quality ? el("sup", {}, pieces(chord.quality)) : null,
    chord.bass ? el("span", { class: "bass" }, "/", pieces(chord.bass)) : null);
  return el("span", { class: "chord" }, shown, label);
}

const PATHS = new Map();

/** Draw a symbol on a canvas from (x, y), its baseline; returns where it ends. */
export function drawChord(context, text, x, y, size, family, fifths = 0) {
  const chord = readChord(text, fifths);
  const font = (share, weight) => (context.font = `${weight} ${size * share}px ${family}`);
  const put = (chars, share, weight, raise) => {
    for (const char of chars) {
      if (char in SIGNS) x = drawSign(context, char, x, y - raise * size, size * share);
      else {
        font(share, weight);
        context.fillText(char, x, y - raise * size);
        x += context.measureText(char).width;
      }
    }
  };
  if (!chord) {
    put("N.C.", 0.8, 500, 0);
    return x;
  }
  put(chord.root[0], 1, 600, 0);
  put(chord.root.slice(1), 0.95, 600, 0.04);
  put(chord.minor, 0.8, 500, 0);
  put(chord.quality, 0.68, 500, 0.32);
  if (chord.bass) put(`/${chord.bass}`, 0.8, 500, 0);
  return x;
}

function drawSign(context, name, x, y, size) {
  const [width, strokes] = SIGNS[name];
  const scale = (size * 0.8) / 120;
  context.save();
  context.translate(x + size * 0.03, y - 114 * scale + size * 0.04);
  context.scale(scale, scale);
  context.strokeStyle = context.fillStyle;
  for (const [d, wide] of strokes) {
    if (!PATHS.has(d)) PATHS.set(d, new Path2D(d));
    context.lineWidth = wide;
    context.stroke(PATHS.get(d));
  }
  context.restore();
  return x + width * scale + size * 0.06;
}
