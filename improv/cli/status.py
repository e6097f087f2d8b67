"""How the running sessions are doing."""

from __future__ import annotations

import click

from improv.cli.help import Command, option
from improv.cli.numbers import Whole
from improv.cli.options import (
    EndWithStatus,
    complain,
    json_option,
    json_text,
    print_json,
    say,
)
from improv.clock import MonotonicClock, sleep_until_ns
from improv.health.health import RunningSession, place_of, running

_EVERY_S = 1.0


@click.command(cls=Command)
@option("--pid N", "Show only this process.", Whole(1, such_as=4711))
@option("--follow", "Repeat every second, until no session runs or Ctrl-C.")
@option("--check", "Print only what is wrong, for a program that watches.")
@json_option
def status(pid: int | None, follow: bool, check: bool, as_json: bool) -> None:
    """Show how your running sessions are doing.

    For each: tune, bar, tempo, port, late and dropped notes, reconnects. The exit status is 0 if a session
    runs and 1 if none does; with --check it is also 1 if something is wrong with one (it is stuck, its port
    is gone, it has lost its clock). Only your own sessions are shown.
    """
    if check and follow:
        raise click.UsageError("--check and --follow contradict each other.")
    sessions = _chosen(running(), pid)
    if check:
        wrong = [session.problem for session in sessions if session.problem]
        for problem in wrong:
            complain(problem)
        if wrong:
            raise EndWithStatus(1)
    elif not follow and as_json:
        print_json([session.as_dict() for session in sessions])
    elif not follow:
        for session in sessions:
            say(describe(session))
    if not sessions:
        if not as_json:
            complain(
                "No session of yours is running."
                if pid is None
                else f"No session {pid} is running."
            )
        raise EndWithStatus(1)
    if follow:
        _follow(sessions, pid, as_json)


def _chosen(sessions: tuple[RunningSession, ...], pid: int | None) -> tuple[RunningSession, ...]:
    return tuple(session for session in sessions if pid in (None, session.pid))


def _follow(sessions: tuple[RunningSession, ...], pid: int | None, as_json: bool) -> None:
    next_ns = MonotonicClock().now_ns()
    while sessions:
        for session in sessions:
            if as_json:
                say(json_text(session.as_dict()), fold=False)
            else:
                say(describe(session))
        next_ns += int(_EVERY_S * 1e9)
        sleep_until_ns(next_ns)
        sessions = _chosen(running(), pid)


def describe(session: RunningSession) -> str:
    """One session in a line."""
    if not session.answers:
        return session.problem
    health = session.health
    many = f" ({health.tune_number} of {health.tunes})" if health.tunes > 1 else ""
    facts = [
        f"{health.tune or ('untitled' if health.bar else 'about to begin')}{many}",
        place_of(health),
        str(health),
        f"up {_duration(session.uptime_s)}",
    ]
    if health.port_there:  # else it is among what is wrong
        facts.insert(2, f"port {health.port!r}" if health.port else "no port")
    if session.age_ms > 1000 and session.problem:
        facts.append(session.problem.rstrip("."))
    return f"{session.pid:>7}  {', '.join(facts)}"


def _duration(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}"
