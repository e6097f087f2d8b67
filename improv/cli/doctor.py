"""`jazz-improv doctor`: is this machine ready to play, and what to do if it is not."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from improv.cli.folding import columns, folded
from improv.cli.help import Command, option
from improv.cli.numbers import Number
from improv.cli.options import EndWithStatus, backend_option, json_option, print_json, say
from improv.config import DEFAULT_MODEL
from improv.errors import ImprovError
from improv.health import doctor as room
from improv.health.doctor import Finding, Loop, Measured
from improv.midi.ports import BACKENDS, can_make_virtual
from improv.printable import shown
from improv.version import __version__

_TIMER_S = 1.0
_INDENT = 8


@click.command(cls=Command)
@option(
    "--seconds N",
    "How long to measure, by sending messages to itself.",
    Number(0.1, 300, unit="s", such_as=10),
    default=10.0,
)
@option("--port NAME", "Try to open this MIDI output too.")
@backend_option(BACKENDS)
@json_option
def doctor(seconds: float, port: str | None, backend: str, as_json: bool) -> None:
    """Check that this machine is ready to play, and measure its timing.

    It says what to do about each problem. It sends nothing to your instruments. For a bug report, copy all
    that it prints.

    Exit status: 0 it can play, otherwise that of the first problem: 6 model, 7 no MIDI port can be opened, 9
    something is not installed, 10 one of its processes died.
    """
    versions = _versions()
    if not as_json:
        say("   ".join(f"{name} {version}" for name, version in versions.items()))
    findings, measured = _examine(seconds, port, backend, shown=not as_json)
    if as_json:
        print_json(
            {
                "versions": versions,
                "findings": [asdict(finding) for finding in findings],
                "loop": _numbers(measured) if measured is not None else None,
            }
        )
    status = next((f.status for f in findings if f.state == "problem"), 0)
    if not as_json:
        say("It can play." if not status else "It cannot play yet; see the problems above.")
    if status:
        raise EndWithStatus(status)


def _examine(
    seconds: float, port: str | None, backend: str, shown: bool
) -> tuple[list[Finding], Loop | None]:
    """All findings, each shown as soon as it is made."""
    findings: list[Finding] = []

    def take(new: list[Finding]) -> None:
        for finding in new:
            findings.append(replace(finding, text=_at_home(finding.text)))
            if shown:
                _show(findings[-1])

    def measure(look: Callable[[], tuple[list[Finding], Measured]]) -> Measured:
        new, measured = room.measured_twice(look)
        take(new)
        return measured

    def ports() -> tuple[list[Finding], str]:
        answers, why = room.ask("ports", backend)
        usable = [] if why else [a[1] for a in answers if a[0] == "system" and a[2] is not None]
        return room.of_ports(answers, why), usable[0] if usable else "none"

    def timer() -> tuple[list[Finding], None]:
        answers, why = room.ask("timer", str(min(_TIMER_S, seconds)))
        return room.of_timer(answers, why), None

    def loop() -> tuple[list[Finding], Loop | None]:
        try:
            measured = room.loop(seconds, system)
        except ImprovError as error:
            do = "Try `jazz-improv doctor --backend none` to measure the sender alone."
            return [Finding("round trip", "problem", str(error), do, error.status)], None
        return [*_virtual(measured, system), *room.of_loop(measured)], measured

    system = "none"
    if backend != "none":
        system = measure(ports)
        if port is not None:
            measure(lambda: ([_port(port, backend)], None))
    measure(timer)
    measured = measure(loop)
    if measured is not None and shown:
        _show_histograms(measured)
    take([_model(), _soundfont(), _synth(), _config_file(), *_namesake()])
    return findings, measured


def _port(name: str, backend: str) -> Finding:
    answers, why = room.ask("open", name, backend)
    if answers and answers[0][0] == "opened":
        info = answers[0][1]
        return Finding("port", "ok", f"{info['name']} ({info['backend']}) can be opened.")
    text = answers[0][1] if answers else f"The port {name!r} cannot be opened: {why}."
    do = "`jazz-improv ports` lists the ports."
    return Finding("port", "problem", text, do, 7)


def _virtual(measured: Loop, system: str) -> list[Finding]:
    if system == "none":
        return []
    if can_make_virtual(system):
        return [Finding("virtual port", "ok", f"{system}: one was made.")]
    return [
        Finding(
            "virtual port",
            "note",
            f"{system} does not let programs make ports.",
            "Install loopMIDI, make a port in it, and give its name with --port.",
        )
    ]


def _model() -> Finding:
    from improv.cell.load import find_model, load_model

    try:
        path = find_model(DEFAULT_MODEL)
        load_model(path)
    except ImprovError as error:
        do = "Install jazz-improv again; its cells come with it."
        return Finding("model", "problem", str(error), do, error.status)
    return Finding("model", "ok", f"{path.name} loads from {path}.")


def _soundfont() -> Finding:
    from improv import audio

    only = "Only audio (`--out tune.wav`) needs it; playing does not."
    try:
        path = audio.find_soundfont()
    except ImprovError as error:
        return Finding("soundfont", "note", str(error), only)
    if not audio.available():
        text = f"There is {path}, but the extra [audio] is not installed."
        return Finding("soundfont", "note", text, f"`pip install 'jazz-improv[audio]'`. {only}")
    return Finding("soundfont", "ok", f"{path}.")


def _synth() -> Finding:
    from improv.live import synth

    if why := synth.missing():
        return Finding(
            "synth", "note", why, "Only --synth needs it; `jazz-improv page` sounds without."
        )
    return Finding(
        "synth", "ok", f"FluidSynth is there; --synth plays to it ({synth.usual_backend()})."
    )


def _config_file() -> Finding:
    from improv import settings

    try:
        path = settings.find_file(None)
        if path is None or not path.exists():
            where = f" at {path}" if path is not None else ""
            text = f"There is none{where}; defaults, environment and flags apply."
            return Finding("config file", "ok", text)
        settings.read_file(None)
    except (ImprovError, OSError) as error:
        do = "Correct that line, or start with `--config none`."
        return Finding("config file", "note", str(error), do)
    return Finding("config file", "ok", f"{path}.")


def _namesake() -> list[Finding]:
    """Whether the other project with a package `improv` is installed here (`jazz_improv.py` says more)."""
    try:
        version = importlib.metadata.version("improv")
    except importlib.metadata.PackageNotFoundError:
        return []
    text = f"The project improv {version} is installed here too; its package has the same name as ours."
    do = "Give jazz-improv an environment of its own: installing or removing either breaks the other."
    return [Finding("package", "note", text, do)]


def _versions() -> dict[str, str]:
    versions = {"jazz-improv": __version__, "Python": platform.python_version()}
    for name in ("numpy", "python-rtmidi"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "absent"
    versions["OS"] = platform.platform()
    return versions


def _at_home(text: str) -> str:
    """The text without the name of the user's folder, because it goes into bug reports."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text


