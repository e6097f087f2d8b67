"""Where each command is: a module is imported when its command is asked for, or all of them for --help.

Whoever plays pays for no other command: together they take longer to import than click itself.
"""

from __future__ import annotations

import importlib
from collections import UserDict
from typing import Any

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


class Commands(UserDict[str, Any]):
    """The commands of a group by name, each imported when it is first asked for."""

    def __getitem__(self, name: str) -> click.Command:
        found = self.data[name]
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            found = self.data[name] = getattr(importlib.import_module(module), attribute)
        command: click.Command = found
        return command
