"""Where each command is: a module is imported when its command is asked for, or all of them for --help.

Whoever plays pays for no other command: together they take longer to import than click itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping

import click

PLACES = {
    "page": "improv.cli.page:page",
    "panic": "improv.cli.panic:panic",
    "replay": "improv.cli.replay:replay",
    "echo": "improv.cli.echo:echo",
    "report": "improv.cli.report:report",
    "generate": "improv.cli.generate:generate",
    "train": "improv.cli.train:train",
    "evaluate": "improv.cli.evaluate:evaluate",
    "corpus": "improv.cli.corpus:corpus",
    "trace": "improv.cli.trace:trace",
    "chart": "improv.cli.chart:chart",
    "ports": "improv.cli.listing:ports",
    "models": "improv.cli.listing:models",
    "doctor": "improv.cli.doctor:doctor",
    "controls": "improv.cli.controls:controls",
    "config": "improv.cli.config:config",
    "status": "improv.cli.status:status",
}
"""Name -> module:command."""


class Commands(MutableMapping[str, click.Command]):
    """The commands of a group by name, each imported when it is first asked for."""

    def __init__(self, places: dict[str, str]) -> None:
        self._found: dict[str, str | click.Command] = dict(places)

    def __getitem__(self, name: str) -> click.Command:
        found = self._found[name]
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            command: click.Command = getattr(importlib.import_module(module), attribute)
            self._found[name] = found = command
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: object) -> bool:
        return name in self._found
