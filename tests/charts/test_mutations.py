"""Damaged files of every format are a chart or one sentence, and what they are can be shown and written.

JAZZ_IMPROV_MUTATIONS=10000 tries that many of each format.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from mutations import WHOLE, mutations

from improv.charts.ireal_write import write_ireal
from improv.charts.library import load_chart, open_book
from improv.charts.page import chart_page
from improv.charts.sayable import for_ireal, for_text
from improv.charts.text import parse_chart
from improv.charts.text_print import print_chart
from improv.charts.written import MOST_BARS
from improv.errors import ChartError, InputFileError

COUNT = int(os.environ.get("JAZZ_IMPROV_MUTATIONS", "150"))


@pytest.mark.parametrize("ending", WHOLE)
def test_the_sound_one_is_read_as_it_stands_but_for_its_odd_chords(tmp_path, ending):
    path = tmp_path / f"tune.{ending}"
    path.write_bytes(WHOLE[ending])
    chart = open_book(str(path)).entries[0].chart()
    assert chart.bars >= 4
    assert all("q'" in text or "'D.C. al Fine'" in text for text in chart.warnings), chart.warnings


@pytest.mark.parametrize("ending", WHOLE)
def test_a_damaged_file_is_a_chart_or_one_sentence(tmp_path, ending):
    path = tmp_path / f"tune.{ending}"
    read = 0
    for content in mutations(WHOLE[ending], COUNT, np.random.default_rng(len(ending))):
        path.write_bytes(content)
        try:
            charts = [entry.chart() for entry in open_book(str(path)).entries[:2]]
        except (ChartError, InputFileError) as error:
            assert str(error).endswith(".") and "\n" not in str(error), content
            continue
        for chart in charts:
            read += 1
            assert all(text.endswith(".") and "\n" not in text for text in chart.warnings), content
            assert chart_page(chart)
            if max(chart.bars, chart.last.bars if chart.last else 0) > MOST_BARS / 2:
                continue  # longer than either form is read
            made, _ = for_text(chart)
            assert parse_chart(print_chart(made)).changes == made.changes, content
            made, _ = for_ireal(chart)
            if any(chord is not None for _, chord in made.changes):
                assert load_chart(write_ireal(made)).changes == made.changes, content
    assert read > COUNT / 40
