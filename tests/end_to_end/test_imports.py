"""What a fresh interpreter that plays has loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

PURE = (
    "improv.live",
    "improv.session",
    "improv.sync",
    "improv.performance",
    "improv.soloist",
    "improv.health",
    "improv.midi",
    "improv.band",
    "improv.cell",
    "improv.features",
    "improv.grammar",
    "improv.music",
    "improv.charts",
    "improv.controls",
)
HEAVY = ("tensorflow", "keras", "music21", "symusic", "pretty_midi", "matplotlib")

NOT_BEFORE_A_NOTE = {
    "improv.sync.midi_clock",
    "improv.sync.phase_lock",
    "improv.sync.link",
    "improv.midi.receiver_process",
    "improv.session.replay",
    "improv.cell.step",
    "improv.grammar.line.listening",
    "improv.health.doctor",
    "improv.cli.train",
    "improv.cli.prompt_app",
    "prompt_toolkit",
    "asyncio",
    "websockets",
    "improv.page.page_process",
    "improv.charts.ireal_link",
    "improv.charts.form_words",
}
"""What somebody needs who follows a clock, reads a log or a link, or plays another kind of cell: not who just
plays."""


def modules_after(program: str) -> set[str]:
    out = subprocess.run(
        [sys.executable, "-c", program + "\nimport sys; print('LOADED', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    return set(out.rsplit("LOADED ", 1)[1].split())


def test_a_daemon_that_has_played_has_loaded_no_training_library(tmp_path):
    record = str(tmp_path / "x.mid")
    loaded = modules_after(
        "from improv.cli import main\n"
        "assert main(['--backend', 'none', '--choruses', '1', '--chart', '| C7 |', '--tempo', '400',"
        f" '--seed', '1', '--record', {record!r}]) == 0"
    )
    assert "improv.live.performer" in loaded
    assert "h5py" in loaded
    assert not loaded & NOT_BEFORE_A_NOTE
    assert not loaded & set(HEAVY)
    assert not any(name.startswith("improv.training") for name in loaded)


@pytest.mark.parametrize("room", PURE)
def test_every_module_of_a_pure_room_loads_without_them(room):
    """All of them, imported one after another in a fresh interpreter."""
    loaded = modules_after(
        "import importlib, pkgutil\n"
        f"room = importlib.import_module({room!r})\n"
        "for module in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "    importlib.import_module(module.name)"
    )
    assert not loaded & set(HEAVY)


def test_the_room_of_music_needs_the_standard_library_alone():
    loaded = modules_after(
        "import importlib, pkgutil, improv.music as room\n"
        "for module in pkgutil.walk_packages(room.__path__, room.__name__ + '.'):\n"
        "    importlib.import_module(module.name)"
    )
    assert not loaded & {"numpy", "mido", "click", "h5py", "rtmidi"}


def test_the_command_line_is_light_until_it_knows_what_to_do():
    """The sender process is started before NumPy is loaded; importing it here would make it wait."""
    assert not modules_after("import improv.cli") & {"numpy", "h5py", "mido", "rtmidi"}


def test_a_command_is_imported_when_it_is_asked_for():
    loaded = modules_after("from improv.cli import main\nassert main(['models']) == 0")
    assert "improv.cli.listing" in loaded
    assert not loaded & {"improv.cli.train", "improv.cli.chart", "improv.cli.doctor"}
