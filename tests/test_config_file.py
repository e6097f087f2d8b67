"""The config file, the environment, and who wins."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv import settings as files
from improv.cli import cli, main, settings
from improv.cli.config import example_of
from improv.errors import SettingsError

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Make a text the config file."""
    path = tmp_path / "config.toml"
    monkeypatch.setenv("JAZZ_IMPROV_CONFIG", str(path))

    def write(text: str | bytes) -> Path:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def options(*arguments: str) -> dict[str, object]:
    """What playing would be given."""
    return cli.make_context("jazz-improv", list(arguments)).params


def refusal(capsys, *arguments: str) -> str:
    """What is said of settings that are wrong: one line, status 2."""
    assert main(list(arguments)) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err.strip()


def test_flags_win_over_the_environment_that_over_the_file_that_over_the_default(
    write, monkeypatch
):
    assert options("--config", "none")["intro"] == 0
    write("intro = 2\ntempo = 150\nquiet = true\n")
    assert options()["intro"] == 2 and options()["tempo_bpm"] == 150 and options()["quiet"] is True
    monkeypatch.setenv("JAZZ_IMPROV_INTRO", "3")
    monkeypatch.setenv("JAZZ_IMPROV_QUIET", "0")
    assert options()["intro"] == 3 and options()["quiet"] is False
    assert options("--intro", "4")["intro"] == 4
    assert options("--intro", "4")["tempo_bpm"] == 150


def test_a_variable_that_is_empty_says_nothing(write, monkeypatch):
    write("intro = 2")
    monkeypatch.setenv("JAZZ_IMPROV_INTRO", "")
    assert options()["intro"] == 2


def test_the_file_is_where_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.delenv("JAZZ_IMPROV_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert options()["intro"] == 0  # the usual one may be absent
    usual = files.default_path()
    if os.name == "posix" and Path("/proc").exists():
        assert usual == tmp_path / "home" / "jazz-improv" / "config.toml"
        usual.parent.mkdir(parents=True)
        usual.write_text("intro = 1")
        assert options()["intro"] == 1
    other = tmp_path / "other.toml"
    other.write_text("intro = 2")
    monkeypatch.setenv("JAZZ_IMPROV_CONFIG", str(other))
    assert options()["intro"] == 2
    third = tmp_path / "third.toml"
    third.write_text("intro = 3")
    assert options("--config", str(third))["intro"] == 3
    assert options("--config", "none")["intro"] == 0


@pytest.mark.parametrize("command", ["", *settings.TABLES])
def test_every_option_has_a_key_and_a_variable_of_its_own(command):
    known = settings.settable(settings.tables_of(cli)[command])
    flags = {
        option.name
        for option in settings.tables_of(cli)[command].params
        if isinstance(option, click.Option)
    }
    assert flags - {option.name for option in known.values()} <= {"config", "version", "help"}
    assert all(f"--{key}" in option.opts for key, option in known.items())
    variables = {settings.variable_of(option, command) for option in known.values()}
    assert len(variables) == len(known)
    assert not variables & set(files.OTHER_VARIABLES)
    assert command or not set(known) & set(settings.TABLES)


def test_every_option_of_the_example_is_good_when_it_is_taken_in():
    example = example_of(cli)
    assert files._tomllib().loads(example).keys() <= set(settings.TABLES)  # all commented out
    everything = "\n".join(
        line[1:] if line.startswith("#") and line[1:2] != " " else line
        for line in example.splitlines()
    )
    values = files._tomllib().loads(everything)
    for table, command in settings.tables_of(cli).items():
        written = values[table] if table else values
        known = settings.settable(command)
        assert set(known) == set(written) - (set() if table else set(settings.TABLES))
        for key, option in known.items():
            assert f"#{key} = " in example
            settings._check_kind(option, written[key])
            if written[key] not in (
                option.metavar,
                [option.metavar],
            ):  # which is only a word for it
                option.process_value(click.Context(command), written[key])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("intro = 1\ntempoo = 1", "'tempoo' (line 2 of {}) is unknown; did you mean 'tempo'?"),
        ("key_cycle = 'up'", "'key_cycle' (line 1 of {}) is unknown; did you mean 'key-cycle'?"),
        ("zzzzzz = 1", "is unknown; `jazz-improv config --example` lists them all."),
        ("[generat]\nseed = 1", "'generat' (line 1 of {}) is unknown; did you mean 'generate'?"),
        (
            "\n[generate]\nsed = 1",
            "'sed' of [generate] (line 3 of {}) is unknown; did you mean 'seed'?",
        ),
        ("generate = 1", "'generate' (line 1 of {}): expected a table, [generate]."),
        ("help = true", "'help' (line 1 of {}) is unknown"),
        ("config = 'x'", "'config' (line 1 of {}) is unknown"),
        (
            "tempo = 900",
            "tempo = 900 (line 1 of {}): expected a number from 20 to 400 bpm, such as 140.",
        ),
        ("tempo = nan", "expected a number from 20 to 400 bpm, such as 140."),
        ("tempo = true", "tempo = true (line 1 of {}): expected a number, without quotes."),
        ('tempo = "160"', 'tempo = "160" (line 1 of {}): expected a number, without quotes.'),
        ('tempo = "fast"', "expected a number from 20 to 400 bpm, such as 140."),
        ('swing = "aut"', "expected a number from 1 to 3, such as 1.5, or auto."),
        (
            "choruses = 1.5",
            "choruses = 1.5 (line 1 of {}): expected a whole number, without quotes.",
        ),
        ("seed = -1", "seed = -1 (line 1 of {}): expected a whole number from 0, such as 7."),
        ("quiet = 1", "quiet = 1 (line 1 of {}): expected true or false."),
        ("key = 3", 'key = 3 (line 1 of {}): expected text in quotes, "...".'),
        ("band = ['bass']", 'band = ["bass"] (line 1 of {}): expected text in quotes, "...".'),
        ("chart = 1979-05-27", "expected text in quotes"),
        ("tempo.x = 1", "Cannot use tempo ("),
        ("arc = 'wavy'", "arc = \"wavy\" (line 1 of {}): 'wavy' is not one of"),
        ("band = 'kazoo'", "Cannot use band (line 1 of {}): 'kazoo' is not an instrument"),
        ("[train]\nunits = 'many'", 'units = "many" (line 2 of {}):'),
        ("intro = 1\nintro = ", "Line 2 of {} is not TOML: Invalid value; expected a line like"),
        ("intro", "of {} is not TOML:"),
        (b"key = '\xff'", "Cannot read line 1 of {}: it is not UTF-8 text."),
        (b"#" * 1_000_001, "{} is not a config file: it is larger than 1 MB."),
    ],
)
def test_what_is_wrong_in_the_file_is_said_in_one_sentence(write, capsys, text, said):
    path = write(text)
    assert said.format(repr(str(path))) in refusal(capsys)


