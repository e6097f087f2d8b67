"""The prompt line as prompt_toolkit draws it: the open line of what is printed, and under it what is typed.

Only `improv.cli.prompt` imports this, once the music has begun: prompt_toolkit takes a tenth of a second.
Signals stay the terminal's: Ctrl-C, Ctrl-Z and Ctrl-\\ reach the program even where this cannot draw.
"""

from __future__ import annotations

import sys
import termios
from collections.abc import Callable, Iterable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input.vt100 import Vt100Input, raw_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output.vt100 import Vt100_Output

SIGN = "> "
EOF = "eof"
"""What the application ends with at Ctrl-D."""


class _KeepSignals(raw_mode):
    @classmethod
    def _patch_lflag(cls, attrs: int) -> int:
        return attrs & ~(termios.ECHO | termios.ICANON | termios.IEXTEN)


class _Input(Vt100Input):
    def raw_mode(self) -> Any:
        """As the library's, but Ctrl-C and its like remain signals."""
        return _KeepSignals(self.fileno())


class _Output(Vt100_Output):
    """Asks the terminal for nothing that it would have to be told to stop when this process is killed."""

    def enable_bracketed_paste(self) -> None:
        """Lines that are pasted are lines that are typed."""

    def disable_bracketed_paste(self) -> None:
        """It was not enabled."""


class _Words(Completer):
    """What the Tab key puts in, one after the other."""

    def __init__(self, complete: Callable[[str], list[str]]) -> None:
        self._complete = complete

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        line = document.text_before_cursor
        # Names have blanks in them: all that follows the word is one.
        last = line.lstrip().partition(" ")[2].lstrip() if " " in line.lstrip() else line.lstrip()
        return [Completion(text, -len(last)) for text in self._complete(line)]


def make_app(
    open_text: Callable[[], str],
    typed: Callable[[str], None],
    complete: Callable[[str], list[str]] = lambda line: [],
) -> Application[str]:
    """The application; `open_text` is what stands above the prompt line, `typed` is told each line."""

    def accept(buffer: Buffer) -> bool:
        typed(buffer.text)
        return False

    buffer = Buffer(
        accept_handler=accept,
        multiline=False,
        history=InMemoryHistory(),
        completer=_Words(complete),
    )
    bindings = KeyBindings()

    @bindings.add("c-d", filter=Condition(lambda: not buffer.text))
    def _(event: KeyPressEvent) -> None:
        event.app.exit(result=EOF)

    above = Window(
        FormattedTextControl(lambda: ANSI(open_text())), dont_extend_height=True, wrap_lines=True
    )
    line = Window(
        BufferControl(buffer, input_processors=[BeforeInput(SIGN)]), height=1, wrap_lines=False
    )
    size = Vt100_Output.from_pty(sys.stdout).get_size
    return Application(
        Layout(
            HSplit([ConditionalContainer(above, Condition(lambda: bool(open_text()))), line]), line
        ),
        key_bindings=bindings,
        erase_when_done=True,
        input=_Input(sys.stdin),
        output=_Output(sys.stdout, size, enable_cpr=False),
    )
