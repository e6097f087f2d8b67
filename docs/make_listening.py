"""Write docs/listening.md: ten pieces, by what to listen for, each beside people and beside how it was.

    python docs/make_listening.py        needs the shared data (JAZZ_IMPROV_SHARED) and the extra [plot]

People's lines are transcriptions of the Weimar Jazz Database (ODbL 1.0). The machine plays over the chorus
that the human played over, four times, and its first bars are drawn: once with the dials of before, once as
it is now. The figures are of all four choruses, and of the whole human solo.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from improv.cell.load import find_model
from improv.corpus.events import read_events
from improv.evaluation.choruses import chorus_chart, generate, over_chorus, playing
from improv.evaluation.rolls import draw_lines
from improv.features.notes import notes_of
from improv.features.table import family_of, features
from improv.music.transcription import Transcription

DOCS = Path(__file__).parent
SHARED = Path(os.environ.get("JAZZ_IMPROV_SHARED", "../shared"))
BEFORE = {
    "pitch_temperature": 0.95,
    "pitch_top_p": 0.94,
    "wait_temperature": 1.03,
    "wait_top_p": 0.96,
    "length_top_p": 0.95,
    "memory": 0.69,
    "leaning": 0.0,
    "rehearse": 0,
}
"""How `bebop` played until it leaned to what people do (docs/sampling.md)."""
CHORUSES, BARS, SEED = 4, 16, 7


@dataclass(frozen=True)
class Piece:
    """A piece; `solo` is the human's, by its id, and `command` what plays it to you."""

    name: str
    solo: str
    command: str
    listen: str
    bpm: float = 0.0
    """The tempo, where it is not the human's."""


def _command(chart: str, rest: str = "") -> str:
    return f"jazz-improv generate --chart {chart} --choruses 4 --seed {SEED} {rest}--out piece.wav".replace(
        "  ", " "
    )


PIECES = (
    Piece(
        "A blues",
        "LeeMorgan_BlueTrain_FINAL",
        _command("bb-blues"),
        "Whether a phrase says one thing, and whether the next one answers it.",
    ),
    Piece(
        "Rhythm changes at 280",
        "LesterYoung_LesterLeapsIn_FINAL",
        _command("rhythm", "--tempo 280 "),
        "Eighths that go on through the changes, and where they stop.",
        280.0,
    ),
    Piece(
        "A ballad at 60",
        "ChetBaker_IFallInLoveTooEasily_FINAL",
        _command("ballad", "--tempo 60 "),
        "Long notes, and silence: a ballad is not a fast solo played slowly.",
        60.0,
    ),
    Piece(
        "A waltz",
        "JohnColtrane_Soultrane_FINAL",
        _command("waltz"),
        "No human waltz is among the solos held back; beside it stands a slow solo in four.",
    ),
    Piece(
        "Changes in major thirds, as in Giant Steps",
        "JohnColtrane_GiantSteps-1_FINAL",
        _command("thirds", "--tempo 280 "),
        "Patterns that are moved with the chords. The cell has learned from this very solo.",
    ),
    Piece(
        "One chord for a long time",
        "JohnColtrane_Impressions_1963_FINAL",
        _command('"| Dm7 | % | % | % | % | % | % | % |"', "--tempo 280 "),
        "Whether it goes on having ideas with nothing to hold on to, and whether it stays dense.",
    ),
    Piece(
        "A bossa",
        "PaulDesmond_Alianca-1_FINAL",
        _command("bossa"),
        "Rhythm beside straight eighths; long tones on the way.",
    ),
    Piece(
        "A minor blues",
        "JohnColtrane_Mr.P.C._FINAL",
        _command("minor-blues", "--tempo 250 "),
        "Figures that come back in another place. The cell has learned from this very solo.",
    ),
    Piece(
        "A standard form, medium",
        "CharlieParker_StarEyes_FINAL",
        _command("ballad", "--tempo 134 --feel 'medium swing' "),
        "Phrases that cross the bar lines of the form, and its sections.",
    ),
    Piece(
        "Six choruses of a trio",
        "HankMobley_SoulStation_FINAL",
        f"jazz-improv generate --chart blues --choruses 6 --arc build --band bass,drums --seed {SEED} "
        "--out piece.wav",
        "Where it grows, and whether the drums grow with it.",
    ),
)

