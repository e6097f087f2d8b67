"""Chart and configuration read again while it plays: in a thread, so that no file can hold up the music."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from improv.errors import ImprovError, SettingsError

if TYPE_CHECKING:
    from improv.config import Config

LIMIT_S = 20.0
"""How long reading may take: a lead sheet takes a tenth of a second."""


class Rereader:
    """Reads when asked to, and says when there is something to be taken."""

    def __init__(
        self, read: Callable[[], Config], done: Callable[[], None], limit_s: float = LIMIT_S
    ) -> None:
        """`done` is called in a thread when `take` has what was read, or why it could not be."""
        self._read, self._done, self._limit_s = read, done, limit_s
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._found: Config | ImprovError = SettingsError("nothing has been read.")
        threading.Thread(target=self._run, name="reread", daemon=True).start()

    def ask(self) -> None:
        """Have it read; a signal handler may ask. What was asked for while it reads is one reading."""
        self._asked.put(None)

    def take(self) -> Config:
        """What was read last. Raises ImprovError: why it could not be."""
        if isinstance(self._found, ImprovError):
            raise self._found
        return self._found

    def _run(self) -> None:
        while True:
            self._asked.get()
            while not self._asked.empty():
                self._asked.get()
            found: queue.SimpleQueue[Config | ImprovError] = queue.SimpleQueue()
            # One for each reading: a file system that hangs keeps its own, and not the next.
            threading.Thread(target=lambda to=found: to.put(self._try()), daemon=True).start()
            try:
                self._found = found.get(timeout=self._limit_s)
            except queue.Empty:
                self._found = SettingsError(
                    f"it was not read within {self._limit_s:g} s; expected a chart of one song."
                )
            self._done()

    def _try(self) -> Config | ImprovError:
        try:
            return self._read()
        except ImprovError as error:
            return error
        except click.ClickException as error:
            return SettingsError(error.format_message())
        except OSError as error:
            return SettingsError(f"{error.strerror or error}: {error.filename or 'a file'}.")
        except Exception as error:  # whatever stands in a file ends no music
            return SettingsError(f"it cannot be used ({type(error).__name__}: {error}).")
