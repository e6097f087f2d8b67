"""Numbers that cannot be are refused in words, for every option there is."""

from __future__ import annotations

import click
import pytest

from improv.cli import cli, main
from improv.cli.numbers import Number, Whole


def numeric() -> list[tuple[str, str]]:
    """(command, flag) of every option that takes a number."""
    found = []

    def look(command: click.Command, path: str) -> None:
        for param in command.params:
            if isinstance(param, click.Option):
                kinds = (click.types.IntParamType, click.types.FloatParamType)
                if isinstance(param.type, kinds):
                    found.append((path, max(param.opts, key=len)))
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                look(command.get_command(context, name), f"{path} {name}".strip())

    look(cli, "")
    return found


NUMERIC = numeric()


def test_every_option_that_takes_a_number_is_here():
    assert len(NUMERIC) > 30
    assert {("", "--tempo"), ("generate", "--swing"), ("replay", "--tune")} <= set(NUMERIC)


@pytest.mark.parametrize("text", ["fast", "nan", "1e400"])
@pytest.mark.parametrize(("command", "flag"), NUMERIC)
def test_what_is_no_number_is_refused_in_words(command, flag, text, capsys):
    needed = {"generate": ["--out", "x.mid"], "replay": ["x"], "trace": ["x"], "chart show": []}
    words = [*command.split(), *needed.get(command, []), flag, text]
    assert main(words) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"expected a {'whole ' if 'a whole' in said else ''}number" in said, said
    assert f"not {text!r}." in said and ", such as " in said, said


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        (Number(20, 400, unit="bpm", such_as=140), "fast",
         "expected a number from 20 to 400 bpm, such as 140, not 'fast'."),
        (Number(1, 3, such_as=1.5, automatic=True), "aut",
         "expected a number from 1 to 3, such as 1.5, or auto, not 'aut'."),
        (Whole(6, such_as=12), "2", "expected a whole number from 6, such as 12, not '2'."),
        (Whole(1, 16), "1.5", "expected a whole number from 1 to 16, such as 1, not '1.5'."),
    ],
)  # fmt: skip
def test_what_was_expected(kind, text, said):
    with pytest.raises(click.BadParameter) as caught:
        kind.convert(text, None, None)
    assert caught.value.message == said


def test_what_can_be():
    assert Number(20, 400).convert("99.5", None, None) == 99.5
    assert Number(1, 3, automatic=True).convert("auto", None, None) is None
    assert Whole(0).convert("7", None, None) == 7
