"""Filosax: annotations made here in the form of its own, read, learned from, or refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from improv.cli import main
from improv.corpus.build import build_corpus
from improv.corpus.filosax import LICENCE, read_filosax
from improv.corpus.sources import find_source, kind_of
from improv.errors import InputFileError
from improv.music.transcription import Heard

BPM = 150.0
QUARTER_S = 60 / BPM


def note(bar, position, pitch=60, *, kind=2, units=12, sounds=0.5, grace=0):
    """One note: `sounds` is how much of its written length, as a share."""
    start_s = 1.0 + ((bar - 2) * 4 + position / 24) * QUARTER_S
    curve = [0.0, 1.0]
    return {
        "a_start_time": start_s + 0.05,
        "a_end_time": start_s + 0.05 + sounds * units / 24 * QUARTER_S,
        "a_duration": sounds * units / 24 * QUARTER_S,
        "midi_pitch": pitch,
        "crochet_num": 24,
        "musician": "Musician_A",
        "bar_num": bar,
        "s_start_time": start_s,
        "s_rhythmic_duration": units,
        "s_duration": units / 24 * QUARTER_S,
        "s_rhythmic_position": position,
        "tempo": BPM,
        "bar_type": kind,
        "is_grace": grace,
        "chord_changes": {"0": "C:7"},
        "num_chord_changes": 1,
        "main_chord_num": 0,
        "scale_changes": [0],
        **{f"{what}_curve": curve for what in ("loudness", "pitch", "spec_cent", "spec_flux")},
        "loudness_max_val": -31.652,
        "loudness_max_time": 0.08,
        "piece_num": 1,
    }


def observed(namespace, rows):
    """An annotation of JAMS: (bar, beat from 0, value) -> what stands at that second."""
    data = [
        {"time": 1.0 + ((bar - 2) * 4 + beat) * QUARTER_S, "duration": 1.0, "value": value,
         "confidence": None}
        for bar, beat, value in rows
    ]  # fmt: skip
    return {"annotation_metadata": {}, "namespace": namespace, "data": data, "sandbox": {}}


JAMS = {
    "annotations": [
        observed("beat", [(bar, 0, 1) for bar in range(1, 40)]),
        observed(
            "chord",
            [(2, 0, "F:7"), *((bar, 0, "C:7(b9)") for bar in range(9, 12)), (12, 0, "G:min7/b3"),
             (12, 2, "C#:hdim7"), (13, 0, "N"), (30, 0, "Bb:maj6")],
        ),
        observed("segment_open", [(2, 0, "head"), (10, 0, "improvised solo"), (20, 0, "head"),
                                  (30, 0, "improvised solo")]),
    ],
    "file_metadata": {"title": "Our Tune", "duration": 99.0},
    "sandbox": {},
}  # fmt: skip

NOTES = [
    *(note(2 + at, 0, 65, kind=0) for at in range(5)),
    *(note(8, 24 * at, 65, kind=1) for at in range(2)),
    note(11, 12, 62),
    note(11, 24, 63, units=0, grace=1),
    note(11, 24, 64, units=24, sounds=1.0),
    note(11, 57, 64, units=3),
    *(note(12, 12 * at, 60 + at) for at in range(8)),
    *(note(20, 24 * at, 65, kind=0) for at in range(2)),
    *(note(30, 12 * at, 70 - at, sounds=0.001) for at in range(8)),
]


def filosax(folder: Path, notes=NOTES, jams=JAMS) -> Path:
    """A folder as it is published, and what lies beside the notes in it."""
    for name, content in (
        ("Participant 1/01/annotations.json", {"notes": notes}),
        ("Backing/01/annotations.jams", jams),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    (folder / "Participant 1/01/Sax.mid").write_bytes(b"MThd and no more")
    (folder / "Participant 1/01/Sax.musicxml").write_bytes(b"<score-partwise/>")
    return folder / "Participant 1" / "01" / "annotations.json"


def test_what_is_improvised_becomes_solos_from_the_bar_line_of_their_segments(tmp_path) -> None:
    reading = read_filosax(filosax(tmp_path))
    one, two = reading.solos
    assert (one.title, one.performer, one.instrument) == ("Our Tune", "Musician_A", "ts")
    assert (one.beats_per_bar, one.tempo_bpm, one.sections) == (4, BPM, ())
    # The segment begins in bar 10, 48 steps a bar; halves go to the even step.
    assert one.notes[:4] == (
        Heard(48 + 6, 3, 62, -31.7),
        Heard(48 + 12, 12, 64, -31.7),
        Heard(48 + 12, 1, 63, -31.7),
        Heard(48 + 28, 1, 64, -31.7),
    )
    assert [n.onset_step for n in one.notes[4:]] == [96 + 6 * at for at in range(8)]
    assert one.chords == ((0, "C7(b9)"), (96, "Gmin7/Bb"), (120, "C#hdim7"))
    assert two.notes[0].onset_step == 0 and {n.duration_step for n in two.notes} == {1}
    assert two.chords == ((0, "Bbmaj6"),)
    assert reading.notes == {"not improvised": 9}


def test_another_meter_is_told_from_the_notes(tmp_path) -> None:
    """In three, a bar of the score has 72 units; chords still fall on its beats."""

    def in_three(row):
        at = row["s_start_time"] - (row["bar_num"] - 2) * QUARTER_S
        return {**row, "s_start_time": at}

    notes = [in_three(note(bar, 36, 60 + bar)) for bar in range(2, 12)]
    jams = {
        **JAMS,
        "annotations": [
            {"namespace": "chord", "data": [{"time": 1.0 + 3 * QUARTER_S, "value": "F:maj"}]}
        ],
    }
    [solo] = read_filosax(filosax(tmp_path, notes, jams)).solos
    assert solo.beats_per_bar == 3
    assert [n.onset_step for n in solo.notes] == [36 * bar + 18 for bar in range(10)]
    assert solo.chords == ((36, "Fmaj"),)


def test_a_folder_is_a_corpus_with_its_licence_and_without_scores_beside(tmp_path) -> None:
    path = filosax(tmp_path / "filosax")
    assert kind_of(path) == "filosax"
    corpus = build_corpus([tmp_path / "filosax"], tmp_path / "out")
    assert [solo.id for solo in corpus.solos] == [
        "Our Tune (Musician_A)",
        "Our Tune (Musician_A) (2)",
    ]
    [source] = corpus.manifest["sources"]
    assert source["licence"] == LICENCE and source["kinds"] == {"filosax": 1}
    assert corpus.manifest["counts"]["dropped_notes"] == {
        "a second note on one step": 1,
        "not improvised": 9,
    }
    assert not corpus.dropped
    alone = find_source(path)
    assert alone.licence == LICENCE and len(alone.tasks) == 1


@pytest.mark.parametrize(
    ("notes", "jams", "said"),
    [
        ([{**NOTES[0], "tempo": "fast"}], JAMS, "TypeError"),
        ([{**NOTES[0], "tempo": 0}] * 2, JAMS, "ZeroDivisionError"),
        ([{**row, "tempo": float("nan")} for row in NOTES], JAMS, "ValueError"),
        ([{**NOTES[0], "bar_num": 10**9}], JAMS, "0 to 10000"),
        ([{**NOTES[0], "s_rhythmic_position": 10**12}], JAMS, "places in them"),
        ([NOTES[0], {**NOTES[1], "s_start_time": 10**9}], JAMS, "quarters"),
        ([{"a_start_time": 1.0}], JAMS, "KeyError ('bar_num')"),
        (NOTES, {**JAMS, "annotations": JAMS["annotations"][:1]}, "KeyError ('chord')"),
        (NOTES, [], "TypeError"),
    ],
)
def test_what_is_not_in_its_form_is_refused(tmp_path, notes, jams, said) -> None:
    with pytest.raises(InputFileError, match="as Filosax") as raised:
        read_filosax(filosax(tmp_path, notes, jams))
    assert said in str(raised.value)


def test_notes_without_their_chords_are_named(tmp_path, capsys) -> None:
    path = filosax(tmp_path)
    chords = tmp_path / "Backing/01/annotations.jams"
    chords.unlink()
    assert main(["corpus", "build", str(path), "--out", str(tmp_path / "out")]) != 0
    said = capsys.readouterr().err
    assert "annotations.jams" in said and "'Backing'" in said and "Traceback" not in said