def test_a_file_that_was_named_must_be_there_and_be_a_file(tmp_path, capsys):
    assert "There is no config file" in refusal(capsys, "--config", str(tmp_path / "none.toml"))
    assert "Cannot read the config file" in refusal(capsys, "--config", str(tmp_path))
    assert "Cannot read the config file" in refusal(capsys, "--config", "a\0b")


@given(st.binary(max_size=200))
def test_no_file_makes_a_traceback(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    try:
        settings.load(cli, str(path))
    except SettingsError as error:
        assert str(error).endswith((".", "?")) and "\n" not in str(error)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "TEMPPO",
            "1",
            "JAZZ_IMPROV_TEMPPO' is not an option; did you mean 'JAZZ_IMPROV_TEMPO'?",
        ),
        (
            "TEMPO",
            "x",
            "Cannot use JAZZ_IMPROV_TEMPO: expected a number from 20 to 400 bpm, such as 140.",
        ),
        ("BAND", "kazoo", "Cannot use JAZZ_IMPROV_BAND: 'kazoo' is not an instrument"),
        ("QUIET", "perhaps", "Cannot use JAZZ_IMPROV_QUIET: 'perhaps' is not a valid boolean"),
    ],
)
def test_a_wrong_variable_is_said_too(monkeypatch, capsys, name, value, said):
    monkeypatch.setenv(f"JAZZ_IMPROV_{name}", value)
    assert said in refusal(capsys)
    assert main(["models"]) == 0  # it needs no settings, and works


def test_variables_that_stand_for_no_option_are_known(monkeypatch):
    for name in files.OTHER_VARIABLES:
        if name != "JAZZ_IMPROV_CONFIG":
            monkeypatch.setenv(name, "0")
    assert options()["intro"] == 0


