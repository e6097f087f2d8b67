"""Small files that went wrong once, with their right values: `cases/charts` of the shared data."""

from __future__ import annotations

import pytest

from improv.charts.ireal_write import write_ireal
from improv.charts.library import load_chart

RIGHT = {
    "01_container_apostrophe.mxl": "C D",
    "02_finale_two_coda_signs.musicxml": "C D E C D F",
    "03_to_coda_then_sign.musicxml": "C D E C D F",
    "05_ds_al_coda_1.musicxml": "C D E C D F",
    "07_ds_without_space.musicxml": "C D E C D F",
    "09_triad_add_b9.musicxml": "F#addb9/B G",
    "10_polychord.musicxml": "C D/C7",
    "11_ireal_app_style.musicxml": "Dm7 G7",
    "12_labels.txt": "C F G A D E",
    "13_endings_without_dots.musicxml": "C D C E F",
    "14_repeat_before_first_ending.txt": "C D C D E C D F",
    "16_words_4x.musicxml": "C D C D C D C D E",
    "18_symbols.txt": "Abdim7 Cdim Cm/Eb C7sus4",
}


def tops(chart):
    return " ".join(c.text if (c := chart.chord_at(tick)) else "NC" for tick in chart.bar_ticks)


@pytest.mark.parametrize("name", RIGHT)
def test_what_went_wrong_once_is_right(shared_dir, name):
    chart = load_chart(str(shared_dir / "cases" / "charts" / name))
    assert tops(chart) == RIGHT[name]


def test_the_style_that_ireal_pro_exports_as_the_lyricist(shared_dir):
    chart = load_chart(str(shared_dir / "cases" / "charts" / "11_ireal_app_style.musicxml"))
    assert (chart.feel, chart.tempo_bpm, chart.style) == ("bossa", 136, "Bossa Nova")


def test_labels_come_back_from_a_link(shared_dir):
    chart = load_chart(str(shared_dir / "cases" / "charts" / "12_labels.txt"))
    back = load_chart(write_ireal(chart))
    assert (tops(back), back.last, back.sections) == (tops(chart), None, chart.sections)


def test_every_case_is_known(shared_dir):
    assert {path.name for path in (shared_dir / "cases" / "charts").iterdir()} == set(RIGHT)
