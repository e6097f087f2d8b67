// Makes improv/page/assets/vendor again: the synth as one file, the font cut to what a band plays (`make page-assets`).
//
//   node docs/make_page_assets.mjs NODE_MODULES FluidR3Mono_GM.sf3 COPYRIGHT
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, fontFile, fontLicence] = process.argv.slice(2).map((path) => resolve(path));
const vendor = new URL("../improv/page/assets/vendor/", import.meta.url).pathname;
const require = createRequire(join(modules, "x.js"));

// General MIDI program -> [lowest key, highest key] of what is kept: what the instrument can play, and little more.
const PROGRAMS = {
  0: [21, 108], // piano
  4: [28, 103], // electric piano
  11: [41, 96], // vibraphone
  26: [36, 96], // jazz guitar
  32: [24, 72], // acoustic bass
  33: [24, 72], // electric bass
  56: [40, 100], // trumpet
  57: [30, 90], // trombone
  59: [40, 100], // muted trumpet
  64: [44, 100], // soprano saxophone
  65: [40, 96], // alto saxophone
  66: [34, 92], // tenor saxophone
  71: [38, 100], // clarinet
  73: [50, 103], // flute
};
const KITS = { 32: [33, 60], 40: [33, 60] }; // jazz, brushes

async function makeSynth() {
  await require("esbuild").build({
    stdin: {
      contents: 'export { BasicSoundBank, SoundBankLoader, SpessaSynthProcessor } from "spessasynth_core";',
      resolveDir: modules,
    },
    bundle: true,
    format: "esm",
    minify: true,
    target: "es2022",
    legalComments: "none",
    outfile: join(vendor, "spessasynth.mjs"),
  });
  for (const name of ["spessasynth_core", "stb-vorbis"])
    copyFileSync(join(modules, name, "LICENSE"), join(vendor, `LICENSE.${name}`));
}

const LETTERS = ["jost", "inter"]; // chords and titles; all other words

function copyLetters() {
  for (const name of LETTERS) {
    const folder = join(modules, "@fontsource-variable", name);
    copyFileSync(join(folder, `files/${name}-latin-wght-normal.woff2`), join(vendor, `${name}.woff2`));
    copyFileSync(join(folder, "LICENSE"), join(vendor, `LICENSE.${name}`));
  }
}

async function cutFont() {
  const file = pathToFileURL(join(modules, "spessasynth_core/dist/index.js"));
  const { BasicSoundBank, SoundBankLoader } = await import(file);
  await BasicSoundBank.isSF3DecoderReady;
  const bank = SoundBankLoader.fromArrayBuffer(new Uint8Array(readFileSync(fontFile)).buffer);
  const velocities = new Set(Array.from({ length: 127 }, (_, at) => at + 1));
  const kept = new Map();
  for (const preset of bank.presets) {
    const ranges = preset.isGMGSDrum ? KITS : preset.bankMSB ? {} : PROGRAMS;
    const [low, high] = ranges[preset.program] ?? [1, 0];
    const keys = Array.from({ length: high + 1 - low }, (_, at) => [low + at, velocities]);
    if (keys.length) kept.set(preset, new Map(keys));
  }
  bank.trim(kept);
  bank.soundBankInfo.comment = "Cut to the presets of a jazz band for jazz-improv.";
  writeFileSync(join(vendor, "font.sf3"), Buffer.from(bank.writeSF2({ software: "jazz-improv" })));
  copyFileSync(fontLicence, join(vendor, "LICENSE.FluidR3Mono"));
  return bank.presets.map((preset) => preset.name.trim());
}

await makeSynth();
copyLetters();
const presets = await cutFont();
const version = (name) => require(`${name}/package.json`).version;
const row = (file, what) => {
  const bytes = readFileSync(join(vendor, file));
  return `| \`${file}\` | ${what} | ${bytes.length.toLocaleString("en")} | \`${createHash("sha256").update(bytes).digest("hex")}\` |`;
};
writeFileSync(
  join(vendor, "README.md"),
  `# What the page has from others

Made by \`make page-assets\`; nothing here is written by hand.

| file | what it is | bytes | SHA-256 |
|---|---|---|---|
${row("spessasynth.mjs", `spessasynth_core ${version("spessasynth_core")} with stb-vorbis ${version("stb-vorbis")}, both under the Apache License 2.0, bundled by esbuild ${version("esbuild")}`)}
${row("font.sf3", "FluidR3Mono GM 2.315 (Debian's fluidr3mono-gm-soundfont), under the MIT licence, cut to the presets below")}
${row("jost.woff2", `the letters of Jost (chords, titles), by @fontsource-variable/jost ${version("@fontsource-variable/jost")}, under the SIL Open Font License 1.1`)}
${row("inter.woff2", `the letters of Inter (all other words), by @fontsource-variable/inter ${version("@fontsource-variable/inter")}, under the SIL Open Font License 1.1`)}

Presets: ${presets.join(", ")}.
`,
);
