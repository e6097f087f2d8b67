"""What is outside all people, and a cell that was broken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pair_maker import arrays, pair_file, write_pair_model
from solos import solo

from improv.cli import main
from improv.corpus.events import read_events, write_events
from improv.evaluation.musical import report
from improv.evaluation.musical_measures import INDEX, tally
from improv.evaluation.people import PEOPLE, beyond, people_with
from improv.evaluation.spread import divide, stacked
from improv.grammar.line.heads import RHYTHM_HEADS, slices
from improv.grammar.line.table import wait_class

BLUES = [(0, "F7"), (192, "Bb7"), (288, "F7"), (384, "C7"), (480, "F7")]
PEOPLE_PLAY = [
    solo(
        [(at * 6 + at // 9 * 18, 6, 60 + at * (5 + number) % 17) for at in range(90)],
        BLUES,
        [(0, "A", 1)],
        id=f"s{number}",
        title=f"Blues {number}",
    )
    for number in range(2)
]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A cell that was trained until it only plays the shortest notes there are, 48 a bar."""
    made = arrays()
    made["rhythm_heads"][1][slices(RHYTHM_HEADS)["wait"]][wait_class(1)] += 40
    made["rhythm_heads"][1][slices(RHYTHM_HEADS)["gates"]] = -9.0
    return write_pair_model(tmp_path / "broken", pair_file(made))


def test_a_broken_cell_plays_like_nobody(broken: Path) -> None:
    found = report(broken, PEOPLE_PLAY, choruses=2, workers=1)
    assert found.row("notes_per_bar").generated > 39
    assert found.row("notes_per_bar").verdict == "NOBODY"
    assert found.warning.startswith("Nobody plays like this: ")
    assert "notes a bar 4" in found.warning and "(people: 2.66 to 23.56)" in found.warning
    assert "notes_per_bar" in found.as_json()["outside_all_people"]


def test_the_shipped_cell_is_within_what_people_play(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tmp_path / "solos.jsonl"
    write_events(events, PEOPLE_PLAY)
    words = ["evaluate", "--musical", "--events", str(events), "--choruses", "8"]
    assert main(words) == 0
    assert "All measures are within what people play." in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["musical"]["outside_all_people"] == []


def test_the_command_warns(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tmp_path / "solos.jsonl"
    write_events(events, PEOPLE_PLAY)
    words = ["--model", str(broken), "--events", str(events), "--choruses", "2"]
    assert main(["evaluate", "--musical", *words]) == 0
    assert "Nobody plays like this: " in capsys.readouterr().out


def test_the_solos_at_hand_are_people_too() -> None:
    fast = tally(solo([(at, 1, 60 + at * 7 % 20) for at in range(200)], BLUES))
    scrap = tally(solo([(at, 1, 60) for at in range(12)], BLUES))
    figures = {"notes_per_bar": 47.0}
    assert [each.measure.key for each in beyond(figures, people_with([]))] == ["notes_per_bar"]
    assert beyond(figures, people_with([fast])) == ()
    assert people_with([scrap]) == PEOPLE, "too short to say anything"
    assert beyond({"notes_per_bar": float("nan")}, PEOPLE) == ()


@pytest.mark.shared
def test_people_are_those_of_the_protocol(shared_dir: Path) -> None:
    solos = [
        each
        for part in ("train", "valid")
        for each in read_events(shared_dir / "eval" / f"{part}.jsonl.gz")
    ]
    counts = stacked([tally(each) for each in solos])
    alone = divide(counts[:, :, 0], counts[:, :, 1])
    for key, (least, most) in PEOPLE.items():
        figures = alone[:, INDEX[key]]
        assert np.nanmin(figures) == pytest.approx(least, abs=0.002), key
        assert np.nanmax(figures) == pytest.approx(most, abs=0.002), key