FIGURES = (
    ("eighths, %", "steps: eighths", 100),
    ("the same step again, %", "the same step again", 100),
    ("notes a bar", "notes a bar", 1),
    ("median phrase, notes", "notes a phrase, median", 1),
    ("phrases of one or two, %", "phrases of one or two notes", 100),
    ("length before a rest, twelfths", "length before a rest", 1),
    ("rhythm cells again, %", "rhythm cells again", 100),
    ("heads of phrases again, %", "heads of phrases again", 100),
)
"""A name for readers, a feature (improv.features), and what to multiply it with."""


def played(solo: Transcription, settings: dict[str, float]) -> Transcription:
    """What the machine plays over a chorus of the solo's chart, several times."""
    how = playing(find_model("bebop"), {"arc": "steady", **settings})
    (line,) = generate(how, [solo], choruses=CHORUSES, seed=SEED, workers=1)
    return line


def section(number: int, piece: Piece, solo: Transcription) -> Iterable[str]:
    """The lines of a piece, with its picture."""
    human = replace(solo, tempo_bpm=piece.bpm or solo.tempo_bpm)
    before, now = played(human, BEFORE), played(human, {})
    name = f"listening-{number:02}.png"
    beside = over_chorus(solo, chorus_chart(solo))
    draw_lines(
        [(("people", beside), ("before", before), ("now", now))],
        DOCS / "listening" / name,
        bars=BARS,
    )
    yield f"## {number}. {piece.name}"
    yield ""
    yield piece.listen
    yield ""
    yield f"    {piece.command}"
    yield ""
    yield f"![{solo.title}: {solo.performer}, before and now](listening/{name})"
    yield ""
    yield f"| | {solo.performer} | before | now |"
    yield "|---|---|---|---|"
    names = [name for _, name in family_of()]
    found = [features(notes_of(line)) for line in (solo, before, now)]
    for label, name, times in FIGURES:
        figures = [f"{times * each[names.index(name)]:.1f}" for each in found]
        yield f"| {label} | " + " | ".join(figures) + " |"
    yield ""


HEAD = """# What to listen for

Ten pieces. Each picture has sixteen bars of a human solo, what `bebop` played over the same chords
until it leaned to what people do, and what it plays now that it plans its phrases and rehearses
([sampling.md](sampling.md)); chord tones are dark. The arc is steady. The figures are of four choruses
of the machine and of the whole human solo; one solo is one solo, and the figures that count are over
all of them ([judge.md](judge.md)). The commands play the piece over a chart that comes with the
program, with the band; write `--out piece.mid` for MIDI.

`python docs/make_listening.py` makes this page; it needs the solos of the Weimar Jazz Database
([corpus.md](corpus.md); ODbL 1.0).
"""


WRONG = """## What is still wrong

- Solos differ less from each other than people's do: some people play phrases of forty notes all
  night, and its phrases are as long as theirs only in the mean.
- The line wanders more than people's do from chorus to chorus, and less within eight bars.
- One phrase rarely begins like the last one: a head comes back choruses later about as often as with
  people, but hardly as an answer.
- Over one chord for a long time it keeps to sevenths and ninths; people go further out there, and come
  back.
- The last note before a rest is longer than it was, and still shorter than people's.
- On changes that move in thirds it does not think in patterns: there people repeat a figure through the
  keys, and it does so by chance.
"""


def main() -> None:
    """Write the page and its pictures."""
    (DOCS / "listening").mkdir(exist_ok=True)
    solos = {
        solo.id: solo
        for part in ("valid", "train")
        for solo in read_events(SHARED / "eval" / f"{part}.jsonl.gz")
    }
    lines = [HEAD]
    for number, piece in enumerate(PIECES, start=1):
        lines += section(number, piece, solos[piece.solo])
    (DOCS / "listening.md").write_text("\n".join([*lines, WRONG]), "utf-8")


if __name__ == "__main__":
    main()
