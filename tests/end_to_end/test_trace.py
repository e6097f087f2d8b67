"""The story of four bars, from file to MIDI bytes, through a small fixed cell and through `etudes`.

When the grammar changes on purpose or `etudes` is trained again, this writes the golden files again; read the
difference before you commit it: `PYTHONPATH=.:tests/helpers python tests/end_to_end/test_trace.py`.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from pair_maker import arrays, pair_file, write_pair_model
from plan_maker import plan
from step_maker import write_course_model

from improv.cell.load import Model, find_model, load_model
from improv.cli import main
from improv.cli.trace_line import as_text, travel
from improv.errors import InputFileError
from improv.soloist.line_voice import LineVoice

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
FOUR_BARS = FIXTURES / "four_bars.mid"
GOLDEN = FIXTURES / "four_bars_line_trace.json"
ETUDES_GOLDEN = FIXTURES / "four_bars_trace.json"


def fixed_model(folder: Path) -> Model:
    """Random weights of one seed, and so large that it is sure of something."""
    made = arrays(7, 0.4)
    made["rhythm_heads"][1][np.array([3, 4, 6, 12])] += 4.0
    return load_model(write_pair_model(folder / "small", pair_file(made)))


def rounded(road: dict) -> dict:
    """Without the last digits of probabilities, which another processor may round otherwise."""
    for step in road["steps"]:
        for part, rows in step["likeliest"].items():
            step["likeliest"][part] = [[text, round(share, 2)] for text, share in rows]
    road["nats_per_note"] = {name: round(v, 2) for name, v in road["nats_per_note"].items()}
    return json.loads(json.dumps(road))


def test_the_road_of_four_bars_is_the_golden_one(tmp_path):
    road = rounded(travel(FOUR_BARS, fixed_model(tmp_path), 1, 8))
    assert road == json.loads(GOLDEN.read_text())


def test_the_road_through_the_shipped_cell_is_the_golden_one():
    road = rounded(travel(FOUR_BARS, load_model(find_model("etudes")), 1, 8))
    assert road == json.loads(ETUDES_GOLDEN.read_text())


def test_the_golden_road_says_what_the_file_holds():
    """The first bar: an upbeat D, a triplet F A C, and E D C A over Dm7."""
    road = json.loads(GOLDEN.read_text())
    said = [token.split()[0] for token in road["tokens"][1:9]]
    assert said == ["R-1", "b3+0", "5+0", "b7+0", "9+0", "R-1", "b7-1", "5-1"]
    assert road["shown"][1]["rhythm"]["pitch"] == 65
    for step in road["steps"]:
        onset, _, pitch, velocity = step["note"]
        assert step["messages"][0][1] == bytes((0x90, pitch, velocity)).hex(" ")
        assert onset == step["tick"] >= 4 * 1920


def test_the_documented_bars_are_the_tokens_of_the_file():
    """Three bars of them; loudness is left out there."""
    text = (ROOT / "docs" / "grammar.md").read_text(encoding="utf-8")
    block = text.split("as `jazz-improv trace` prints them:")[1].split("The same line")[0]
    said = re.findall(r"begin w\d+|\S+ w\d+ l\d+", block)
    tokens = json.loads(GOLDEN.read_text())["tokens"]
    assert said == [token if "begin" in token else token.rsplit(" ", 1)[0] for token in tokens[:22]]


def test_every_part_that_is_drawn_is_one_that_could_be(tmp_path):
    """Shares are shares; the text has all stations."""
    road = travel(FOUR_BARS, fixed_model(tmp_path), 1, 8)
    for step in road["steps"]:
        for rows in step["likeliest"].values():
            shares = [share for _, share in rows]
            assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1.01
    text = "\n".join(title + "\n" + "\n".join(lines) for title, lines in as_text(road))
    for station in ("corpus.read", "grammar.encode", "shown", "cell.load", "cell.step", "MIDI"):
        assert station in text
    assert "class min7, next +5dom" in text and "pitch D4" in text


def test_it_says_what_the_soloist_means_to_play_where_a_phrase_begins(tmp_path, monkeypatch):
    step = LineVoice.step

    def planning(self, controls, landing=False):
        done = step(self, controls, landing)
        return replace(done, plan=plan(done.tick))

    monkeypatch.setattr(LineVoice, "step", planning)
    road = travel(FOUR_BARS, fixed_model(tmp_path), 1, 2)
    assert [step["phrase"] for step in road["steps"]] == ["about 14 notes, eighths, to E5"] * 2
    _, lines = as_text(road)[-1]
    assert lines.count("phrase: about 14 notes, eighths, to E5") == 2


def test_the_command_prints_text_and_json(tmp_path, capsys):
    folder = str(fixed_model(tmp_path).path)
    assert main(["trace", str(FOUR_BARS), "--model", folder]) == 0
    assert "Dm7" in capsys.readouterr().out
    assert main(["trace", str(FOUR_BARS), "--model", folder, "--json", "--tokens", "3"]) == 0
    assert len(json.loads(capsys.readouterr().out)["steps"]) == 3


def test_the_course_s_cell_has_no_such_road(tmp_path, capsys):
    course = str(write_course_model(tmp_path / "course"))
    assert main(["trace", str(FOUR_BARS), "--model", course]) == 6
    assert "grammar 'seed'" in capsys.readouterr().err


def test_a_file_without_a_solo_is_refused(tmp_path, capsys):
    """In the sentence in which the corpus would leave it out."""
    path = tmp_path / "empty.mid"
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(path)
    with pytest.raises(InputFileError, match=r"empty\.mid"):
        travel(path, fixed_model(tmp_path), 1, 3)
    folder = str(fixed_model(tmp_path).path)
    assert main(["trace", str(path), "--model", folder]) == 4
    assert "Traceback" not in capsys.readouterr().err


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for golden, model in (
            (GOLDEN, fixed_model(Path(temporary))),
            (ETUDES_GOLDEN, load_model(find_model("etudes"))),
        ):
            road = rounded(travel(FOUR_BARS, model, 1, 8))
            golden.write_text(json.dumps(road, ensure_ascii=False, indent=1) + "\n")
