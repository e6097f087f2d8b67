"""A model's words about its grammar give back that grammar, or one sentence that says why not."""

from __future__ import annotations

import pytest

from improv.course.grammar import SeedGrammar
from improv.errors import ModelError
from improv.grammar.base import fingerprint_of
from improv.grammar.changes import ChangesGrammar
from improv.grammar.tokens import FLOOR, learned_vocabulary
from improv.soloist.grammars import grammar_for

VOCABULARY = learned_vocabulary(["b7^:4"])
GOOD = fingerprint_of(ChangesGrammar(VOCABULARY))


def test_the_grammar_comes_back_as_it_was_saved():
    grammar = grammar_for("changes", 1, VOCABULARY, GOOD, "'models/x'")
    assert isinstance(grammar, ChangesGrammar)
    assert (grammar.name, grammar.version, grammar.vocabulary) == ("changes", 1, VOCABULARY)
    assert fingerprint_of(grammar) == GOOD


@pytest.mark.parametrize(
    ("name", "version", "vocabulary", "fingerprint", "said"),
    [
        ("swing", 1, VOCABULARY, GOOD, "'swing', which is unknown"),
        ("changes", 2, VOCABULARY, GOOD, "version 2 .* version 1 was expected"),
        ("changes", 1, VOCABULARY, "0" * 64, "fingerprint differs"),
        ("changes", 1, VOCABULARY[:-1], GOOD, "damaged vocabulary|fingerprint"),
        ("changes", 1, VOCABULARY[::-1], GOOD, "damaged vocabulary"),
        ("changes", 1, (*FLOOR, *FLOOR), GOOD, "damaged vocabulary"),
        ("changes", 1, (), GOOD, "damaged vocabulary"),
        ("changes", 1, ("hello",), GOOD, "damaged vocabulary: 'hello' is no token"),
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
    other = ChangesGrammar(learned_vocabulary(["b7^:5"]))
    assert fingerprint_of(other) != GOOD


def test_the_seeds_grammar_is_known_by_its_name():
    vocabulary = ("C,0.500,<P1,d-5>", "S,0.333,<m2,P-4>")
    seed = SeedGrammar(vocabulary)
    grammar = grammar_for("seed", 1, vocabulary, fingerprint_of(seed), "'models/metheny'")
    assert (grammar.name, grammar.vocabulary) == ("seed", vocabulary)
