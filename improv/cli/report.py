"""`jazz-improv report LOG`: what you played in a session, beside people's figures."""

from __future__ import annotations

from pathlib import Path

import click

from improv.cli.options import PATH, json_option, print_json, say, use_one_thread


@click.command()
@click.argument("log", type=PATH, metavar="LOG.jsonl")
@json_option
def report(log: Path, as_json: bool) -> None:
    """Say how you played in a session, beside people's figures.

    From a log (--log) of a session with --input: the bars in which you hesitated, chord tones on strong
    beats, and how far you were from the beat.
    """
    use_one_thread()
    from improv.partner import report as reports
    from improv.session.practice import played_in
    from improv.session.reader import read_file

    found = reports.report(played_in(read_file(log)))
    if as_json:
        print_json({"log": str(log), **found.as_json()})
        return
    for line in found.lines():
        say(line)
