"""Try the examples of a document, as doctest does.

    python try_examples.py FILE        exit status 1 where one fails, and how many were tried

In a folder of its own: examples write files. A line that says `# needs [audio]` is left out where that extra
is not installed. Needs nothing but Python.
"""

from __future__ import annotations

import doctest
import importlib.util
import re
import sys
from pathlib import Path

LIBRARIES = {
    "audio": ("symusic", "pretty_midi"),
    "plot": ("matplotlib",),
    "train": ("tensorflow", "music21"),
}


def is_lacking(source: str) -> bool:
    """Whether an extra that these lines need is not installed."""
    needed = re.findall(r"# needs \[(\w+)\]", source)
    return any(
        importlib.util.find_spec(library) is None for name in needed for library in LIBRARIES[name]
    )


def main(path: Path) -> int:
    """Try them all; the exit status."""
    test = doctest.DocTestParser().get_doctest(path.read_text("utf-8"), {}, path.name, str(path), 0)
    test.examples = [each for each in test.examples if not is_lacking(each.source)]
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    print(f"{result.attempted} tried")
    return int(result.failed > 0 or not result.attempted)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
