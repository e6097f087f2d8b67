"""What the documents say exists: commands, options, links; and every command has a line in the README."""

from __future__ import annotations

import ast
import doctest
import re
import shlex
from pathlib import Path

import click
import pytest

from improv import __version__
from improv.cli import cli
from improv.cli.options import flag_of
from improv.controls.table import ROWS

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "data" / "README.md",
]

MODULES = sorted((ROOT / "improv").rglob("*.py"))


def commands_in(text: str) -> list[str]:
    return re.findall(r"^    (jazz-improv\b(?! \d).*)$", text, re.MULTILINE)


def options_of(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts} | {"--help"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_has_the_options_it_is_given(document):
    for line in commands_in(document.read_text(encoding="utf-8")):
        words = shlex.split(line, comments=True)[1:]
        command: click.Command = cli
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        if isinstance(command, click.Group) and words:
            assert words[0].startswith("-"), line
        for word in words:
            if word.startswith("--"):
                assert word in options_of(command), line


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help_and_a_line_in_the_readme(name):
    command = cli.commands[name]
    assert command.help
    assert all(p.help for p in command.params if isinstance(p, click.Option) and p.name in ROWS)
    assert f"jazz-improv {name}" in README


def test_every_control_is_in_the_readme():
    for name in ROWS:
        assert f"--{flag_of(name)}" in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#:]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def test_the_project_has_one_address():
    """That of [project.urls]: a fork that changes it sees here where else it stands."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (address,) = re.findall(r'^Repository = "(.*)"$', project, re.MULTILINE)
    others = [ROOT / "CITATION.cff", ROOT / "pyproject.toml"]
    found = [url for path in [*DOCUMENTS, *others] for url in _addresses(path)]
    assert len(found) > 5 and {url.startswith(address) for url in found} == {True}


def _addresses(path: Path) -> list[str]:
    return re.findall(r"https://\S+/jazz-improv\b[^\s\")>]*", path.read_text(encoding="utf-8"))


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation


STUMBLES = {
    r"whom it quotes": "the solos it quotes",
    r"has not slipped": "it keeps its place in the form",
    r"came out otherwise": "if the replay differs",
    r"dice paid for": "random choices included in the score",
    r"\bdice\b": "random choices, or draws",
    r"is told right": "is recognised",
    r"in the place of": "instead of",
    r"what is left of (a|the) session": "what a session leaves",
    r"\bput together anew\b": "made again",
    r"\bworked out anew\b": "computed again",
    r"\bhow it is[.,;:)]": "how it is doing",
    r"says what it quotes": "names the solos it quotes",
    r"\bit is none of them\b": "what it lacks, in so many words",
    r"goes on from (where|there)": "continues",
    r"\bof its own business\b|'s business\b": "is decided by",
    r"\bone more row\b|\ba row more\b|\ba format more\b": "another row, a new format",
    r"(a|running|your) player(s)? (is|are|runs|run)\b": "a session",
}
"""What readers stumbled over -> what is said instead."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_documents_say_nothing_that_readers_stumbled_over(document):
    prose = re.sub(r"`[^`]*`", "", document.read_text(encoding="utf-8"))
    text = " ".join(prose.split())
    for stumble, instead in STUMBLES.items():
        assert not re.search(stumble, text), f"{stumble}: say {instead!r}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_and_messages_say_nothing_that_readers_stumbled_over(module):
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = " ".join(re.sub(r"`[^`]*`", "", node.value).split())
            for stumble, instead in STUMBLES.items():
                assert not re.search(stumble, text), f"line {node.lineno}: say {instead!r}"


def test_exit_statuses_are_documented_as_they_are():
    from improv import errors

    statuses = {
        kind.status
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.ImprovError)
    }
    for status in statuses - {1}:
        assert re.search(rf"\b{status} [a-zA-Z]", README), status
        assert re.search(rf"\b{status} [a-zA-Z]", " ".join((cli.help or "").split())), status


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^    |`)make ([a-z]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


# tests/api/test_docs.py tries those of docs/api.md, in a folder of their own.
@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.name != "api.md"], ids=lambda path: path.name
)
def test_examples_in_python_do_what_they_show(document):
    failures, _ = doctest.testfile(str(document), module_relative=False, encoding="utf-8")
    assert failures == 0
