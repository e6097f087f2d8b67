"""`jazz-improv evaluate --blind`: play or write excerpts, ask whose they are, and say how many were right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from improv.cli.options import print_json, progress_bar, say
from improv.cli.outputs import named, numbered, write_outs
from improv.cli.play import signals_to

if TYPE_CHECKING:
    from improv.evaluation.blind import Excerpt
    from improv.music.transcription import Transcription

_WORDS = {
    "p": True,
    "people": True,
    "person": True,
    "m": False,
    "machine": False,
    "?": None,
    "skip": None,
}
_AGAIN, _ENOUGH = ("a", "again"), ("q", "quit", "enough")
_ASKED = "People or machine? (p, m; ? skip, a again, q enough)"
_INTRODUCTION = """\
{count} excerpts of eight bars, one after another. In half of them a person's line is played, in half the \
machine's, over charts that both played on; instruments, band, feel and loudness are the same for all, so \
that nothing but the line tells. Say of each whose it is: p (people) or m (machine). What they were is told \
at the end; `--seed {seed}` gives the same again."""

Player = Callable[["Excerpt"], str]
"""Plays an excerpt to its end; the reason why it ended."""


def blind_test(
    model: Path,
    solos: Sequence[Transcription],
    count: int,
    seed: int,
    *,
    outs: Sequence[Path],
    soundfont: Path | None,
    port: str | None,
    backend: str,
    as_json: bool,
) -> None:
    """Hold the test; `outs` are where the excerpts are written, none: they are played to `port`."""
    from improv.evaluation.blind import Score, excerpts
    from improv.evaluation.choruses import playing

    with progress_bar(count - count // 2, "charts played over") as reach:
        found = excerpts(playing(model), solos, count, seed=seed, progress=reach)
    say(_INTRODUCTION.format(count=count, seed=seed) + "\n", err=as_json)
    if outs:
        files = numbered(outs, count)
        for excerpt, paths in zip(found, files, strict=True):
            write_outs(excerpt.take, paths, soundfont)
        say(
            f"Wrote {named([files[0][0], files[-1][-1]])} and those between. Listen, then answer.\n",
            err=as_json,
        )
        answers = _ask(found, None, as_json)
    else:
        with _player(port, backend) as player:
            answers = _ask(found, player, as_json)
    score = Score(tuple(each.is_person for each in found), tuple(answers))
    if as_json:
        rows = [
            {"people": each.is_person, "who": each.who, "tune": each.title, "answer": answer}
            for each, answer in zip(found, answers, strict=True)
        ]
        print_json({"seed": seed, **score.as_json(), "excerpts": rows})
        return
    for number, (each, answer) in enumerate(zip(found, answers, strict=True), 1):
        taken = {True: "people", False: "machine", None: "-"}[answer]
        mark = "" if answer is None else "right" if answer == each.is_person else "wrong"
        say(f"{number:3}  {each.who} over {each.title!r}; you: {taken} {mark}".rstrip())
    say(f"\n{score.text()}")


def _ask(found: Sequence[Excerpt], player: Player | None, as_json: bool) -> list[bool | None]:
    """What each was taken for, up to where enough was said; None for the others."""
    answers: list[bool | None] = [None] * len(found)
    for number, excerpt in enumerate(found):
        playing = player
        while True:
            if playing is not None and playing(excerpt) != "finished":
                return answers
            playing = None
            try:
                text = click.prompt(f"{number + 1}/{len(found)}  {_ASKED}", err=True)
            except click.Abort:  # nobody is there to answer
                say("", err=True)
                return answers
            word = text.strip().lower()
            if word in _AGAIN:
                playing = player
            elif word in _ENOUGH:
                return answers
            elif word in _WORDS:
                answers[number] = _WORDS[word]
                break
            else:
                say(f"Expected p, m, ?, a or q, not {word!r}.", err=True)
    return answers


@contextmanager
def _player(port: str | None, backend: str) -> Iterator[Player]:
    """Plays excerpts to a port, which is open meanwhile."""
    from improv.clock import MonotonicClock
    from improv.live.inbox import Inbox
    from improv.live.playback import play_notes
    from improv.midi.outputs import Outputs
    from improv.midi.ports import PortRequest

    clock, inbox = MonotonicClock(), Inbox()
    out = Outputs(PortRequest(port, backend), None, inbox, clock)

    def play(excerpt: Excerpt) -> str:
        def answer(given: Any) -> None:
            say(given.text, err=True)

        with signals_to(inbox.put):
            return play_notes(
                excerpt.notes, excerpt.performance, excerpt.lineup, out, clock, inbox, answer=answer
            )

    try:
        info, _ = out.opened(clock)
        say(f"Playing to {info.name!r} ({info.backend}).", err=True)
        yield play
    finally:
        out.quit()


def check(count: int, outs: Sequence[Path], port: str | None) -> None:
    """Raises click.UsageError for what cannot be asked together."""
    if outs and port is not None:
        raise click.UsageError("Excerpts are either played or written: --out excludes --port.")
    numbered(outs, count)
