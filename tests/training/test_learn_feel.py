"""Feel is learned: from tables made here, whose feel is known, and from the database."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np
import pytest
from baselines.feel import measure

from improv.errors import CorpusError, InputFileError
from improv.feel.model import FILE_NAME, load_feel
from improv.feel.tables import gap_class, timing_rows
from improv.training.feel import learn_feel, write_feel
from improv.training.feel_fit import fit, players_beside
from improv.training.feel_notes import middles, read_notes

SOLO = ("id", "performer", "rhythmfeel", "split")
BEAT = ("id", "bar", "beat", "onset")
NOTE = ("id", "onset", "duration", "division", "bar", "beat", "tatum", "beat_duration", "pitch")
NOTE = (*NOTE, "loud_median")
LATE, OFF_LATE, SHARE = 0.05, 0.10, 0.8


def write_table(folder, name, columns, rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text.getvalue().encode()))


def write_tables(folder, n_solos=6, bars=40, tempo=150.0):
    """Eighths at a tempo, each late as LATE and OFF_LATE say; Bird's off-beats later still by 0.06."""
    rng = np.random.default_rng(5)
    beat_s = 60.0 / tempo
    solos, beats, notes = [], [], []
    for number in range(n_solos):
        name, performer = f"solo {number}", ("Bird", "Ann", "Cy")[number % 3]
        solos.append((name, performer, "SWING", "train" if number < n_solos - 2 else "valid"))
        line = []
        for beat in range(bars * 4):
            at = beat * beat_s
            place = (beat // 4 + 1, beat % 4 + 1)
            beats.append((name, *place, round(at, 5)))
            for tatum in (1, 2):
                late = LATE if tatum == 1 else OFF_LATE + 0.06 * (performer == "Bird")
                late += rng.normal(0, 0.01)
                onset = at + beat_s * ((tatum - 1) / 2 + late)
                loud = 60 + 6 * (tatum == 2) + rng.normal(0, 1)
                line.append((onset, place, tatum, loud))
        for index, (onset, place, tatum, loud) in enumerate(line):
            following = line[index + 1][0] if index + 1 < len(line) else onset + beat_s / 2
            length = round(SHARE * (following - onset), 5)
            pitch = 60 + index % 7
            notes.append(
                (
                    *(name, round(onset, 5), length, 2, *place, tatum),
                    *(round(beat_s, 5), pitch, round(loud, 2)),
                )
            )
    write_table(folder, "solos", SOLO, solos)
    write_table(folder, "beats", BEAT, beats)
    write_table(folder, "notes", NOTE, notes)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    write_tables(folder, 20)
    return folder


def test_what_was_played_is_learned(tables):
    feel = learn_feel(tables)
    half = gap_class(6)
    on, off = (feel.timing.value(timing_rows(step, half, half, 0), 150.0) for step in (0, 6))
    assert on == pytest.approx(LATE, abs=0.005)
    assert off == pytest.approx(OFF_LATE + 0.02, abs=0.01)  # a third of the solos are Bird's
    assert feel.players["Bird"].swing > 0.02 > 0 > feel.players["Ann"].swing
    assert feel.length.value((6, half, half), 150.0) == pytest.approx(SHARE, abs=0.02)
    loud = [feel.loudness.value((step, half, half, 5, 8, 3), 150.0) for step in (0, 6)]
    assert loud[1] - loud[0] > 1.5


def test_it_foretells_what_was_held_out_better_than_a_grid_and_a_player_better_still(tables):
    errors = measure(learn_feel(tables), read_notes(tables, "valid"))
    for what in ("onset_ms", "swing_ratio", "off_beat_ratio", "loudness_sd", "length_ms"):
        row = errors[what]
        assert row["everybody"] < row["grid"], what
        assert row["player"] <= row["everybody"] + 1e-9, what
    assert errors["off_beat_ms"]["player"] < errors["off_beat_ms"]["everybody"] / 1.5
    assert errors["onset_ms"]["everybody"] < errors["onset_ms"]["curve"]


def test_the_same_tables_give_the_same_bytes(tables, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        feel = write_feel(tables, tmp_path / name)
        assert load_feel(tmp_path / name) == feel
    first, second = ((tmp_path / name / FILE_NAME).read_bytes() for name in ("a", "b"))
    assert first == second
    assert b"solo 1" not in first
    assert b"ODbL" in first


def test_only_the_part_asked_for_is_read(tables):
    assert len(read_notes(tables, "train").names) == 18
    assert len(read_notes(tables, "valid").names) == 2
    with pytest.raises(CorpusError, match="'test'"):
        read_notes(tables, "test")


def test_tables_that_are_missing_or_damaged_are_named(tmp_path):
    with pytest.raises(InputFileError, match=r"No solos\.csv\.gz"):
        learn_feel(tmp_path)
    write_tables(tmp_path)
    write_table(tmp_path, "beats", ("id", "bar"), [])
    with pytest.raises(InputFileError, match=r"beats\.csv\.gz.* column 'beat'"):
        learn_feel(tmp_path)
    write_tables(tmp_path)
    write_table(tmp_path, "beats", BEAT, [("solo 0", 1, "one", 0.0)])
    with pytest.raises(InputFileError, match="'one'"):
        learn_feel(tmp_path)
    (tmp_path / "beats.csv.gz").write_bytes(b"no gzip at all")
    with pytest.raises(InputFileError, match=r"beats\.csv\.gz"):
        learn_feel(tmp_path)


def test_a_cell_with_few_notes_is_held_towards_nothing():
    shapes = (("a", 1, (0.0,)), ("b", 2, (0.0,)))
    zeros = np.zeros(1000, dtype=np.int64)
    group = zeros.copy()
    group[:4] = 1
    value = np.where(group == 1, 1.0, 0.0)
    made = fit(shapes, (zeros, group), np.full(1000, 120.0), value)
    few = made.value((0, 1), 120.0)
    assert 0.05 < few < 0.2  # 4 notes of 1 among 40 of 0


def test_players_with_little_to_show_are_played_like_everybody():
    rng = np.random.default_rng(2)
    who, solo, value = [], [], []
    for number in range(60):
        player = number % 10
        n = 400 if player != 9 else 13
        who.append(f"player {player}")
        solo += [number] * n
        value += list(rng.normal((player % 2) * 2.0, 3.0, n))
    offsets, between, _ = players_beside(np.array(value), np.array(solo), who)
    assert between == pytest.approx(1.0, abs=0.2)
    assert offsets["player 1"] == pytest.approx(1.0, abs=0.25)
    assert offsets["player 0"] == pytest.approx(-1.0, abs=0.25)
    players = np.array([int(name[-1]) for name in who])[np.array(solo)]
    kept = [offsets[f"player {n}"] / (np.array(value)[players == n].mean() - 1.0) for n in (1, 9)]
    assert kept[0] > kept[1] + 0.03
    alone, between, _ = players_beside(rng.normal(0, 1, 100), np.zeros(100, dtype=int), ["A"])
    assert (alone, between) == ({"A": 0.0}, 0.0)


def test_the_middle_follows_the_line():
    out = middles(np.array([60.0, 72.0, 72.0]))
    assert list(out[:2]) == [60.0, 60.0]
    assert out[2] == pytest.approx(64.0)


@pytest.mark.shared
def test_the_figures_of_docs_feel_are_those_of_the_database(shared_dir):
    """Learned from `train`, measured on `valid` (docs/feel.md)."""
    folder = shared_dir / "corpora" / "wjazzd"
    feel = learn_feel(folder)
    errors = measure(feel, read_notes(folder, "valid"))
    assert errors["onset_ms"]["everybody"] < 19.0 < 21.0 < errors["onset_ms"]["grid"]
    assert errors["onset_ms"]["everybody"] < errors["onset_ms"]["curve"]
    assert errors["swing_ratio"]["everybody"] < errors["swing_ratio"]["grid"] / 2
    assert errors["off_beat_ratio"]["everybody"] < errors["off_beat_ratio"]["curve"]
    assert errors["loudness_sd"]["everybody"] < errors["loudness_sd"]["grid"] - 0.02
    assert errors["length_ms"]["everybody"] < errors["length_ms"]["grid"] - 6
    against = {row["from_bpm"]: row["learned_against_beat"] for row in errors["ratios"]}
    assert 1.45 < against[140] < 1.6
    assert against[140] > against[200] > against[260] > against[300] > 1.05
    assert feel.sd_db == 6.4
