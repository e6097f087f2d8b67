"""Who plays, as the cell is told: shares of players, styles and feels; all zeros: nobody in particular."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.errors import ModelError
from improv.music.feel import FEELS
from improv.music.transcription import Transcription


@dataclass(frozen=True)
class Labels:
    """The names a cell knows, in the order of its label vector."""

    players: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    feels: tuple[str, ...] = ()

    @classmethod
    def of(cls, solos: Sequence[Transcription]) -> Labels:
        """What a corpus names, in alphabetical order."""
        return cls(
            tuple(sorted({solo.performer for solo in solos} - {""})),
            tuple(sorted({solo.style for solo in solos} - {""})),
            tuple(sorted({solo.rhythmfeel for solo in solos} - {""})),
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Sequence[str]], where: str) -> Labels:
        """As a model card keeps them; raises ModelError where they are not lists of texts."""
        try:
            lists = [tuple(value[name]) for name in ("players", "styles", "feels")]
            if not all(isinstance(name, str) for names in lists for name in names):
                raise TypeError
        except (KeyError, TypeError):
            raise ModelError(
                f"The labels of {where} are wrong: expected lists of players, styles and feels."
            ) from None
        return cls(*lists)

    def as_json(self) -> dict[str, list[str]]:
        """For a model card."""
        return {
            "players": list(self.players),
            "styles": list(self.styles),
            "feels": list(self.feels),
        }

    @property
    def size(self) -> int:
        """Length of the vector."""
        return len(self.players) + len(self.styles) + len(self.feels)

    def vector(
        self,
        players: Mapping[str, float] | None = None,
        style: str = "",
        feel: str = "",
        listed_by: str = "jazz-improv models NAME",
    ) -> NDArray[np.float32]:
        """(size,): players by shares, which need not sum to 1; a feel of improv.music.feel, or of the corpus.

        `listed_by` is the command that lists the names. Raises ModelError for a player or style that the cell
        does not know, naming the nearest and that command. A feel that it does not know is left out: charts
        may have any.
        """
        vector = np.zeros(self.size, np.float32)
        shares = dict(players or {})
        total = sum(shares.values()) or 1.0
        for name, share in shares.items():
            known = _find(name, self.players, "player", listed_by)
            vector[self.players.index(known)] += share / total
        if style:
            known = _find(style, self.styles, "style", listed_by)
            vector[len(self.players) + self.styles.index(known)] = 1.0
        heard = FEELS[feel].rhythmfeel if feel in FEELS else feel
        if heard in self.feels:
            vector[len(self.players) + len(self.styles) + self.feels.index(heard)] = 1.0
        return vector

    def blocks(self, solo: Transcription) -> tuple[NDArray[np.float32], ...]:
        """What the corpus says of a solo: the vectors of its player, its style and its feel alone."""
        zeros = np.zeros(self.size, np.float32)
        player = {solo.performer: 1.0} if solo.performer in self.players else {}
        style = solo.style if solo.style in self.styles else ""
        return (
            self.vector(player) if player else zeros,
            self.vector(style=style),
            self.vector(feel=solo.rhythmfeel),
        )


def parse_players(text: str) -> dict[str, float]:
    """ "Charlie Parker:0.7,John Coltrane:0.3" as shares; raises ValueError, in one sentence."""
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, colon, number = part.rpartition(":")
        if not colon:
            name, number = part, "1"
        try:
            share = float(number)
        except ValueError:
            share = -1.0
        if not name.strip() or not 0.0 < share < float("inf"):
            raise ValueError(
                f"Cannot read the player {part.strip()!r}: expected a name, or a name and a share above 0, "
                "such as 'Charlie Parker:0.7,John Coltrane:0.3'"
            )
        shares[name.strip()] = shares.get(name.strip(), 0.0) + share
    return shares


_FEW = 8


def _plain(name: str) -> str:
    return "".join(name.casefold().replace("-", " ").split())


def _find(name: str, known: Sequence[str], kind: str, listed_by: str) -> str:
    """The known name that is meant, whatever its case and spaces; a part will do where it is only one's."""
    wanted = _plain(name)
    by_plain = {_plain(each): each for each in known}
    if wanted in by_plain:
        return by_plain[wanted]
    parts = [each for each in known if wanted in map(_plain, each.split())]
    if len(parts) == 1:
        return parts[0]
    if not known:
        raise ModelError(f"This cell knows no {kind}s, so {kind} {name!r} cannot be asked for.")
    near = difflib.get_close_matches(wanted, by_plain, n=1)
    hint = "."
    if parts:
        hint = f"; it may be {' or '.join(parts)}."
    elif near:
        hint = f"; did you mean {by_plain[near[0]]!r}?"
    some = f" It knows {', '.join(known)}." if len(known) <= _FEW else ""
    raise ModelError(
        f"This cell does not know the {kind} {name!r}{hint}{some} `{listed_by}` lists all {len(known)}."
    )
