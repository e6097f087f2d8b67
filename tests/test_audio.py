"""What is heard: loud and soft, left and right, the soloist in front, nothing clipped, a last ring."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from improv import audio
from improv.charts.text import parse_chart
from improv.errors import InputFileError, MissingError, OutputFileError
from improv.music.note import Note
from improv.music.take import DRUM_CHANNEL, Take, Track
from improv.smf import midi_bytes

pytest.importorskip("symusic", reason="needs the extra [audio]")

CHART = parse_chart("Tempo: 120\n| Dm7 | G7 | Cmaj7 | % |")
SOLO = Track("Solo", 0, 66, tuple(Note(i * 240, 230, 62 + i % 12, 85) for i in range(32)))
PIANO = Track(
    "Piano", 1, 0, tuple(Note(i * 960, 900, p, 62) for i in range(8) for p in (53, 57, 60, 64))
)
BASS = Track("Bass", 2, 32, tuple(Note(i * 480, 460, 38 + i % 5, 72) for i in range(16)))
DRUMS = Track(
    "Drums",
    DRUM_CHANNEL,
    None,
    tuple(Note(i * 480, 60, 51 if i % 2 else 36, 60) for i in range(16)),
)


def file_of(*tracks: Track) -> bytes:
    return midi_bytes(Take(CHART, ((0, 120.0),), tracks))


def rendered(folder: Path, midi: bytes) -> np.ndarray:
    """(2, n) samples from -1 to 1."""
    seconds = audio.render(midi, folder / "out.wav")
    with wave.open(str(folder / "out.wav")) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (2, 2, 44_100)
        samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2).T / 32767
    assert samples.shape[1] == round(seconds * 44_100)
    return samples


def loudness(samples: np.ndarray) -> float:
    """RMS in dB."""
    return float(20 * np.log10(np.sqrt((samples**2).mean())))


def alone(track: Track, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The samples of a track as they go into the mix."""
    with monkeypatch.context() as patch:
        patch.setattr(audio, "_finish", lambda samples, end: samples)
        return audio.mix(audio._score(file_of(track)), audio.find_soundfont())


def test_soft_notes_are_soft(tmp_path):
    notes = (Note(0, 900, 60, 100), Note(3840, 900, 60, 50))
    samples = rendered(tmp_path, file_of(Track("Piano", 1, 0, notes)))
    loud, soft = samples[:, :44_100], samples[:, 4 * 44_100 : 5 * 44_100]
    assert loudness(loud) - loudness(soft) == pytest.approx(12, abs=0.5)


def test_the_soloist_is_in_front_and_the_piano_to_the_left(monkeypatch):
    level = {t.name: loudness(alone(t, monkeypatch)) for t in (SOLO, PIANO, BASS, DRUMS)}
    assert max(level, key=lambda name: level[name]) == "Solo"
    assert all(4 < level["Solo"] - level[name] < 20 for name in ("Piano", "Bass", "Drums"))
    left, right = alone(PIANO, monkeypatch)
    assert loudness(left) > loudness(right) + 2


def test_the_loudest_moment_is_at_minus_one_db_and_the_end_rings_out(tmp_path):
    samples = rendered(tmp_path, file_of(SOLO, PIANO, BASS, DRUMS))
    assert np.abs(samples).max() == pytest.approx(0.89, abs=0.001)
    music_s = PIANO.notes[-1].end_tick / 480 / 2
    assert music_s + 0.02 < samples.shape[1] / 44_100 <= music_s + audio.RING_OUT_S
    assert np.abs(samples[:, -10:]).max() < 0.001


def test_a_file_of_silence_is_written_as_one(tmp_path):
    assert rendered(tmp_path, file_of(Track("Solo", 0, 66, ()))).shape == (2, 0)


def test_progress_goes_to_a_hundred(tmp_path):
    told: list[int] = []
    audio.render(file_of(SOLO, BASS), tmp_path / "out.wav", progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 100


def test_music_that_is_too_long_is_refused(tmp_path):
    late = Track("Solo", 0, 66, (Note(0, 480, 60, 80), Note(480 * 2 * 31 * 60, 480, 60, 80)))
    chart = parse_chart("| C |").unrolled(2000)
    midi = midi_bytes(Take(chart, ((0, 120.0),), (late,)))
    with pytest.raises(OutputFileError, match=r"lasts 31 minutes.*at most 30"):
        audio.render(midi, tmp_path / "long.wav")
    assert list(tmp_path.iterdir()) == []


def test_soundfonts_that_are_absent_or_none_are_named(tmp_path):
    with pytest.raises(InputFileError, match=r"no\.sf2"):
        audio.render(file_of(SOLO), tmp_path / "out.wav", soundfont=tmp_path / "no.sf2")
    rubbish = tmp_path / "rubbish.sf2"
    rubbish.write_bytes(b"RIFFrubbish")
    with pytest.raises(InputFileError, match=r"rubbish\.sf2"):
        audio.render(file_of(SOLO), tmp_path / "out.wav", soundfont=rubbish)
    assert not (tmp_path / "out.wav").exists()


def test_without_the_extra_it_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setattr(audio.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"pip install 'jazz-improv\[audio\]'"):
        audio.render(file_of(SOLO), tmp_path / "out.wav")