def test_a_command_takes_its_own_table_and_variables_alone(write, monkeypatch, tmp_path, capsys):
    write("seed = 1\ntempo = 333\n[generate]\nseed = 2\nchart = '| C7 |'\nband = 'bass'\n")
    monkeypatch.setenv("JAZZ_IMPROV_CHANNEL", "5")
    monkeypatch.setenv("JAZZ_IMPROV_GENERATE_TEMPO", "222")
    out = str(tmp_path / "x.mid")
    assert main(["generate", "--no-band", "--json", "--out", out]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["seed"] == 2 and report["tempo_bpm"] == 222
    assert list(report["tracks"]) == ["Solo"]  # --no-band is nearer than the file's band
    monkeypatch.setenv("JAZZ_IMPROV_GENERATE_SEED", "x")
    assert "Cannot use JAZZ_IMPROV_GENERATE_SEED: expected" in refusal(capsys, "generate")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["generate", "--help"], ["models"]]
)
def test_what_needs_no_settings_works_where_the_file_is_broken(write, capsys, arguments):
    write("= nonsense")
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "flags", "left"),
    [
        ("chart = 'blues'", ["--setlist", "x"], {"chart": None}),
        ("setlist = 'x'", ["--chart", "blues"], {"setlist": None}),
        ("band = 'bass'", ["--no-band"], {"band": None, "no_band": True}),
        ("no-band = true", ["--band", "bass"], {"band": "bass", "no_band": False}),
        ("port = 'x'", ["--backend", "none"], {"port": None, "backend": "none"}),
        ("backend = 'none'", ["--port", "x"], {"port": "x", "backend": "auto"}),
        ("backend = 'alsa'", ["--port", "x"], {"port": "x", "backend": "alsa"}),
        ("clock = 'midi'\nclock-in = 'x'", ["--clock", "internal"], {"clock_in": None}),
        ("clock-in = 'x'", ["--clock", "midi"], {"clock_in": "x"}),
        ("clock-in = 'x'\nlink-transport = true", [], {"clock_in": None, "link_transport": False}),
        ("link-transport = true", ["--clock", "link"], {"link_transport": True}),
        ("thru = 6\ninput-channel = 2", [], {"thru": None, "input_channel": None}),
        ("thru = 6", ["--input", "keys"], {"thru": 6}),
        ("input = 'keys'\nthru = 6", ["--backend", "none"], {"input": None, "thru": None}),
        ("", ["--thru", "6"], {"thru": 6}),  # on the command line it is a mistake
        ("", ["--clock-in", "x"], {"clock_in": "x"}),  # on the command line it is a mistake
    ],
)
def test_of_two_that_contradict_each_other_the_nearer_one_holds(write, text, flags, left):
    write(text)
    assert options(*flags).items() >= left.items()


def test_two_that_contradict_each_other_in_one_place_are_refused(write, capsys):
    write("band = 'bass'\nno-band = true")
    assert main([]) == 2
    assert "contradict" in capsys.readouterr().err


def test_home_is_meant_where_no_shell_reads_it(write, monkeypatch):
    monkeypatch.setenv("HOME", "/home/bird")
    monkeypatch.setenv("USERPROFILE", "/home/bird")
    write("record = '~/gig.mid'\nchart = '~/tunes.html#Confirmation'")
    assert options()["record"] == Path("/home/bird/gig.mid")
    assert options()["chart"] == str(Path("/home/bird/tunes.html#Confirmation"))


def test_read_again_flags_still_win_and_what_is_wrong_is_said(write):
    path = write("intro = 1\ntempo = 100")
    context = cli.make_context("jazz-improv", ["--tempo", "120"])
    path.write_text("intro = 2\ntempo = 90")
    again = settings.reread(context)
    assert again["intro"] == 2 and again["tempo_bpm"] == 120
    assert again.keys() == context.params.keys()
    path.write_text("intro = 2\nfeel = 3")
    with pytest.raises(SettingsError, match="feel = 3"):
        settings.reread(context)
    path.unlink()
    with pytest.raises(SettingsError, match="There is no config file"):
        settings.reread(context)


def rows(capsys, *arguments: str) -> dict[str, dict[str, object]]:
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    return {row["key"]: row for row in report["values"]}


