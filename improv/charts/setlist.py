"""Set lists: one tune a line, and how to play it.

    # Friday, first set
    blues                        x3
    jazz1460.html#Blue Bossa     x4 key=Dm tempo=150
    my tune.txt                  x2 feel=bossa count-in=1 arc=wave
    | Dm7 | G7 | Cmaj7 | % |     x8

The settings come after what --chart takes; files are looked for beside the set list. `x3` is three
choruses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from improv.errors import ChartError
from improv.files import exists

_SETTING = r'(?:x\d{1,4}|[a-z][a-z-]*=(?:"[^"]*"|[^\s"]+))'
_LINE = re.compile(rf"\s*(?P<tune>\S.*?)(?P<settings>(?:\s+{_SETTING})*)\s*")
_ONE = re.compile(_SETTING)
_COMMENT = re.compile(r"(?:^|\s)#(?:\s.*)?$")
MOST_TUNES = 500
SET_LIST = "set list", "expected one tune a line, as in 'blues x3', or an iReal Pro playlist"
"""What messages call such a file, and what they say is expected."""


@dataclass(frozen=True, slots=True)
class SetEntry:
    """One line of a set list. `settings` are name -> text, "choruses" for x3; `place` is for messages."""

    tune: str
    settings: dict[str, str]
    place: str


def parse_setlist(text: str, source: str) -> list[SetEntry]:
    """Read a set list. ChartError if it has no tune or too many.

    `source` is the file's name. Whether a tune exists and a setting is known is not checked here.
    """
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = _LINE.fullmatch(_COMMENT.sub("", line))
        if found is None:  # an empty line
            continue
        settings: dict[str, str] = {}
        for setting in _ONE.findall(found["settings"]):
            name, _, value = setting.partition("=")
            if not value:
                name, value = "choruses", setting[1:]
            settings[name] = value.strip('"')
        entries.append(SetEntry(found["tune"], settings, f"line {number} of {source!r}"))
    if not entries:
        raise ChartError(
            f"The set list {source!r} is empty: expected one tune a line, as in 'blues x3'."
        )
    if len(entries) > MOST_TUNES:
        raise ChartError(
            f"The set list {source!r} has {len(entries)} tunes: expected at most {MOST_TUNES}."
        )
    return entries


def beside(setlist: Path, tune: str) -> str:
    """The tune's name; if it is a file, relative to the folder of the set list."""
    name, mark, title = tune.partition("#")
    beside_it = setlist.parent / name
    is_there = name and "|" not in tune and exists(beside_it) and not beside_it.is_dir()
    return f"{beside_it}{mark}{title}" if is_there else tune
