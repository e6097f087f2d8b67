"""The seed's training arrays: random snippets of the corpus, one-hot.

corpus tokens --snippet_starts--> starts --build_arrays--> X (m, tx, n), Y (tx, m, n)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from improv.errors import CorpusError


def snippet_starts(length: int, *, m: int = 60, tx: int = 30) -> list[int]:
    """Where the `m` snippets of `tx` tokens begin: each below `length - tx`, repeats allowed.

    The course seeds NumPy's global legacy generator; this is the same generator, kept local.
    """
    if length <= tx:
        raise CorpusError(
            f"Cannot cut snippets of {tx} tokens from {length}: expected at least {tx + 1} tokens."
        )
    generator = np.random.RandomState(0)
    return [int(generator.choice(length - tx)) for _ in range(m)]


def build_arrays(
    corpus: Sequence[str],
    values: Sequence[str],
    m: int = 60,
    tx: int = 30,
    *,
    real_last_target: bool = False,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """X (m, tx, n) and Y (tx, m, n), bool, n = len(values), indices in the order of `values`.

    X[i, j] is the j-th token of snippet i, but X[i, 0] is all False; Y[j, i] is the token after
    X[i, j]. The reference leaves the last target Y[tx - 1] all False; `real_last_target` fills it.
    """
    index_of = {value: index for index, value in enumerate(values)}
    unknown = [token for token in corpus if token not in index_of]
    if unknown:
        raise CorpusError(
            f"Cannot encode the token {unknown[0]!r}: expected one of the {len(values)} values."
        )
    ids = np.array([index_of[token] for token in corpus], dtype=np.intp)
    inputs = np.zeros((m, tx, len(values)), dtype=np.bool_)
    targets = np.zeros((tx, m, len(values)), dtype=np.bool_)
    for i, start in enumerate(snippet_starts(len(corpus), m=m, tx=tx)):
        for j in range(1, tx):
            inputs[i, j, ids[start + j]] = True
        for j in range(tx if real_last_target else tx - 1):
            targets[j, i, ids[start + j + 1]] = True
    return inputs, targets
