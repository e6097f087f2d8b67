"""The config file: where it is, what it holds, and which names are known. It knows text, not options.

    $XDG_CONFIG_HOME/jazz-improv/config.toml     Linux (~/.config if that is not set)
    ~/Library/Application Support/jazz-improv    macOS
    %LOCALAPPDATA%\\jazz-improv                   Windows

The command line decides what each key means (`improv.cli.settings`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from improv.errors import SettingsError
from improv.files import read_ordinary, write_bytes

PREFIX = "JAZZ_IMPROV"
"""How environment variables begin: JAZZ_IMPROV_TEMPO is --tempo."""

FILE_VARIABLE = f"{PREFIX}_CONFIG"

OTHER_VARIABLES = {
    FILE_VARIABLE: "the config file",
    f"{PREFIX}_REALTIME": "0: do not ask for real-time priority",
    f"{PREFIX}_RUNTIME": "the folder of the sockets that `jazz-improv status` reads",
    f"{PREFIX}_SHARED": "data for developers",
    f"{PREFIX}_SOUNDFONT": "the SoundFont to render audio with",
    f"{PREFIX}_STATE": "the folder where the program keeps its journals",
}
"""Environment variables that are not options."""

NO_FILE = "none"

_MOST_BYTES = 1_000_000
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_ROW = re.compile(r"""\s*(["'][^"']*["']|[\w-]+)\s*=""")
_KEY = re.compile(r"""\s*["']?([^\s"'=]+)["']?\s*=""")


@dataclass(frozen=True)
class Written:
    """What a config file holds, unchecked. `path` None: no file was wanted; `found`: it exists."""

    path: Path | None = None
    found: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(table, key) -> line, from 1; the table is "" at the top."""

    def place(self, table: str, key: str) -> str:
        """Where a key is, for a message: "line 3 of '/etc/x.toml'"."""
        line = self.lines.get((table, key))
        return f"line {line} of {str(self.path)!r}" if line else repr(str(self.path))


def default_path() -> Path:
    """Where the config file is looked for."""
    import platformdirs  # here: not every command needs it

    return platformdirs.user_config_path("jazz-improv", appauthor=False) / "config.toml"


def find_file(asked: str | None) -> Path | None:
    """The config file: the one asked for, or the environment's, or the usual one; None for "none"."""
    name = asked or os.environ.get(FILE_VARIABLE)
    if name == NO_FILE:
        return None
    return Path(name).expanduser() if name else default_path()


def read_file(asked: str | None) -> Written:
    """What the config file says. Only the usual one may be absent. Raises SettingsError."""
    path = find_file(asked)
    if path is None:
        return Written()
    named = bool(asked or os.environ.get(FILE_VARIABLE))
    try:
        content = read_ordinary(path, _MOST_BYTES)
    except FileNotFoundError:
        if named:
            raise SettingsError(
                f"There is no config file {str(path)!r}; `jazz-improv config --example` prints one."
            ) from None
        return Written(path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(
            f"Cannot read the config file {str(path)!r}: {why}; expected a text file of TOML."
        ) from None
    if len(content) > _MOST_BYTES:
        raise SettingsError(f"{str(path)!r} is not a config file: it is larger than 1 MB.")
    tomllib = _tomllib()
    try:
        text = content.decode("utf-8-sig")
        values = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SettingsError(
            f"Cannot read line {line} of {str(path)!r}: it is not UTF-8 text."
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(_not_toml(path, str(error), content)) from None
    return Written(path, True, values, _lines(text))


def _tomllib() -> Any:
    """The library that reads TOML, imported here because most sessions have no file to read."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib


def _not_toml(path: Path, why: str, content: bytes) -> str:
    found = re.fullmatch(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", why, re.DOTALL)
    if found is None:
        return f"{str(path)!r} is not TOML: {why}."
    line = found[2] or content.count(b"\n") + 1
    return (
        f"Line {line} of {str(path)!r} is not TOML: {found[1]}; expected a line like `tempo = 160`."
    )


def _lines(text: str) -> dict[tuple[str, str], int]:
    """Where keys are. It does not read values, so a line inside a multi-line text may count as one."""
    lines: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = header[1].strip("\"'")
            lines.setdefault(("", table), number)
        elif key := _KEY.match(line):
            lines.setdefault((table, key[1]), number)
    return lines


def with_table(text: str, table: str, rows: Mapping[str, str]) -> str:
    """The text of a config file with these rows in a table, and all else as it stands there.

    Raises SettingsError where that cannot be done without changing something else.
    """
    kept: list[str] = []
    inside, at = False, None
    for line in text.splitlines():
        if header := _TABLE.match(line):
            inside = header[1] == table
            at = len(kept) + 1 if inside else at
        if not (inside and _ROW.match(line)):
            kept.append(line)
    if at is None:
        kept += [*([""] if kept else []), f"[{table}]"]
        at = len(kept)
    kept[at:at] = [f"{as_toml(key)} = {as_toml(value)}" for key, value in rows.items()]
    new = "\n".join(kept) + "\n"
    tomllib = _tomllib()
    try:
        same = tomllib.loads(new) == {**tomllib.loads(text), table: dict(rows)}
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise SettingsError(
            f"The table [{table}] of the config file cannot be changed; change it yourself."
        )
    return new


def keep_table(asked: str | None, table: str, rows: Mapping[str, str]) -> Path:
    """Write a table of texts into the config file; where that is. Raises SettingsError, OutputFileError."""
    path = find_file(asked)
    if path is None:
        raise SettingsError("Without a config file nothing is kept.")
    text = ""
    if path.exists():
        read_file(asked)  # which says what is wrong with it
        text = path.read_text(encoding="utf-8-sig")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, with_table(text, table, rows).encode())
    return path


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known name, or where to find them all."""
    import difflib

    plain = {known_name.lower().replace("_", "-"): known_name for known_name in known}
    close = difflib.get_close_matches(name.lower().replace("_", "-"), plain, 1, 0.5)
    return (
        f"did you mean {plain[close[0]]!r}?"
        if close
        else "`jazz-improv config --example` lists them all."
    )


def check_environment(known: Iterable[str]) -> None:
    """Raise SettingsError for a variable that begins as ours do and means nothing.

    Of `known` no more is taken than is needed to find all that are set.
    """
    ours = {name for name in os.environ if name.startswith(f"{PREFIX}_")}
    unknown = ours.difference(OTHER_VARIABLES)
    names = list(OTHER_VARIABLES)
    for name in known if unknown else ():
        names.append(name)
        unknown.discard(name)
        if not unknown:
            return
    for name in sorted(unknown):
        raise SettingsError(
            f"The environment variable {name!r} is not an option; {nearest(name, names)}"
        )


def as_toml(value: Any) -> str:
    """A value as it is written in the file."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else f"{value:.12g}"
    return json.dumps(str(value), ensure_ascii=False)
