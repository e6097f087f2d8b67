"""A take's ways out of the house."""

from __future__ import annotations

import base64
import io
import re
import wave

import pytest

import improv
from improv.api.take import Take, with_facts
from improv.charts.text import parse_chart
from improv.errors import MissingError, OutputFileError
from improv.music import take as music
from improv.music.note import Note
from improv.music.take import Track

CHART = parse_chart("Title: A <Tune>\nTempo: 120\n| Dm7 | G7 | Cmaj7 | % |")
NOTES = tuple(Note(480 * beat, 400, 62 + beat, 80) for beat in range(16))


def take(bars: int = 4, tempos=((0, 120.0),)) -> Take:
    chart = CHART.unrolled(bars // 4)
    notes = tuple(Note(480 * beat, 400, 62 + beat % 16, 80) for beat in range(bars * 4))
    tracks = (Track("Solo", 0, 66, notes, notes), Track("Bass", 2, 32, notes[::4]))
    return with_facts(music.Take(chart, tempos, tracks), 7, "bebop")


def test_the_tracks_have_names():
    found = take()
    assert found.solo.notes == NOTES
    assert list(found.band) == ["bass"] and len(found.band["bass"].notes) == 4


def test_the_repr_is_one_line():
    assert repr(take()) == "<Take of 'A <Tune>', 4 bars, 8.0 s, seed 7: solo 16 notes, bass 4>"


def test_seconds_follow_the_tempo():
    found = take(tempos=((0, 120.0), (960, 60.0)))
    assert [found.seconds_at(tick) for tick in (0, 480, 960, 1440)] == [0, 0.5, 1, 2]


def test_it_is_saved_as_its_name_ends(tmp_path):
    take().save(tmp_path / "tune.mid")
    assert (tmp_path / "tune.mid").read_bytes() == take().to_midi()
    take().save(str(tmp_path / "tune.musicxml"))
    with pytest.raises(OutputFileError, match="tune"):
        take().save(tmp_path / "tune.txt")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tune.mid", "tune.musicxml"]


def test_pretty_midi():
    pytest.importorskip("pretty_midi", reason="needs the extra [audio]")
    solo, bass = take().to_pretty_midi().instruments
    assert (solo.name, solo.program, len(solo.notes), len(bass.notes)) == ("Solo", 66, 16, 4)
    assert solo.notes[1].start == pytest.approx(0.5)


def test_symusic():
    pytest.importorskip("symusic", reason="needs the extra [audio]")
    score = take().to_symusic()
    assert [len(track.notes) for track in score.tracks] == [16, 4]
    assert score.ticks_per_quarter == 480 and score.tracks[0].notes[1].time == 480


def test_music21():
    pytest.importorskip("music21", reason="needs the extra [train]")
    score = take().to_music21()
    notes = [part.stripTies().recurse().getElementsByClass("Note") for part in score.parts]
    assert [(part.partName, len(here)) for part, here in zip(score.parts, notes, strict=True)] == [
        *(("Solo", 16), ("Bass", 4)),
    ]
    first = score.parts[0].recurse().getElementsByClass("ChordSymbol").first()
    assert first.figure == take().chart.chord_at(0).text


@pytest.mark.parametrize(
    ("way", "extra"),
    [("to_pretty_midi", "audio"), ("to_symusic", "audio"), ("to_music21", "train")],
)
def test_without_the_extra_it_says_what_to_install(monkeypatch, way, extra):
    monkeypatch.setattr("importlib.util.find_spec", lambda library: None)
    with pytest.raises(MissingError, match=rf"\[{extra}\]"):
        getattr(take(), way)()


def data_urls(page: str) -> dict[str, bytes]:
    found = re.findall(r'src="data:([a-z/]+);base64,([^"]*)"', page)
    return {kind: base64.b64decode(content) for kind, content in found}


def test_a_notebook_shows_and_plays_it():
    pytest.importorskip("matplotlib", reason="needs the extra [plot]")
    pytest.importorskip("symusic", reason="needs the extra [audio]")
    page = take()._repr_html_()
    assert "A &lt;Tune&gt;" in page and "A <Tune>" not in page
    urls = data_urls(page)
    assert urls["image/png"].startswith(b"\x89PNG")
    with wave.open(io.BytesIO(urls["audio/wav"])) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, 22_050)
        assert 7.9 <= wav.getnframes() / 22_050 <= 10.5


def test_of_a_long_take_a_notebook_has_the_beginning():
    pytest.importorskip("matplotlib", reason="needs the extra [plot]")
    pytest.importorskip("symusic", reason="needs the extra [audio]")
    urls = data_urls(take(bars=400)._repr_html_())
    with wave.open(io.BytesIO(urls["audio/wav"])) as wav:
        assert wav.getnframes() / 22_050 == pytest.approx(45.0)
    assert sum(map(len, urls.values())) < 3_000_000


def test_a_notebook_without_the_extras_has_words(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda library: None)
    page = take()._repr_html_()
    assert "[plot]" in page and "[audio]" in page and not data_urls(page)


def test_it_is_what_the_writers_are_given():
    assert isinstance(take(), music.Take) and isinstance(take(), improv.Take)
