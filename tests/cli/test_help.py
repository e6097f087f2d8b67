"""`--help`: commands first, both in groups, 80 columns, nothing cut off."""

from __future__ import annotations

import click
import pytest

from improv.cli import cli
from improv.cli.help import COMMANDS, OPTIONS, REST, default_text, summary
from improv.controls.table import ROWS


def all_commands(command: click.Command = cli, name: str = "") -> dict[str, click.Command]:
    found = {name: command}
    if isinstance(command, click.Group):
        for sub_name, sub in command.commands.items():
            found |= all_commands(sub, f"{name} {sub_name}".strip())
    return found


ALL = all_commands()


def help_of(name: str) -> str:
    settings = cli.context_settings  # which click hands down to the commands of a group
    context = click.Context(ALL[name], info_name=f"jazz-improv {name}".strip(), **settings)
    return ALL[name].get_help(context)


def names_in(section: str, text: str) -> list[str]:
    """The first words of the rows under a heading."""
    _, _, after = text.partition(f"\n{section}:\n")
    rows, _, _ = after.partition("\n\n")
    return [row.split()[0] for row in rows.splitlines() if row[2:3] != " "]


@pytest.mark.parametrize("name", ALL)
def test_help_fits_80_columns_and_cuts_nothing_off(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = help_of(name)
    assert max(map(len, text.splitlines())) <= 80
    said = " ".join(text.split())
    for option in ALL[name].params:
        if isinstance(option, click.Option):
            sentences, _, _ = (option.help or "").partition("[default: ")
            assert " ".join(sentences.split()) in said
            assert default_text(option) in said


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_has_a_sentence_and_every_summary_one_line(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for option in ALL[name].params:
        assert not isinstance(option, click.Option) or option.help, option.name
    command = ALL[name]
    if isinstance(command, click.Group):
        lines = help_of(name).splitlines()
        for sub_name, sub in command.commands.items():
            (line,) = (line for line in lines if line.startswith(f"  {sub_name} "))
            assert line.split(maxsplit=1)[1] == summary(sub)


def test_commands_come_first_each_in_a_group_and_controls_are_those_of_the_table():
    text = help_of("")
    assert [names_in(heading, text) for heading in COMMANDS] == [*map(list, COMMANDS.values())]
    assert sorted(name for names in COMMANDS.values() for name in names) == sorted(cli.commands)
    headings = [*COMMANDS, *OPTIONS, REST]
    places = [text.index(f"\n{heading}:\n") for heading in headings if heading != "Files"]
    assert places == sorted(places)
    assert len(names_in("Controls", text)) == len(ROWS)


def test_every_name_in_the_groups_is_an_option_of_playing_or_of_generate():
    known = {str(option.name) for name in ("", "generate") for option in ALL[name].params}
    assert {name for names in OPTIONS.values() for name in names} <= known
    assert names_in(REST, help_of("")) == [
        "--version",
        "--config",
        "--quiet",
        "--steer",
        "--log-level",
        "-h,",
    ]
    assert names_in(REST, help_of("generate")) == ["--json", "-h,"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (click.Option(["--x"], help="A. [default: the chart's]"), "A. [default: the chart's]"),
        (click.Option(["--x"], type=click.IntRange(6), help="A."), "A. [6 or more]"),
        (
            click.Option(["--x"], type=click.FloatRange(0, 1), default=0.5, show_default=True),
            "[default: 0.5; 0 to 1]",
        ),
        (
            click.Option(["--x"], type=click.Choice(["a", "b"]), metavar="NAME", help="A."),
            "A. One of a, b.",
        ),
        (click.Option(["--x"], required=True, help="A."), "A. [required]"),
    ],
)
def test_default_and_range_stand_in_one_bracket(option, said):
    from improv.cli.help import Command

    command = Command("c", params=[option])
    text = command.get_help(click.Context(command))
    assert " ".join(text.split()).partition(" -")[0].endswith(said) or said in " ".join(
        text.split()
    )
