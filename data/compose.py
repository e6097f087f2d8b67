"""Compose the built-in corpus: every MIDI file of this folder and its manifest, from one seed.

    python data/compose.py                 rewrites data/*.mid and data/manifest.json, byte for byte
    python data/compose.py --out FOLDER    writes them elsewhere

Needs mido and NumPy only. How it works: `etudes/`; what the files hold: `README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from pathlib import Path

import numpy as np
from etudes.forms import all_etudes
from etudes.melody import Memory
from etudes.solo import solo
from etudes.writer import midi_bytes

SEED = 2024
COMMAND = "python data/compose.py"


def _write(path: Path, content: bytes) -> None:
    """Write a whole file or none: a temporary name beside it, then a rename."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)


def compose(folder: Path, seed: int) -> dict[str, object]:
    """Write every file of the corpus into `folder`; give the manifest."""
    memory = Memory()
    files: list[dict[str, str | int]] = []
    for index, etude in enumerate(all_etudes()):
        tones = solo(etude, memory, np.random.default_rng([seed, index]))
        content = midi_bytes(etude, tones)
        name = f"{etude.name}.mid"
        _write(folder / name, content)
        files.append(
            {
                "name": name,
                "title": etude.title,
                "form": etude.form,
                "key": etude.key,
                "tempo_bpm": etude.tempo_bpm,
                "choruses": etude.choruses,
                "bars": etude.bars * etude.choruses,
                "notes": len(tones),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
    totals = {key: sum(int(file[key]) for file in files) for key in ("choruses", "bars", "notes")}
    manifest: dict[str, object] = {
        "name": "etudes",
        "about": "Original solos over jazz forms, composed by program; chords as markers.",
        "licence": "CC0-1.0",
        "seed": seed,
        "command": COMMAND,
        "totals": {"files": len(files), **totals},
        "files": files,
    }
    _write(folder / "manifest.json", (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def main() -> None:
    """Read the command line and compose."""
    parser = argparse.ArgumentParser(description="Compose the built-in corpus.")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    manifest = compose(chosen.out, chosen.seed)
    print(json.dumps(manifest["totals"]))


if __name__ == "__main__":
    main()
