"""A model's words about its grammar give back that grammar, or one sentence that says why not."""

from __future__ import annotations

import pytest

from improv.course.grammar import SeedGrammar
from improv.errors import ModelError
from improv.grammar.base import fingerprint_of
from improv.grammar.line.grammar import PARTS, LineGrammar
from improv.soloist.grammars import grammar_for

GOOD = fingerprint_of(LineGrammar())
COURSE = ("C,0.500,<P1,d-5>", "S,0.333,<m2,P-4>")


def test_the_grammar_comes_back_as_it_was_saved():
    grammar = grammar_for("line", 1, PARTS, GOOD, "'models/x'")
    assert isinstance(grammar, LineGrammar)
    assert (grammar.name, grammar.version, grammar.vocabulary) == ("line", 1, PARTS)
    assert fingerprint_of(grammar) == GOOD


@pytest.mark.parametrize(
    ("name", "version", "vocabulary", "fingerprint", "said"),
    [
        ("swing", 1, PARTS, GOOD, "'swing', which is unknown here: expected line, seed"),
        ("changes", 1, ("1^:6",), GOOD, "'changes', which is unknown"),
        ("line", 2, PARTS, GOOD, "version 2 .* version 1 was expected"),
        ("line", 1, PARTS, "0" * 64, "fingerprint differs"),
        ("line", 1, PARTS[:-1], GOOD, "damaged vocabulary: expected the parts"),
        ("line", 1, PARTS[::-1], GOOD, "damaged vocabulary"),
        ("line", 1, (), GOOD, "damaged vocabulary"),
        ("seed", 1, ("hello",), GOOD, "damaged vocabulary: .*'hello'"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_model_named(
    name, version, vocabulary, fingerprint, said
):
    with pytest.raises(ModelError, match=said) as caught:
        grammar_for(name, version, vocabulary, fingerprint, "'models/x'")
    assert "'models/x'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_order_or_vocabulary_has_another_fingerprint():
    prints = {fingerprint_of(SeedGrammar(each)) for each in (COURSE, COURSE[::-1], COURSE[:1])}
    assert len(prints) == 3


def test_the_seeds_grammar_is_known_by_its_name():
    seed = SeedGrammar(COURSE)
    grammar = grammar_for("seed", 1, COURSE, fingerprint_of(seed), "'models/metheny'")
    assert (grammar.name, grammar.vocabulary) == ("seed", COURSE)