def _show(finding: Finding) -> None:
    colour = {"ok": "green", "note": "yellow", "problem": "red"}[finding.state]
    text = shown(f"{finding.state:8}{finding.topic}: {finding.text}")
    text = folded(text, columns(), _INDENT)
    click.echo(click.style(text[:_INDENT], fg=colour) + text[_INDENT:])
    if finding.do:
        say(folded(f"{'':8}-> {finding.do}", columns(), _INDENT + 3))


def _show_histograms(measured: Loop) -> None:
    late_us = [ns / 1000 for ns in measured.late]
    whole_ms = [ns / 1e6 for ns in measured.whole]
    for title, lines in (
        ("Sent too late by:", room.histogram(late_us, "µs")),
        ("From due until heard:", room.histogram(whole_ms, "ms")),
    ):
        if lines:
            say(f"\n{title}")
            say("\n".join(f"  {line}" for line in lines))
    say("")


def _numbers(measured: Loop) -> dict[str, Any]:
    def three(values: list[int]) -> dict[str, float] | None:
        if not values:
            return None
        us = [ns / 1000 for ns in values]
        named = {f"p{percent}_us": room.percentile(us, percent) for percent in (50, 99)}
        return {"count": len(us), **named, "max_us": max(us)}

    return {
        "backend": measured.backend,
        "late": three(measured.late),
        "travel": three(measured.travel),
        "whole": three(measured.whole),
        "lost": measured.lost,
        "why": measured.why,
        "realtime": asdict(measured.realtime),
        "latency_ms": room.latency_to_set_ms(measured),
    }
