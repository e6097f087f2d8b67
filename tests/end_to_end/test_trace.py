"""The story of four bars, from file to MIDI bytes, does not change unless somebody means it to.

When a new cell is trained or the grammar changes: `python tests/end_to_end/test_trace.py` writes the golden
file again; read the difference before you commit it.
"""

from __future__ import annotations

import json
from pathlib import Path

from improv.cli import main
from improv.cli.trace import travel

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
FOUR_BARS = FIXTURES / "four_bars.mid"
GOLDEN = FIXTURES / "four_bars_trace.json"


def rounded(road: dict) -> dict:
    """Without the last digits of probabilities, which another processor may round otherwise."""
    for step in road["steps"]:
        step["likeliest"] = [[token, round(share, 2)] for token, share in step["likeliest"]]
    road["nats_per_token"] = round(road["nats_per_token"], 2)
    return road


def test_the_road_of_four_bars_is_the_golden_one():
    assert rounded(travel(FOUR_BARS, "etudes", 1, 8)) == json.loads(GOLDEN.read_text())


def test_the_command_prints_every_station(capsys):
    assert main(["trace", str(FOUR_BARS)]) == 0
    text = capsys.readouterr().out
    for station in ("corpus.read", "grammar.encode", "cell.load", "cell.step", "MIDI"):
        assert station in text
    assert "Dm7" in text


def test_the_command_prints_json(capsys):
    assert main(["trace", str(FOUR_BARS), "--json", "--tokens", "3"]) == 0
    assert len(json.loads(capsys.readouterr().out)["steps"]) == 3


if __name__ == "__main__":
    road = rounded(travel(FOUR_BARS, "etudes", 1, 8))
    GOLDEN.write_text(json.dumps(road, ensure_ascii=False, indent=1) + "\n")
