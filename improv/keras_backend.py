"""Import TensorFlow and Keras late, quietly and repeatably; this is the only place that does.

TensorFlow prints from C before Python can stop it, so stderr is held back while it is imported, and shown
only if the import fails.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from improv.errors import MissingError

CORES = 2
"""Threads of one operation. The number is fixed, because sums split over more threads round differently."""

_ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # its fused kernels round differently from machine to machine
    "CUDA_VISIBLE_DEVICES": "-1",  # small cells train faster on the CPU, and repeatably
}


def require_tensorflow(what: str) -> None:
    """Raise MissingError, in a sentence about `what`, where TensorFlow is not installed; imports nothing."""
    if importlib.util.find_spec("tensorflow") is None:
        raise MissingError(f"{what} needs TensorFlow: `pip install 'jazz-improv[train]'`.")


def tensorflow_and_keras() -> tuple[Any, Any]:
    """Import (tensorflow, keras), set up for repeatable work on the CPU.

    Raises MissingError if they are not installed.
    """
    first = "tensorflow" not in sys.modules
    if first:
        os.environ.update(_ENVIRONMENT)
    try:
        with _stderr_held():
            import keras
            import tensorflow as tf

            if first:
                tf.config.threading.set_intra_op_parallelism_threads(CORES)
                tf.config.threading.set_inter_op_parallelism_threads(1)
                tf.config.experimental.enable_op_determinism()
                tf.constant(0)  # starts the runtime, which prints its last messages
    except ImportError as error:
        raise MissingError(
            "Training needs TensorFlow, which is not installed; install it with"
            " `pip install 'jazz-improv[train]'`."
        ) from error
    return tf, keras


@contextmanager
def _stderr_held() -> Iterator[None]:
    """Hold back what anything, including C libraries, writes to stderr; show it only on failure."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, ValueError, AttributeError):  # no stderr: nothing to hold back
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except ImportError:
            raise
        except BaseException:
            held.seek(0)
            os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
