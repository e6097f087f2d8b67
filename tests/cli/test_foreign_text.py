"""What strangers wrote into models, corpora, charts, config files and logs never commands the terminal."""

from __future__ import annotations

import gzip
import json
import re
import socket
import urllib.parse
import xml.sax.saxutils
from pathlib import Path

import mido
import pytest
from solos import solo
from step_maker import write_course_model

from improv import resources
from improv.charts.setlist import parse_setlist
from improv.cli import main
from improv.cli.options import emphasise, harmless, json_text
from improv.corpus.events import event_line
from improv.health.health import Health, HealthServer
from improv.printable import printable, shown

TITLE, CLEAR, RED = "\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x9b31m"
EVIL = f"Be{TITLE}{CLEAR}bop{RED}\x08\x7f\u202e\x1bc\x90q\x9c\x1b]52;c;b3duZWQ="
"""Names the window, clears the screen, turns red, goes back, resets, asks a device, sets the clipboard."""
PLAY = "--backend none --no-band --choruses 1 --tempo 400".split()
OBEYED = re.compile(r"[^\n\t -~\xa0-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(autouse=True)
def _terminal(tmp_path, monkeypatch):
    """A folder of its own, and a terminal that is sent whatever is written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_, **__: False)
    monkeypatch.setenv("NO_COLOR", "1")


def run(capsys, *words: str, said: str = "bop", status: int | None = 0) -> str:
    """What a command wrote in all; it must have reached the foreign text."""
    found = main(list(words))
    out, err = capsys.readouterr()
    assert not OBEYED.search(out + err), repr(out + err)
    assert said in out + err, (found, out, err)
    assert status is None or found == status, (out, err)
    return out + err


def test_codes_are_taken_out_whole_and_pages_keep_their_lines():
    assert printable(EVIL) == "Bebop52;c;b3duZWQ="
    assert printable(" a\n\tb  c\u3000d ") == "a b c d"
    assert printable("caf\udce9") == "caf?"
    assert shown("a  b\n\tc\n") == "a  b\n\tc\n"
    assert shown(f"| Dm7  {CLEAR}| G7 |\n{TITLE}C") == "| Dm7  | G7 |\nC"
    assert shown("\x1b]0;never ends\nthe next line") == "0;never ends\nthe next line"
    assert shown("Señor Blues ♭ №2 – 酒とバラの日々") == "Señor Blues ♭ №2 – 酒とバラの日々"


@pytest.mark.parametrize("code", ["\x1b]", "\x1b[", "\x90", "\x9d", "\x1b ", "\x9b"])
def test_text_of_nothing_but_codes_is_read_at_once(code):
    assert not OBEYED.search(shown(code * 200_000))


def test_only_what_is_emphasised_here_is_bold(monkeypatch):
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    assert harmless(f"1.1 {emphasise('C7')} {EVIL}\n").startswith("1.1 \x1b[1mC7\x1b[0m Bebop")


def test_json_says_the_same_in_escapes_of_its_own():
    assert json.loads(json_text({EVIL: [EVIL, "ü\n"]}, indent=1)) == {EVIL: [EVIL, "ü\n"]}
    assert not OBEYED.search(json_text([EVIL]))


# -- models


@pytest.fixture
def model(tmp_path) -> Path:
    folder = write_course_model(tmp_path / "cell")
    card = json.loads((folder / "model.json").read_text())
    card |= {"name": EVIL, "licence": EVIL, "attribution": EVIL, "scores": {EVIL: 1.0}}
    card["extra"] = {"labels": {"players": [EVIL], "styles": [EVIL], "feels": [EVIL]}}
    (folder / "model.json").write_text(json.dumps(card))
    return folder


def test_a_card(model, capsys, monkeypatch):
    run(capsys, "models", str(model))
    run(capsys, "models", str(model), "--json")
    monkeypatch.setattr(resources, "models_dir", lambda: model.parent)
    run(capsys, "models")
    run(capsys, "models", "--json")


@pytest.mark.parametrize(
    "field", ["name", "grammar_name", "grammar_fingerprint", "vocabulary", "units", "format"]
)
def test_a_card_that_is_refused(model, capsys, field):
    card = json.loads((model / "model.json").read_text())
    card[field] = [EVIL] if field in ("vocabulary", "units") else EVIL
    (model / "model.json").write_text(json.dumps(card))
    for words in (
        ["generate", "--model", str(model), "--out", "a.mid"],
        [*PLAY, "--chart", "| C7 |", "--model", str(model)],
    ):
        main(words)
        out, err = capsys.readouterr()
        assert not OBEYED.search(out + err), repr(out + err)


def test_names_that_are_not_there(model, capsys):
    run(capsys, "--backend", "none", "--player", EVIL, "--chart", "| C7 |", status=None)
    run(capsys, "--backend", "none", "--model", f"./{EVIL}", status=6)
    words = ["generate", "--model", str(model), "--style", EVIL, "--out", "a.mid"]
    run(capsys, *words, said="", status=6)
    run(capsys, EVIL, status=2)
    run(capsys, "--port", "x", "--density", EVIL, status=2)


# -- corpora


def test_a_corpus(capsys):
    good = solo([(12 * n, 6, 60 + n) for n in range(9)])
    record = json.loads(event_line(good))
    for name in ("id", "title", "performer", "instrument", "style", "rhythmfeel"):
        record[name] = EVIL
    bad = record | {"chords": [[0, EVIL], [48, EVIL], [96, EVIL]], "title": "bad", "id": EVIL + "2"}
    worse = record | {"notes": [[0, EVIL, 60]]}
    lines = "".join(f"{json.dumps(each)}\n" for each in (record, bad, worse))
    folder = Path(f"in{EVIL}")
    folder.mkdir()
    (folder / f"s{EVIL}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / f"x{EVIL}.mid").write_bytes(b"MThd")
    (folder / "LICENSE").write_text(f"Free {EVIL}.\n")
    run(capsys, "corpus", "build", str(folder), "--out", "made")
    run(capsys, "corpus", "show", "made")
    run(capsys, "corpus", "show", "made", "--json")
    run(capsys, "corpus", "build", str(folder), "--out", f"made{EVIL}", "--json")
    run(capsys, "corpus", "show", f"gone{EVIL}", status=4)
    run(capsys, "evaluate", "--events", str(folder), "--model", "etudes", said="", status=None)


def test_what_is_left_out_of_training(capsys):
    pytest.importorskip("tensorflow")
    Path(f"x{EVIL}.mid").write_bytes(b"MThd")
    run(capsys, "train", f"x{EVIL}.mid", status=5)
    run(capsys, "train", f"gone{EVIL}.mid", status=4)


# -- charts


def ireal() -> str:
    fields = f"{EVIL}=Composer {EVIL}={EVIL}=C=n=T44*A{EVIL}C7 |F7 |G7 |C7 Z"
    return "irealbook://" + urllib.parse.quote(fields)


def musicxml() -> str:
    evil = xml.sax.saxutils.escape(EVIL)
    measure = (
        "<measure number='1'><attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4"
        f"</beat-type></time></attributes><direction><direction-type><rehearsal>{evil}</rehearsal>"
        f"</direction-type></direction><direction><direction-type><words>D.S. al {evil}</words>"
        "</direction-type></direction><harmony><root><root-step>C</root-step></root>"
        f"<kind text='{evil}'>{evil}</kind></harmony>"
        "<note><rest/><duration>4</duration></note></measure>"
    )
    return (
        f"<score-partwise><work><work-title>{evil}</work-title></work><identification><creator type="
        f"'composer'>{evil}</creator></identification><part-list><score-part id='P1'><part-name>{evil}"
        f"</part-name></score-part></part-list><part id='P1'>{measure}</part></score-partwise>"
    )


def midi(path: Path) -> None:
    file = mido.MidiFile(type=1, charset="utf-8")
    track = mido.MidiTrack(
        [mido.MetaMessage("track_name", name=EVIL), mido.MetaMessage("copyright", text=EVIL)]
    )
    for text in ("C7", EVIL, "F7", "Chorus 1", f"Chorus {EVIL}"):
        track += [mido.MetaMessage("marker", text=text), mido.MetaMessage("lyrics", text=EVIL)]
        for pitch in range(60, 68):
            track += [
                mido.Message("note_on", note=pitch),
                mido.Message("note_off", note=pitch, time=240),
            ]
    file.tracks.append(track)
    file.save(path)


@pytest.fixture
def charts() -> list[str]:
    text = f"Title: {EVIL}\nComposer: {EVIL}\nStyle: {EVIL}\nKey: C\n[{EVIL}] | C7 | F7 {EVIL} | G7 | C7 |\n"
    names = [f"{kind}{EVIL}" for kind in ("a.txt", "b.html", "c.musicxml", "d.mid")]
    names = [f"{name.replace('.', EVIL + '.', 1).removesuffix(EVIL)}" for name in names]
    Path(names[0]).write_text(text, encoding="utf-8")
    Path(names[1]).write_text(f"<a href='{ireal()}'>{EVIL}</a>")
    Path(names[2]).write_text(musicxml(), encoding="utf-8")
    midi(Path(names[3]))
    return names


def test_charts(charts, capsys):
    for spec in [*charts, ireal(), f"| C7 {EVIL} | F7 |", f"[{EVIL}] | C7 |", EVIL]:
        for words in (
            ["chart", "show", spec],
            ["chart", "show", spec, "--json"],
            ["chart", "list", spec, "--check"],
            ["chart", "convert", spec, "--to", "text"],
            ["chart", "convert", spec, "--to", "musicxml"],
            ["chart", "convert", spec, "--to", "ireal"],
            ["trace", spec],
        ):
            run(capsys, *words, said="", status=None)
        run(capsys, *PLAY, "--chart", spec, "--log", "log.jsonl", said="", status=None)
        if Path("log.jsonl").exists():
            run(capsys, "replay", "log.jsonl", "--check", said="", status=None)
            Path("log.jsonl").unlink()
    assert "Bebop" in run(capsys, "chart", "show", charts[2])


def test_a_set_list(charts, capsys):
    lines = f"{charts[0]} x1\n{charts[2]} x1\nblues x1 {EVIL}=3\n{EVIL}\n"
    Path("set.txt").write_text(lines, encoding="utf-8")
    assert parse_setlist(lines, "set.txt")
    words = ["--backend", "none", "--no-band", "--tempo", "400", "--setlist", "set.txt"]
    run(capsys, *words, said="Be", status=None)


# -- logs


@pytest.mark.parametrize("part", ["header", "kind", "text", "everything"])
def test_a_log(capsys, part):
    assert main([*PLAY, "--chart", "| C7 |", "--quiet", "--log", "log.jsonl"]) == 0
    lines = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines()]

    def spoilt(value, at):
        if isinstance(value, dict):
            return {key: spoilt(each, at) for key, each in value.items()}
        if isinstance(value, list):
            return [spoilt(each, at) for each in value]
        return f"{value}{EVIL}" if isinstance(value, str) else value

    if part == "header":
        lines[0] = spoilt(lines[0], 0)
    elif part == "kind":
        lines[2] = {**lines[2], next(iter(lines[2])): EVIL}
    elif part == "text":
        lines[0] = {
            key: spoilt(v, 0) if isinstance(v, dict | list) else v for key, v in lines[0].items()
        }
    else:
        lines = [spoilt(line, 0) for line in lines]
    name = f"log{EVIL}.jsonl"
    Path(name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    run(capsys, "replay", name, "--check", said="", status=None)
    if part == "header":
        run(capsys, "replay", name, "--backend", "none", said="", status=None)
    run(capsys, "replay", name, "--bars", "1-1", "--out", "a.mid", said="", status=None)


# -- config files, the environment, and sessions of other programs


def test_a_config_file(capsys, monkeypatch):
    for text in (
        f'chart = "{escaped(EVIL)}"\n',
        f'port = "{escaped(EVIL)}"\nmodel = "{escaped(EVIL)}"\n',
        f'"{escaped(EVIL)}" = 3\n',
        f'["{escaped(EVIL)}"]\na = 1\n',
        f'tempo = "{escaped(EVIL)}"\n',
        f"tempo = {EVIL}\n",
    ):
        Path("c.toml").write_text(text, encoding="utf-8")
        run(capsys, "--config", "c.toml", "config", said="", status=None)
        run(capsys, "--config", "c.toml", "config", "--json", said="", status=None)
        play = ["--config", "c.toml", "--backend", "none", "--choruses", "1"]
        run(capsys, *play, said="", status=None)
    monkeypatch.setenv("JAZZ_IMPROV_TEMPO", EVIL)
    run(capsys, "config", said="TEMPO", status=2)
    run(capsys, "--config", f"{EVIL}.toml", "config", status=None)


def escaped(text: str) -> str:
    return "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs local sockets")
def test_sessions(capsys, monkeypatch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("r")
    monkeypatch.setenv("JAZZ_IMPROV_RUNTIME", str(folder))
    server = HealthServer()
    assert server.start() == ""
    try:
        server.publish(Health(EVIL, bar=3, part=EVIL, port=EVIL, port_there=False, clock=EVIL))
        run(capsys, "status")
        run(capsys, "status", "--json")
        run(capsys, "status", "--check", status=1)
    finally:
        server.close()
