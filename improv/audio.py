"""Render a MIDI file to audio with a SoundFont. Needs the extra [audio] (symusic).

The General MIDI SoundFont is the first found of: the one asked for, $JAZZ_IMPROV_SOUNDFONT, the places where
Debian, Fedora, Arch and Homebrew put theirs, and the small one that comes with pretty_midi.
"""

from __future__ import annotations

import importlib.util
import io
import os
import wave
from pathlib import Path

import mido
import numpy as np

from improv import files
from improv.errors import InputFileError, MissingError, OutputFileError

SAMPLE_RATE_HZ = 44_100
LONGEST_S = 30 * 60  # samples are rendered in one piece, about 50 MB of memory a minute
_QUALITY = 4  # of 0-6: interpolation of the samples
_PEAK = 0.89  # -1 dB: louder mixes are turned down to this, not clipped

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
    """The SoundFont to use. Raises InputFileError (the one asked for is absent) or MissingError."""
    asked = wanted or (Path(env) if (env := os.environ.get("JAZZ_IMPROV_SOUNDFONT")) else None)
    if asked is not None:
        if not (files.exists(asked) and asked.is_file()):
            raise InputFileError(
                f"There is no SoundFont {str(asked)!r}; a .sf2 or .sf3 file was expected."
            )
        return asked
    for place in _PLACES:
        if Path(place).is_file():
            return Path(place)
    # Located, not imported: it is wanted for its file only.
    spec = importlib.util.find_spec("pretty_midi")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for found in sorted(Path(folder).glob("*.sf2")):
            return found
    raise MissingError(
        "Audio needs a General MIDI SoundFont and none was found: `apt install fluid-soundfont-gm`, "
        "or give one with --soundfont FILE."
    )


def check(soundfont: Path | None = None) -> None:
    """Raise what `render` would raise for a missing library or SoundFont, before any work is done."""
    if not available():
        raise MissingError("Audio needs symusic: `pip install 'jazz-improv[audio]'`.")
    find_soundfont(soundfont)


def render(midi: mido.MidiFile, wav_path: Path, *, soundfont: Path | None = None) -> float:
    """Render `midi` to a 16-bit stereo WAV file at 44.1 kHz; give its length in seconds.

    Raises MissingError where [audio] or a SoundFont is absent, InputFileError for a SoundFont that cannot
    be loaded, OutputFileError.
    """
    check(soundfont)
    if midi.length > LONGEST_S:
        raise OutputFileError(
            f"Cannot write {str(wav_path)!r}: the music lasts {midi.length / 60:.0f} minutes, and audio is "
            f"rendered up to {LONGEST_S // 60}."
        )
    import symusic

    sf2 = find_soundfont(soundfont)
    buffer = io.BytesIO()
    midi.save(file=buffer)
    try:
        synth = symusic.Synthesizer(str(sf2), SAMPLE_RATE_HZ, _QUALITY)
        samples = synth.render(symusic.Score.from_midi(buffer.getvalue()), True)
    except Exception as error:  # the C++ below raises bare exceptions for any damage
        raise InputFileError(
            f"The SoundFont {str(sf2)!r} cannot be played ({error}); a .sf2 or .sf3 file was expected."
        ) from error
    peak = float(np.abs(samples).max(initial=0.0))
    if peak > _PEAK:
        samples = samples * (_PEAK / peak)
    with files.replacing(wav_path) as temporary, wave.open(str(temporary), "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(SAMPLE_RATE_HZ)
        wav.writeframes((samples.T * 32767).astype("<i2").tobytes())
    return samples.shape[1] / SAMPLE_RATE_HZ
