"""A *book*: the tunes of any source of charts, by title; a chart is read only when it is asked for."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from improv.errors import ChartError
from improv.music.chart import Chart, one_line

_MOST_NAMED = 5  # titles that a message lists
_NEAR = 0.75  # similarity (difflib's ratio) from which a title may be meant
_CLEAR = 0.08  # how much more similar the best title must be than the next
_ARTICLES = ("the", "a", "an")


@dataclass(frozen=True)
class Entry:
    """One tune of a book, with composer, style and key if they are known without reading its bars."""

    title: str
    load: Callable[[], Chart] = field(repr=False)
    composer: str = ""
    style: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "composer", "style", "key"):
            object.__setattr__(self, name, one_line(getattr(self, name)))

    def chart(self) -> Chart:
        """The chart. Raises ChartError (InputFileError for a file) if it cannot be read."""
        return self.load()


@dataclass(frozen=True)
class Book:
    """Tunes in the order of their source. `name` is for messages and lists."""

    name: str
    entries: tuple[Entry, ...]

    def find(self, wanted: str) -> Entry:
        """The tune with this title, as a musician would type it.

        Case, accents, punctuation, articles and text in brackets are ignored. An
        equal title is preferred, then one that begins like this, then one with all these words, then the most
        similar one; of equal titles the first. ChartError names the near ones if none or several could be
        meant.
        """
        name = plain_title(wanted)
        if not name:
            raise ChartError(
                f"No tune of {self.name!r} is named: expected {self._some(self.entries)}."
            )
        titles = [plain_title(entry.title) for entry in self.entries]
        bare = [plain_title(re.sub(r"\([^()]*\)", " ", entry.title)) for entry in self.entries]
        for rule in (
            lambda full, short: full == name,
            lambda full, short: short == name,
            lambda full, short: full.startswith(name),
            lambda full, short: set(name.split()) <= set(full.split()),
        ):
            found = [
                entry
                for entry, full, short in zip(self.entries, titles, bare, strict=True)
                if rule(full, short)
            ]
            if len({plain_title(entry.title) for entry in found}) == 1:
                return found[0]
            if found:
                raise ChartError(
                    f"{wanted.strip()!r} could be several tunes of {self.name!r}: expected one of "
                    f"{self._some(found)}."
                )
        return self._most_like(wanted, name, bare)

    def _most_like(self, wanted: str, name: str, titles: Sequence[str]) -> Entry:
        matcher = difflib.SequenceMatcher(b=name)
        likeness = []
        for entry, title in zip(self.entries, titles, strict=True):
            matcher.set_seq1(title)
            near = matcher.real_quick_ratio() >= 0.5 and matcher.quick_ratio() >= 0.5
            likeness.append((matcher.ratio() if near else 0.0, entry))
        likeness.sort(key=lambda pair: -pair[0])
        (best, entry), *others = likeness
        others = [pair for pair in others if plain_title(pair[1].title) != plain_title(entry.title)]
        if best >= _NEAR and not any(best - ratio < _CLEAR for ratio, _ in others):
            return entry
        near_ones = [near for ratio, near in likeness if ratio >= 0.5]
        meant = f"perhaps {self._some(near_ones, ' or ')} was meant; " if near_ones else ""
        raise ChartError(
            f"No tune {wanted.strip()!r} in {self.name!r}: {meant}expected one of its "
            f"{len(self.entries)} tunes{'' if near_ones else f', as {self._some(self.entries)}'}."
        )

    def only(self) -> Entry:
        """The only tune. If there are several, ChartError says how to name one."""
        if len(self.entries) == 1:
            return self.entries[0]
        raise ChartError(
            f"{self.name!r} holds {len(self.entries)} tunes: expected one, as in "
            f"'{self.name}#{self.entries[0].title}'; there are {self._some(self.entries)}."
        )

    @staticmethod
    def _some(entries: Sequence[Entry], between: str = ", ") -> str:
        titles = list(dict.fromkeys(repr(entry.title) for entry in entries))
        rest = len(titles) - _MOST_NAMED
        return between.join(titles[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


@lru_cache(maxsize=4096)
def plain_title(title: str) -> str:
    """A title without what people may type differently: case, accents, punctuation, articles."""
    bare = unicodedata.normalize("NFKD", title.casefold().replace("&", " and "))
    bare = "".join(char for char in bare if not unicodedata.combining(char))
    words = re.findall(r"\w+", re.sub(r"['’`]", "", bare))
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    if len(words) > 1 and words[-1] in _ARTICLES:
        words = words[:-1]
    return " ".join(words)
