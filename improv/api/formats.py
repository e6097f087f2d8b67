"""THE table of the forms in which a take is written: the end of a file's name says which.

    tune.mid        a MIDI file, a track for each instrument
    tune.musicxml   the solo as a lead sheet with its chords
    tune.png        a piano roll                                 needs [plot]
    tune.wav        the music as sound                           needs [audio]

`Take.save` and the commands that write files have no other list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv import files
from improv.errors import OutputFileError
from improv.music.take import Take

if TYPE_CHECKING:
    import mido

Progress = Callable[[int], None]
"""Told how much is done, in percent."""


@dataclass(frozen=True)
class Format:
    """One row. A progress bar says `doing`; it is worth showing from `slow_bars` bars on."""

    suffixes: tuple[str, ...]
    what: str
    write: Callable[[Any, Path, Path | None, Progress], dict[str, Any]]
    """(take, path, SoundFont, progress) -> facts about what was written."""
    of_midi: bool = False
    """Whether `write` is given a MIDI file, not a take."""
    check: Callable[[Path | None], None] = lambda soundfont: None
    """Raises what `write` would raise for what is not installed."""
    doing: str = "Writing"
    slow_bars: int = 1_000


def _write_wav(
    music: Take | mido.MidiFile, path: Path, soundfont: Path | None, progress: Progress
) -> dict[str, Any]:
    from improv import audio, smf

    midi = smf.midi_bytes(music)
    return {"seconds": round(audio.render(midi, path, soundfont=soundfont, progress=progress), 3)}


def _check_wav(soundfont: Path | None) -> None:
    from improv import audio

    audio.check(soundfont)


def _write_png(take: Take, path: Path, _: Path | None, progress: Progress) -> dict[str, Any]:
    from improv import piano_roll

    return {"bars_drawn": piano_roll.draw(take, path, progress=_in_percent(take, progress))}


def _check_png(_: Path | None) -> None:
    from improv import piano_roll

    piano_roll.check()


def _write_musicxml(take: Take, path: Path, _: Path | None, progress: Progress) -> dict[str, Any]:
    from improv.notation.musicxml import save_musicxml, write_take

    save_musicxml(path, write_take(take, _in_percent(take, progress)))
    return {}


def _write_midi(
    music: Take | mido.MidiFile, path: Path, _: Path | None, __: Progress
) -> dict[str, Any]:
    from improv import smf

    smf.write_midi(path, music)
    return {}


def _in_percent(take: Take, progress: Progress) -> Progress:
    """For a writer that says the tick it has reached."""
    return lambda tick: progress(100 * tick // take.chart.length_tick)


FORMATS = (
    Format((".wav",), "sound", _write_wav, True, _check_wav, "Rendering audio", 0),
    Format((".png",), "a piano roll", _write_png, False, _check_png, "Drawing", 24),
    Format(
        (".musicxml", ".xml"), "a lead sheet", _write_musicxml, doing="Writing notes", slow_bars=200
    ),
    Format((".mid", ".midi"), "MIDI", _write_midi, True),
)
"""What is likeliest to fail comes first: written in this order, little is left behind then."""


def format_of(path: Path) -> Format:
    """The row that the end of a file's name stands for. Raises OutputFileError where it is none."""
    for row in FORMATS:
        if path.suffix.lower() in row.suffixes:
            return row
    raise OutputFileError(
        f"Cannot write {str(path)!r}: the end of its name says in which form; expected {_names(FORMATS)}."
    )


def _names(rows: Sequence[Format]) -> str:
    return ", ".join(f"{' or '.join(row.suffixes)} ({row.what})" for row in reversed(rows))


def in_order(paths: Sequence[Path]) -> list[Path]:
    """The same in the order in which they are best written. Raises OutputFileError as `format_of` does."""
    return sorted(paths, key=lambda path: FORMATS.index(format_of(path)))


def check(path: Path, soundfont: Path | None = None) -> None:
    """Fail early: raise what `write` would raise for this name and for what is not installed."""
    row = format_of(path)
    files.check_writable(path)
    row.check(soundfont)


def write(
    music: Take | mido.MidiFile,
    path: Path,
    soundfont: Path | None = None,
    progress: Progress = lambda done: None,
) -> dict[str, Any]:
    """Write music in the form that the name says; facts about it ("seconds" of sound, "bars_drawn").

    Raises OutputFileError, MissingError where an extra is not installed, InputFileError for a SoundFont.
    """
    row = format_of(path)
    if not row.of_midi and not isinstance(music, Take):
        rows = [each for each in FORMATS if each.of_midi]
        raise OutputFileError(
            f"Cannot write {str(path)!r}: this music has no chart, so that it can be {_names(rows)} alone."
        )
    return row.write(music, path, soundfont, progress)
