"""What a cell leans to, learned from lines whose difference is known, and from what `etudes` plays."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from solo_maker import solo

from improv import resources
from improv.music.transcription import Heard, Transcription
from improv.soloist.leaning import LEANINGS_NAME, LEANT, UNIT_NATS, Table, key_of
from improv.soloist.phrase_plan import size_class
from improv.training import leanings as learning
from improv.training.leanings import counted, tables_of, write_leanings


def walk(waits: list[int], seed: int, notes: int = 3000) -> Transcription:
    """A line that draws its waits from these."""
    rng = np.random.default_rng(seed)
    onset, heard = 0, []
    for wait in rng.choice(waits, notes).tolist():
        heard.append(Heard(onset, min(wait, 5), 60 + int(rng.integers(12))))
        onset += wait
    return replace(solo("Air"), notes=tuple(heard))


def learned(people: list[int], machine: list[int], notes: int = 3000) -> dict[str, Table]:
    lines = [counted([walk(waits, seed, notes)]) for seed, waits in enumerate((people, machine))]
    return tables_of(learning._learned(*lines, LEANT))


def test_what_people_do_twice_as_often_is_worth_ln_2():
    """In nats, within what shrinking takes off; what both do alike is worth nothing."""
    leanings = learned([6, 6, 12], [6, 12, 12])
    keys, nats = leanings["rhythm"]
    row = nats[keys.tolist().index(1)] * UNIT_NATS
    assert row[6] == pytest.approx(np.log(2), abs=0.1)
    assert row[12] == pytest.approx(-np.log(2), abs=0.1)
    assert not row[[4, 18]].any()
    assert np.abs(leanings["intervals"][1][0] * UNIT_NATS).max() < 0.25


def test_what_a_stream_explains_the_next_does_not_say_again():
    """Waits that differ by their number alone are said once."""
    leanings = learned([6, 6, 12], [6, 12, 12])
    for name in ("phrase", "bar"):
        keys, nats = leanings[name]
        assert np.abs(nats[keys.tolist().index(1)] * UNIT_NATS).max() < 0.1


def test_a_few_notes_prove_little():
    """Ten eighths where the machine has ten quarters move neither far; thousands do."""
    few, many = (learned([6], [12], notes)["rhythm"] for notes in (12, 3000))
    assert few[1][0][6] * UNIT_NATS < 0.2 < 2.0 < many[1][0][6] * UNIT_NATS


def test_a_context_counts_where_the_line_is_in_it():
    """After an eighth people go on in eighths, as the machine does after a quarter."""
    people = counted([walk([6], 1, 1500), walk([12], 2, 1500)])
    machine = counted([walk([6, 12], 3)])
    keys, nats = tables_of(learning._learned(people, machine, LEANT))["rhythm"]
    rows = dict(zip(keys.tolist(), nats, strict=True))
    after_eighth, after_quarter = rows[key_of((1, 0, 6))], rows[key_of((1, 0, 12))]
    assert after_eighth[6] > 5 > -5 > after_eighth[12]
    assert after_quarter[12] > 5 > -5 > after_quarter[6]


def phrased(sizes: list[int], seed: int, phrases: int = 400) -> Transcription:
    """Phrases of so many eighths, each ending on the first note of all."""
    rng = np.random.default_rng(seed)
    onset, heard = 0, []
    for size in rng.choice(sizes, phrases).tolist():
        for left in range(size, 0, -1):
            pitch = 60 if left == 1 else 60 + int(rng.integers(12))
            heard.append(Heard(onset, 6, pitch))
            onset += 6 if left > 1 else 30
    return replace(solo("Air"), notes=tuple(heard))


def test_how_people_plan_is_learned_and_what_a_plan_makes_likelier():
    """Phrases of four and of twelve notes, and nothing between; the last note is followed by a rest."""
    found = tables_of(learning._planned([phrased([4, 12], 1)]))
    keys, nats = found["sizes"]
    row = nats[keys.tolist().index(1)]
    assert set(np.argsort(row)[-2:]) == {size_class(4), size_class(12)}
    keys, nats = found["planned notes"]
    rows = dict(zip(keys.tolist(), nats, strict=True))
    last, before = rows[key_of((0,))], rows[key_of((1,))]
    assert last[30] > 20 > -20 > last[6]
    assert before[6] > 2 > -20 > before[30]


def test_the_same_solos_give_the_same_file_and_the_model_leans(tmp_path: Path, monkeypatch):
    """Byte for byte; the second round is played as the first one left it."""
    monkeypatch.setattr(learning, "FEWEST_NOTES", 5)
    solos = [solo("Air", choruses=1), solo("Barbados", choruses=1)]
    contents = []
    for name in ("one", "two"):
        folder = tmp_path / name
        shutil.copytree(resources.models_dir() / "etudes", folder)
        write_leanings(folder, solos, rounds=1 if name == "one" else 2)
        contents.append((folder / LEANINGS_NAME).read_bytes())
    assert contents[0] != contents[1]
    write_leanings(tmp_path / "one", solos, rounds=2)
    assert (tmp_path / "one" / LEANINGS_NAME).read_bytes() == contents[1]
