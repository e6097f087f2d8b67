"""Render a MIDI file to audio with a SoundFont. Needs the extra [audio] (symusic).

    each part ── by loudness, in layers ──> samples ── velocity, volume, pan ──> mix ── -1 dB ──> WAV

symusic's synthesizer plays every note equally loud and knows neither volume nor pan, so loud and soft
are made here: notes of one part that are about as loud are rendered together and their samples scaled.

The General MIDI SoundFont is the first found of: the one asked for, $JAZZ_IMPROV_SOUNDFONT, the places where
Debian, Fedora, Arch and Homebrew put theirs, and the small one that comes with pretty_midi.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import wave
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.errors import InputFileError, MissingError, OutputFileError

SAMPLE_RATE_HZ = 44_100
LONGEST_S = 30 * 60  # samples are rendered in one piece, about 75 MB of memory a minute
RING_OUT_S = 2.0
"""How long the last notes may ring after their end."""
_QUALITY = 4  # of 0-6: interpolation of the samples
_PEAK = 0.89  # -1 dB: the loudest moment of every mix
_SILENCE = 10 ** (-60 / 20)  # relative to the peak: the end is cut where it is this soft
_FADE_S = 0.05
_LAYER = 8  # velocities that are rendered together
_VOLUME, _PAN, _USUAL_VOLUME, _CENTRE = 7, 10, 100, 64  # controllers, and their values unless set
_BLOCK = 1 << 20  # samples written at a time

Samples = NDArray[np.float32]
"""(2, n): left and right, 44,100 a second."""

_PLACES = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/default-GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/soundfonts/FluidR3_GM.sf2",
    "/usr/share/soundfonts/default.sf2",
    "/opt/homebrew/share/soundfonts/default.sf2",
    "/usr/local/share/soundfonts/default.sf2",
)


def available() -> bool:
    """Whether the extra [audio] is installed."""
    return importlib.util.find_spec("symusic") is not None


def find_soundfont(wanted: Path | None = None) -> Path:
    """The SoundFont to use. Raises InputFileError (the one asked for does not exist) or MissingError."""
    asked = wanted or (Path(env) if (env := os.environ.get("JAZZ_IMPROV_SOUNDFONT")) else None)
    if asked is not None:
        if not (files.exists(asked) and asked.is_file()):
            raise InputFileError(
                f"There is no SoundFont {str(asked)!r}; expected a .sf2 or .sf3 file."
            )
        return asked
    for place in _PLACES:
        if Path(place).is_file():
            return Path(place)
    # Located, not imported: only its file is needed.
    spec = importlib.util.find_spec("pretty_midi")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for found in sorted(Path(folder).glob("*.sf2")):
            return found
    raise MissingError(
        "Audio needs a General MIDI SoundFont, and none was found: `apt install fluid-soundfont-gm`, "
        "or give one with --soundfont FILE."
    )


def check(soundfont: Path | None = None) -> None:
    """Raise what `render` would raise for a missing library or SoundFont, before any work is done."""
    if not available():
        raise MissingError("Audio needs symusic: `pip install 'jazz-improv[audio]'`.")
    find_soundfont(soundfont)


def render(
    midi: bytes,
    wav_path: Path,
    *,
    soundfont: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> float:
    """Render the MIDI file `midi` to a 16-bit stereo WAV file at 44.1 kHz; give its length in seconds.

    `progress` is called with the percentage done. Raises MissingError if [audio] or a SoundFont is
    missing, InputFileError for a SoundFont that cannot be loaded, OutputFileError.
    """
    check(soundfont)
    score = _score(midi)
    end_s = _end_s(score)
    if end_s > LONGEST_S:
        raise OutputFileError(
            f"Cannot write {str(wav_path)!r}: the music lasts {end_s / 60:.0f} minutes, and audio is "
            f"rendered for at most {LONGEST_S // 60}."
        )
    samples = mix(score, find_soundfont(soundfont), progress)
    with files.replacing(wav_path) as temporary, temporary.open("wb") as file:
        _write(file, samples, SAMPLE_RATE_HZ)
    return samples.shape[1] / SAMPLE_RATE_HZ


def preview(midi: bytes, longest_s: float) -> bytes:
    """The beginning as a small WAV file: mono, half as many samples. Raises as `render` does."""
    check()
    samples = mix(_score(midi), find_soundfont())
    samples = samples[:, : 2 * round(longest_s * SAMPLE_RATE_HZ / 2)]
    mono = samples[:, : samples.shape[1] // 2 * 2].reshape(2, -1, 2).mean(axis=(0, 2))[None]
    file = io.BytesIO()
    _write(file, mono, SAMPLE_RATE_HZ // 2)
    return file.getvalue()


def _write(file: IO[bytes], samples: Samples, rate_hz: int) -> None:
    """`samples`: (channels, n), from -1 to 1."""
    with wave.open(file, "wb") as wav:
        wav.setnchannels(samples.shape[0])
        wav.setsampwidth(2)
        wav.setframerate(rate_hz)
        for start in range(0, samples.shape[1], _BLOCK):
            block = samples[:, start : start + _BLOCK].T * 32767
            wav.writeframes(block.astype("<i2").tobytes())


def _symusic() -> Any:
    """The library, imported where it is used, and without its types, which do not fit its constructors."""
    return importlib.import_module("symusic")


def _score(midi: bytes) -> Any:
    """The file as a symusic Score in seconds."""
    return _symusic().Score.from_midi(midi).to("second")


def _end_s(score: Any) -> float:
    """Where the last note ends (a marker may be later)."""
    return max((note.end for track in score.tracks for note in track.notes), default=0.0)


def mix(score: Any, sf2: Path, progress: Callable[[int], None] | None = None) -> Samples:
    """The samples of a symusic Score in seconds, with the loudest moment at -1 dB and the end rung out."""
    symusic = _symusic()
    layers = [layer for track in score.tracks for layer in _layers(track)]
    end_s = _end_s(score)
    length = round((end_s + RING_OUT_S) * SAMPLE_RATE_HZ) if layers else 0
    mixed: Samples = np.zeros((2, length), np.float32)
    try:
        synth = symusic.Synthesizer(str(sf2), SAMPLE_RATE_HZ, _QUALITY)
        for number, (layer, left_right) in enumerate(layers, 1):
            samples = synth.render(layer, True)[:, :length]
            np.multiply(samples, left_right, out=samples)
            mixed[:, : samples.shape[1]] += samples
            if progress is not None:
                progress(100 * number // len(layers))
    except Exception as error:  # the C++ library raises bare exceptions for any damage
        raise InputFileError(
            f"The SoundFont {str(sf2)!r} cannot be played ({error}); expected a .sf2 or .sf3 file."
        ) from error
    return _finish(mixed, round(end_s * SAMPLE_RATE_HZ))


def _layers(track: Any) -> Iterator[tuple[Any, NDArray[np.float32]]]:
    """(a Score of the notes of one part that are about as loud, gains left and right)."""
    symusic = _symusic()
    set_to = {control.number: control.value for control in reversed(track.controls)}
    volume, pan = set_to.get(_VOLUME, _USUAL_VOLUME), set_to.get(_PAN, _CENTRE)
    angle = np.pi / 2 * min(pan, 2 * _CENTRE - 1) / (2 * _CENTRE)
    by_loudness = defaultdict(list)
    for note in track.notes:
        by_loudness[note.velocity // _LAYER].append(note)
    for _, notes in sorted(by_loudness.items()):
        velocity = sum(note.velocity for note in notes) / len(notes)
        # General MIDI's recommended curves (RP-003): amplitude goes with the square; pan keeps the power.
        gain = (velocity / 127) ** 2 * (volume / 127) ** 2 * np.sqrt(2)
        layer = symusic.Score(480, "second")
        layer.tracks.append(symusic.Track(track.name, track.program, track.is_drum, ttype="second"))
        layer.tracks[0].notes.extend(notes)
        # A score is rendered to the end of its last note: a note that no drum kit has lets the others ring.
        end_s = max(note.end for note in notes)
        silent = symusic.Track("ring", 0, True, ttype="second")
        silent.notes.append(symusic.Note(end_s, RING_OUT_S, 0, 1, ttype="second"))
        layer.tracks.append(silent)
        yield layer, np.array([[gain * np.cos(angle)], [gain * np.sin(angle)]], np.float32)


def _finish(samples: Samples, end: int) -> Samples:
    """Bring the loudest moment to -1 dB, cut where it has rung out, and fade the very end."""
    peak = max(float(samples.max(initial=0)), -float(samples.min(initial=0)))
    if peak:
        samples *= _PEAK / peak
    rest = np.abs(samples[:, end:]).max(axis=0) > _SILENCE * _PEAK
    heard = np.flatnonzero(rest)
    samples = samples[:, : end + (int(heard[-1]) + 1 if len(heard) else 0)]
    fade = min(round(_FADE_S * SAMPLE_RATE_HZ), samples.shape[1])
    if fade:
        samples[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return samples
