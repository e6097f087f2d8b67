"""The names that Python users may rely on, and that asking for them is all that costs anything."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import improv
from improv.api.form import Asked
from improv.controls.table import ROWS, WORDS, ControlWords, flag_of

NAMES = {
    "Cell": "card model nats play players stream styles takes",
    "Chart": "bar_of bar_tick bar_ticks bars changes changes_in_bar chord_at chorus_and_bar composer feel "
    "first_bar key last length_tick meter meter_changes meter_of next_change part place remarks repeat_tick "
    "section_at sections style tempo_bpm title tops transposed unrolled warnings written",
    "ImprovError": "status",
    "Note": "duration_tick end_tick onset_tick pitch velocity",
    "PlayedNote": "channel end_tick is_solo note_id onset_tick pitch plan player quote token velocity "
    "written",
    "Scores": "nats_per_note notes pitch rhythm solos",
    "Session": "playing port seed steer stop take wait",
    "Stream": "chart seconds_at seed steer",
    "Take": "band cell chart keys longest_quote save seconds_at seed solo swing tempos to_midi to_music21 "
    "to_pretty_midi to_symusic tracks written",
    "Track": "channel name notes program written",
    "__version__": "",
    "load": "model engine",
    "play": "chart model port backend seed record log input mode say words",
    "read_chart": "source",
    "read_solos": "paths melody workers",
    "train": "paths out base valid name melody steps units seed force workers say",
}
"""Name -> its public members, or the parameters of a function."""
WORDS_ASKED = (
    "accents answer arc band channel choruses count_in density ending faster feel follow human "
    "intensity intro key key_cycle lay_back listen loop max_quote overlap phrase player polite program "
    "rehearse style swing temperature tempo top_p"
)


def members_of(name: str) -> str:
    thing = getattr(improv, name)
    if isinstance(thing, str):
        return ""
    if not isinstance(thing, type):
        return " ".join(inspect.signature(thing).parameters)
    found = set(getattr(thing, "__dataclass_fields__", ()))
    for each in thing.__mro__:
        if each.__module__.startswith("improv"):
            found |= vars(each).keys()
            found |= _set_in_init(each)
    return " ".join(sorted(each for each in found if not each.startswith("_")))


def _set_in_init(kind: type) -> set[str]:
    """The attributes that `__init__` sets."""
    function = vars(kind).get("__init__")
    if function is None or "__dataclass_fields__" in vars(kind):
        return set()
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def test_these_are_all_names():
    assert sorted(improv.__all__) == sorted(NAMES) == sorted(dir(improv))


@pytest.mark.parametrize("name", NAMES)
def test_the_members_of_each(name):
    assert members_of(name).split() == NAMES[name].split()


def test_the_words_of_whatever_plays():
    assert sorted(Asked.__annotations__) == WORDS_ASKED.split()


def test_every_control_is_a_word():
    assert [*ControlWords.__annotations__] == [*WORDS]
    assert [*WORDS.values()] == [*ROWS]
    assert all(word.replace("_", "-") == flag_of(name) for word, name in WORDS.items())


def test_what_types_see_is_what_there_is():
    """The imports for type checkers and the table of modules name the same."""
    tree = ast.parse(Path(improv.__file__).read_text("utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.asname: str(node.module).removeprefix("improv.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == improv._ROOMS


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        improv.lode  # noqa: B018


def test_the_package_is_typed():
    assert (Path(improv.__file__).parent / "py.typed").is_file()


def test_importing_it_imports_nothing():
    """The sender's process and the command line import it too."""
    program = "import sys, typing; before = {*sys.modules}; import improv; print(*{*sys.modules} - before)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["improv"]