def test_config_says_where_each_value_comes_from(write, monkeypatch, capsys):
    path = write("intro = 2\ntempo = 150\n[generate]\nseed = 5")
    monkeypatch.setenv("JAZZ_IMPROV_FEEL", "bossa")
    shown = rows(capsys, "--key", "Eb", "config")
    assert list(shown) == list(settings.settable(cli))
    place = f"line 1 of {str(path)!r}"
    assert shown["intro"] == {"key": "intro", "value": 2, "origin": "file", "where": place}
    assert shown["feel"] | {"value": "bossa", "origin": "environment"} == shown["feel"]
    assert shown["feel"]["where"] == "JAZZ_IMPROV_FEEL"
    assert shown["key"] | {"value": "Eb", "origin": "flag", "where": "--key"} == shown["key"]
    assert shown["model"]["origin"] == "default"
    of_command = rows(capsys, "config", "generate")
    assert of_command["seed"]["value"] == 5 and of_command["seed"]["origin"] == "file"
    assert of_command["feel"]["origin"] == "default"
    assert main(["config"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Config file: {path}\n")
    assert f"file: {place}" in text and "(a new one each time)" in text


def test_config_prints_the_path_and_the_example_even_where_the_file_is_broken(write, capsys):
    path = write("= nonsense")
    assert main(["config", "--path"]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert main(["config", "--example"]) == 0
    assert capsys.readouterr().out == example_of(cli)
    assert "is not TOML" in refusal(capsys, "config")
    assert main(["--config", "none", "config", "--path"]) == 0
    assert capsys.readouterr().out == "none\n"


def test_the_example_in_the_documents_is_the_one_that_is_printed():
    example = (DOCS / "config.example.toml").read_text(encoding="utf-8")
    assert example == example_of(cli), (
        "Run `jazz-improv --config none config --example > docs/config.example.toml`."
    )


def test_the_file_in_the_document_is_good(write):
    document = (DOCS / "config.md").read_text(encoding="utf-8")
    for example in re.findall(r"```toml\n(.*?)```", document, re.DOTALL):
        write(example)
        assert settings.load(cli, None).values[""]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[bindings]\n"cc 20" = "density"\n'),
        ("tempo = 160\n", 'tempo = 160\n\n[bindings]\n"cc 20" = "density"\n'),
        (
            '# mine\ntempo = 160  # fast\n[bindings]\n# knobs\n"cc 1" = "swing"\n[generate]\nseed = 7\n',
            '# mine\ntempo = 160  # fast\n[bindings]\n"cc 20" = "density"\n# knobs\n[generate]\nseed = 7\n',
        ),
    ],
)
def test_what_is_learned_is_written_and_all_else_stays(before, after):
    assert files.with_table(before, "bindings", {"cc 20": "density"}) == after
    assert files.with_table(after, "bindings", {"cc 20": "density"}) == after


def test_a_file_that_would_say_something_else_then_is_left_as_it_is():
    with pytest.raises(SettingsError, match="change it yourself"):
        files.with_table('bindings = {"cc 1" = "swing"}\n', "bindings", {"cc 20": "density"})
    with pytest.raises(SettingsError, match="change it yourself"):
        files.with_table('chart = """\n[bindings]\na = 1\n"""\n', "bindings", {})


def test_what_is_kept_is_read_the_next_time_and_listed(tmp_path, monkeypatch, capsys):
    path = tmp_path / "deep" / "config.toml"
    monkeypatch.setenv("JAZZ_IMPROV_CONFIG", str(path))
    rows = {"cc 20": "density", "program": "tune"}
    assert files.keep_table(None, "bindings", rows) == path
    assert main(["controls", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["bindings"] == rows
    (density,) = [row for row in listed["controls"] if row["name"] == "density"]
    assert (density["low"], density["high"], density["bindings"]) == (-1.0, 1.0, ["cc 20"])
    assert {"mute", "chart", "learn"} <= {word["word"] for word in listed["words"]}
    assert main(["controls"]) == 0
    assert "(cc 20)" in capsys.readouterr().out
    with pytest.raises(SettingsError, match="nothing is kept"):
        files.keep_table("none", "bindings", rows)


@pytest.mark.parametrize("text", ['[bindings]\n"knob" = "density"\n', "bindings = 3\n"])
def test_bindings_that_are_wrong_are_named_with_their_file(write, capsys, text):
    path = write(text)
    assert str(path) in refusal(capsys, "controls")
