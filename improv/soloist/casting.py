"""Who the soloist plays as: the label that the cell is told, and the player whose feel is played.

Input -> output:  players by shares, a style  ->  the voice and the feel play as these from the next note on
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.cell.load import Model, name_of
from improv.errors import ModelError
from improv.feel.play import Feeling
from improv.grammar.line.labels import Labels, parse_players
from improv.music.chart import Chart
from improv.soloist.voice import Labelled, Voice


@dataclass(frozen=True)
class Role:
    """Players and style as the cell spells them, and the label (labels.size,) that stands for them."""

    players: dict[str, float]
    style: str
    label: NDArray[np.float32]


def role_of(
    model: Model, chart: Chart, player: str | Mapping[str, float] = "", style: str = ""
) -> Role:
    """What a cell of grammar "line" is told about who plays over `chart`. Raises ModelError."""
    labels = Labels.from_json(model.card.extra.get("labels", {}), repr(str(model.path)))
    if isinstance(player, str):
        try:
            player = parse_players(player) if player else {}
        except ValueError as error:
            raise ModelError(f"{error}.") from None
    listed_by = f"jazz-improv models {name_of(model.path)}"
    label = labels.vector(player, style, chart.feel, listed_by)
    players: dict[str, float] = {}
    for asked, share in player.items():
        name = labels.players[int(labels.vector({asked: 1.0}).argmax())]
        players[name] = players.get(name, 0.0) + share
    if style:
        style = labels.styles[int(labels.vector(style=style).argmax()) - len(labels.players)]
    return Role(players, style, label)


def no_players(model: Model) -> ModelError:
    """The error for a player asked of a cell whose grammar knows none."""
    return ModelError(
        f"The model {str(model.path)!r} did not learn who plays what, so it cannot play as "
        "anybody in particular; expected a model with players, such as the default one."
    )


class Casting:
    """Changes who a soloist plays as, while it plays."""

    def __init__(
        self,
        model: Model,
        chart: Chart,
        voice: Voice,
        feeling: Feeling | None,
        player: str | Mapping[str, float] = "",
        style: str = "",
    ) -> None:
        """`player` and `style` are those that the voice was made with; the feel gets its player here.

        Raises ModelError as the voice would.
        """
        self._model, self._chart, self._voice, self._feeling = model, chart, voice, feeling
        self._role = Role({}, "", np.zeros(0, np.float32))
        if isinstance(voice, Labelled):
            self._role = role_of(model, chart, player, style)
            if feeling is not None:
                feeling.play_as(self._role.players)

    def role(self, player: Mapping[str, float] | None, style: str | None) -> Role:
        """The role with these, spelled as the cell spells them (None: as now); changes nothing.

        Raises ModelError for a player or a style that it does not know.
        """
        if not isinstance(self._voice, Labelled):
            raise no_players(self._model)
        return role_of(
            self._model,
            self._chart,
            self._role.players if player is None else player,
            self._role.style if style is None else style,
        )

    def play_as(self, role: Role) -> None:
        """Play this role from the next note on."""
        if isinstance(self._voice, Labelled):
            self._voice.set_label(role.label)
        if self._feeling is not None:
            self._feeling.play_as(role.players)
        self._role = role
