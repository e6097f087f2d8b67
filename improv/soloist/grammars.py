"""From what a model folder says about its grammar to the grammar itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from improv.errors import ModelError
from improv.grammar.base import Grammar, fingerprint_of
from improv.grammar.line.grammar import LineGrammar


def _seed(vocabulary: Sequence[str]) -> Grammar:
    from improv.course.grammar import SeedGrammar

    return SeedGrammar(vocabulary)


_GRAMMARS: dict[str, Callable[[Sequence[str]], Grammar]] = {"line": LineGrammar, "seed": _seed}


def grammar_for(
    name: str, version: int, vocabulary: Sequence[str], fingerprint: str, where: str
) -> Grammar:
    """The grammar a cell was trained on; `where` names the model in messages.

    Raises ModelError where the name or version is unknown, the vocabulary is not the grammar's, or
    the fingerprint shows that the cell was trained on something else of that name.
    """
    if name not in _GRAMMARS:
        known = ", ".join(sorted(_GRAMMARS))
        raise ModelError(
            f"The model {where} speaks grammar {name!r}, which is unknown here: expected {known}."
        )
    try:
        grammar = _GRAMMARS[name](vocabulary)
    except (ValueError, ModelError) as error:
        raise ModelError(f"The model {where} has a damaged vocabulary: {error}") from error
    if grammar.version != version:
        raise ModelError(
            f"The model {where} speaks version {version} of grammar {name!r}, but version "
            f"{grammar.version} was expected: train it again or use the program it came with."
        )
    if fingerprint_of(grammar) != fingerprint:
        raise ModelError(
            f"The model {where} was trained on another form of grammar {name!r} version {version} "
            "than this program's (its fingerprint differs): train it again or use the program it "
            "came with."
        )
    return grammar
