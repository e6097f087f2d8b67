"""However a chart is named, it is read; a path is a file whatever its name."""

from __future__ import annotations

from pathlib import Path

import pytest

import improv
from improv.errors import ChartError, InputFileError

BARS = "| Dm7 | G7 | Cmaj7 | % |"


def test_text_name_file_and_chart(tmp_path, monkeypatch):
    chart = improv.read_chart(BARS)
    assert repr(chart) == f"<Chart {BARS!r}, 4 bars of 4/4, 140 bpm>"
    assert improv.read_chart(chart) is chart
    assert improv.read_chart("blues").bars == 12
    monkeypatch.chdir(tmp_path)
    Path("blues").write_text(BARS)
    assert improv.read_chart(Path("blues")).bars == 4
    assert improv.read_chart("./blues").changes == chart.changes
    assert improv.read_chart(BARS.encode()).changes == chart.changes


@pytest.mark.parametrize(
    ("kind", "source"),
    [(ChartError, "| Zz |"), (ChartError, "bluse"), (InputFileError, Path("no"))],
)
def test_what_cannot_be_read_takes_one_sentence(kind, source):
    with pytest.raises(kind) as caught:
        improv.read_chart(source)
    assert "\n" not in str(caught.value)
