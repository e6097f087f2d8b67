"""Markov models of solos: single chains, and the mixture of many with a memory of the solo in progress.

    train ── learn(train, LONG_TERM, SHORT_TERM) ──> Markov ── costs_of(solos) ──> nats, all notes at once

The mixture learns its weights from train alone: counts from six sevenths of the tunes, weights from the
seventh they do not know, then counts again from all. Chains are mixed first; then what they expect together
is mixed with the memory's chains.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.errors import CorpusError
from improv.evaluation.baselines.chains import (
    KNESER_NEY,
    LONG_TERM,
    SHORT_TERM,
    SIZES,
    STREAMS,
    Chain,
    Rows,
    Stream,
)
from improv.evaluation.baselines.hearing import rows_of
from improv.evaluation.baselines.loglinear import LogLinear, Logs
from improv.evaluation.baselines.memory import Memory, sureness_kinds
from improv.grammar.line.ngrams import Contexts, Ngrams
from improv.music.transcription import Transcription

Chains = tuple[tuple[Chain, ...], tuple[Chain, ...]]
"""Of the rhythm, of the pitch."""

_FLOOR = 1e-9
_HELD_BACK = 7
_FIT_NOTES = 20_000
_BLOCK = 4096
_FEWEST_TUNES = 4


@dataclass(frozen=True)
class _Heard:
    """Rows of one stream, what came (0..size - 1), and where solos begin and end."""

    rows: Rows
    came: Rows
    spans: NDArray[np.int32]

    def of(self, chosen: NDArray[np.bool_]) -> _Heard:
        """The chosen solos."""
        spans = self.spans[chosen]
        index = np.concatenate([np.zeros(0, np.int64), *(np.arange(a, b) for a, b in spans)])
        ends = np.cumsum(spans[:, 1] - spans[:, 0])
        starts = ends - (spans[:, 1] - spans[:, 0])
        return _Heard(self.rows[index], self.came[index], np.stack([starts, ends], 1))


class LongTerm:
    """Chains of one stream with their counts, and how they are mixed."""

    def __init__(self, stream: Stream, chains: Sequence[Chain], heard: _Heard) -> None:
        """Count; the chains are mixed evenly until `mix` is set."""
        self.stream, self.chains = stream, tuple(chains)
        self._levels = [len(chain.levels) for chain in chains]
        self._contexts = Contexts(stream.columns(chains))
        symbols = [
            np.repeat(stream.symbols(chain.target, heard.rows, heard.came)[:, None], levels, axis=1)
            for chain, levels in zip(chains, self._levels, strict=True)
        ]
        self._ngrams = Ngrams.learned(
            self._contexts.keys(heard.rows), np.concatenate(symbols, axis=1), self._levels
        )
        self.mix = LogLinear.even(np.array([levels + 1 for levels in self._levels], np.intp))

    def experts(self, rows: Rows) -> tuple[Logs, NDArray[np.intp]]:
        """(chains, n, outcomes) log P of each chain, and (n, chains) how many of its contexts are known."""
        places = self._ngrams.find(self._contexts.keys(rows))
        logs = np.empty((len(self.chains), len(rows), self.stream.size), np.float32)
        sure = np.empty((len(rows), len(self.chains)), np.intp)
        first = 0
        for number, (chain, levels) in enumerate(zip(self.chains, self._levels, strict=True)):
            here = places[:, first : first + levels]
            for begin in range(0, len(rows), _BLOCK):
                part = slice(begin, begin + _BLOCK)
                likely = self._ngrams.distributions(here[part], SIZES[chain.target])
                likely = self.stream.outcomes(chain.target, likely, rows[part])
                logs[number, part] = np.log(likely + _FLOOR)
            sure[:, number] = (here >= 0).sum(axis=1)
            first += levels
        return logs, sure

    def expect(self, rows: Rows) -> Logs:
        """(n, outcomes) log P."""
        if len(rows) <= _BLOCK:
            return self.mix.mixed(*self.experts(rows))
        return np.concatenate(
            [self.expect(rows[at : at + _BLOCK]) for at in range(0, len(rows), _BLOCK)]
        )


class StreamModel:
    """One stream: the long-term part, and a memory if there is one."""

    def __init__(
        self, stream: Stream, long: LongTerm, short: Sequence[Chain], mix: LogLinear | None
    ) -> None:
        self.stream, self.long, self.short, self.mix = stream, long, tuple(short), mix

    @classmethod
    def learned(
        cls,
        stream: Stream,
        chains: Sequence[Chain],
        short: Sequence[Chain],
        heard: _Heard,
        held_back: NDArray[np.bool_],
    ) -> StreamModel:
        """Learn from `heard`, the weights from the solos that are `held_back` (solos,)."""
        if len(chains) == 1 and not short:
            long = LongTerm(stream, chains, heard)
            return cls(stream, long, short, None)
        part, rest = heard.of(held_back), heard.of(~held_back)
        known = LongTerm(stream, chains, rest)
        fit = slice(0, _FIT_NOTES)
        rows, came = part.rows[fit], part.came[fit]
        logs, sure = known.experts(rows)
        # What nobody plays, nor comes near to, takes time to fit and no part in it.
        low = max(0, int(came.min()) - 12)
        high = min(stream.size, int(came.max()) + 13)
        mix = known.mix.fitted(np.ascontiguousarray(logs[:, :, low:high]), sure, came - low)
        known.mix = mix
        short_mix = None
        if short:
            short_mix = LogLinear.even(np.array([1, *sureness_kinds(short)], np.intp))
            logs, sure = recalled(
                Memory(stream, short), mix.mixed(logs, sure), _Heard(rows, came, part.spans)
            )
            short_mix = short_mix.fitted(
                np.ascontiguousarray(logs[:, :, low:high]), sure, came - low
            )
        long = LongTerm(stream, chains, heard)
        long.mix = mix
        return cls(stream, long, short, short_mix)

    def costs(self, heard: _Heard) -> NDArray[np.float64]:
        """(n,) nats of each outcome."""
        likely = self.long.expect(heard.rows)
        if self.mix is not None:
            found = []
            for first, end in heard.spans:  # solo by solo: the memory's answers are many
                span = np.array([[0, end - first]], np.int32)
                solo = _Heard(heard.rows[first:end], heard.came[first:end], span)
                answers = recalled(Memory(self.stream, self.short), likely[first:end], solo)
                found.append(self.mix.mixed(*answers))
            likely = np.concatenate(found)
        return -likely[np.arange(len(heard.came)), heard.came].astype(np.float64)


def recalled(memory: Memory, likely: Logs, heard: _Heard) -> tuple[Logs, NDArray[np.intp]]:
    """(1 + chains, n, outcomes) what was expected and what the memory makes of it, and how sure each is."""
    logs = np.empty((len(sureness_kinds(memory.chains)) + 1, *likely.shape), np.float32)
    logs[0] = likely
    sure = np.zeros((len(likely), len(logs)), np.intp)
    for first, end in heard.spans:
        memory.begin()
        for at in range(int(first), min(int(end), len(likely))):
            row = heard.rows[at].tolist()
            logs[1:, at], sure[at, 1:] = memory.expect(row, np.exp(likely[at].astype(np.float64)))
            memory.learn(row, int(heard.came[at]))
    return logs, sure


@dataclass(frozen=True)
class Markov:
    """A model of both streams."""

    rhythm: StreamModel
    pitch: StreamModel

    def costs_of(self, solos: Sequence[Transcription]) -> NDArray[np.float64]:
        """(n,) nats of all notes but the first of each solo: what the protocol gives, all at once."""
        rhythm, pitch = _both(solos)
        return self.rhythm.costs(rhythm) + self.pitch.costs(pitch)


def _both(solos: Sequence[Transcription]) -> tuple[_Heard, _Heard]:
    rhythm, pitch, spans = rows_of(solos)
    return (
        _Heard(rhythm[:, :-1], rhythm[:, -1] - 1, spans),
        _Heard(pitch[:, :-1], pitch[:, -1], spans),
    )


def learn(solos: Sequence[Transcription], long: Chains, short: Chains = ((), ())) -> Markov:
    """Learn chains and, where there are several, how to mix them.

    Raises CorpusError where there is no note to learn from, or too few tunes to hold some back for the
    mixture.
    """
    solos = [solo for solo in solos if len(solo.notes) > 1]
    if not solos:
        raise CorpusError("There is nothing to learn from: expected solos of two notes or more.")
    heard = _both(solos)
    held_back = np.zeros(len(solos), bool)
    if any(len(chains) > 1 for chains in long) or any(short):
        held_back = _held_back(solos)
    models = [
        StreamModel.learned(stream, chains, memory, rows, held_back)
        for stream, chains, memory, rows in zip(STREAMS, long, short, heard, strict=True)
    ]
    return Markov(*models)


def _held_back(solos: Sequence[Transcription]) -> NDArray[np.bool_]:
    """(solos,) every seventh tune, in an order that has nothing to do with the music."""
    titles = sorted({solo.title for solo in solos}, key=lambda title: zlib.crc32(title.encode()))
    if len(titles) < _FEWEST_TUNES:
        raise CorpusError(
            f"There are {len(titles)} different tunes; at least {_FEWEST_TUNES} were expected, to mix"
            " chains by some that they do not know."
        )
    chosen = set(titles[:: min(_HELD_BACK, len(titles) // 2)])
    return np.array([solo.title in chosen for solo in solos])


def markov_line(train: Sequence[Transcription], valid: Sequence[Transcription]) -> float:
    """Nats per note on `valid` of the best Markov mixture that `train` gives: the line to beat.

    With too few tunes to fit a mixture, that of single Kneser-Ney chains. Raises CorpusError where either
    part has no note to count or to measure.
    """
    if not any(len(solo.notes) > 1 for solo in valid):
        raise CorpusError("There is nothing to measure on: expected solos of two notes or more.")
    try:
        model = learn(train, LONG_TERM, SHORT_TERM)
    except CorpusError:  # or nothing at all, which is said then
        model = learn(train, KNESER_NEY)
    return float(model.costs_of(valid).mean())
