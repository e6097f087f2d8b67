"""How the players are that run now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from improv.cli.options import EndWithStatus, complain, json_option, print_json

if TYPE_CHECKING:
    from improv.health.health import Player

_EVERY_S = 1.0


@click.command()
@click.option("--pid", type=click.IntRange(1), default=None, metavar="N", help="Of this one alone.")
@click.option("--follow", is_flag=True, help="Again each second, until none plays or Ctrl-C.")
@click.option("--check", is_flag=True, help="Say only what is wrong, for a program that watches.")
@json_option
def status(pid: int | None, follow: bool, check: bool, as_json: bool) -> None:
    """Print how your players are: tune, bar, tempo, port, late and dropped notes, reconnects.

    Status 0 where one plays, 1 where none does (with --check also where something is wrong with one: it is
    stuck, its port is gone, it has lost its clock). Only your own players are seen.
    """
    if check and follow:
        raise click.UsageError("--check and --follow contradict each other.")
    from improv.health.health import running

    players = _chosen(running(), pid)
    if check:
        wrong = [player.problem for player in players if player.problem]
        for problem in wrong:
            complain(problem)
        if wrong:
            raise EndWithStatus(1)
    elif not follow and as_json:
        print_json([player.as_dict() for player in players])
    elif not follow:
        for player in players:
            click.echo(describe(player))
    if not players:
        if not as_json:
            complain("No player of yours is running." if pid is None else f"No player {pid} runs.")
        raise EndWithStatus(1)
    if follow:
        _follow(players, pid, as_json)


def _chosen(players: tuple[Player, ...], pid: int | None) -> tuple[Player, ...]:
    return tuple(player for player in players if pid in (None, player.pid))


def _follow(players: tuple[Player, ...], pid: int | None, as_json: bool) -> None:
    from improv.clock import MonotonicClock, sleep_until_ns
    from improv.health.health import running

    next_ns = MonotonicClock().now_ns()
    while players:
        for player in players:
            click.echo(
                json.dumps(player.as_dict(), ensure_ascii=False) if as_json else describe(player)
            )
        next_ns += int(_EVERY_S * 1e9)
        sleep_until_ns(next_ns)
        players = _chosen(running(), pid)


def describe(player: Player) -> str:
    """A line about a player."""
    from improv.health.health import place_of

    if not player.answers:
        return f"{player.pid:>7}  does not answer"
    health = player.health
    many = f" ({health.tune_number} of {health.tunes})" if health.tunes > 1 else ""
    facts = [
        f"{health.tune or ('untitled' if health.bar else 'about to begin')}{many}",
        place_of(health),
        str(health),
        f"up {_duration(player.uptime_s)}",
    ]
    if health.port_there:  # else it is among what is wrong
        facts.insert(2, f"port {health.port!r}" if health.port else "no port")
    if player.age_ms > 1000 and player.problem:
        facts.append(player.problem.rstrip("."))
    return f"{player.pid:>7}  {', '.join(facts)}"


def _duration(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}"
