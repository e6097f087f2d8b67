"""How a reader of charts treats what it cannot read: it goes on, and says so.

    "C7q" -> C7, remark "? C7q" over its bar, and a sentence in `Chart.warnings`
    "Hm7" -> the chord before

If more cannot be read than can, it is not a chart.
"""

from __future__ import annotations

import re

from improv.errors import ChartError
from improv.music.chord import Chord, parse_chord, parse_chord_or_nc
from improv.music.chord_tables import KINDS, one_of

_MOST_SAID = 40
_LONGEST_MARK = 24  # characters of a symbol over its bar


class Doubts:
    """Collects sentences, and how many chords were read and how many were not."""

    def __init__(self) -> None:
        self._said: dict[str, None] = {}
        self._first: ChartError | None = None
        self._read = self._unread = 0

    def say(self, sentence: str) -> None:
        """Note what the user has to know; each sentence once."""
        self._said.setdefault(sentence)

    def chord(self, text: str, where: str, before: Chord | None) -> tuple[Chord | None, str]:
        """(chord, empty) of a symbol; where it cannot be read the nearest, and the mark for its bar."""
        try:
            chord = parse_chord_or_nc(text, where)
        except ChartError as error:
            near = nearest(text)
            return near or before, self.instead(text, error, near)
        self.count()
        return chord, ""

    def count(self) -> None:
        """Count a chord that was read."""
        self._read += 1

    def instead(
        self, text: str, error: ChartError, chord: Chord | None, *, is_known: bool = False
    ) -> str:
        """Note that `chord`, or the one before, is played where `text` cannot be read; the mark for its bar.

        `is_known`: its root at least is sure.
        """
        if is_known:
            self._read += 1
        else:
            self._unread += 1
            self._first = self._first or error
        why = re.sub(r"[;:,] expected .*", "", str(error)).rstrip(".")
        what = f"{chord.text} is played" if chord else "the chord before goes on"
        self.say(f"{why}; {what} there.")
        return mark_of(text)

    def check(self) -> None:
        """Raise the first error if more could not be read than could."""
        if self._first is not None and self._unread > self._read:
            raise self._first

    @property
    def warnings(self) -> tuple[str, ...]:
        """The sentences, in the order in which they were noted."""
        said = list(self._said)
        more = len(said) - _MOST_SAID
        return (*said[:_MOST_SAID], *([f"{more} more places are as unclear."] if more > 0 else []))


def mark_of(text: str) -> str:
    """What stands over a bar in which `text` could not be read."""
    text = " ".join(text.split())
    return f"? {text if len(text) <= _LONGEST_MARK else f'{text[:_LONGEST_MARK]}...'}"


def nearest(text: str) -> Chord | None:
    """The chord of the longest beginning of a symbol that can be read; None if there is no root."""
    text = text.strip()[:_LONGEST_MARK]
    text = text[:1].upper() + text[1:]
    for end in range(len(text), 0, -1):
        try:
            return parse_chord(text[:end])
        except ChartError:
            pass
    return None


_ROOT = re.compile(r"[A-H](?:bb|##|[b#♭♯]?)")  # H is a B in some languages
_WORDS = {word for _, spellings in KINDS.values() for word in spellings if word.isalpha()} | {
    *("sus", "add", "no", "omit", "alt", "b", "bb", "mM", "mMaj", "mmaj")
}
_KIND_AND_NUMBER = re.compile(rf"(?:{one_of(tuple(_WORDS))})?(?:[\d(/^°øΔ+#]|-\d)")


def looks_like_chord(text: str) -> bool:
    """Whether a word that cannot be read was probably meant as a chord: "C7xyz" and "Gmaj7x", but not
    "Bridge"."""
    root = _ROOT.match(text)
    if not root or len(text) > _LONGEST_MARK or " " in text:
        return False
    if _KIND_AND_NUMBER.match(text, root.end()):
        return True
    rest = text[root.end() :]
    letters = re.findall("[^\\W\\d_]+", rest)
    strange = [word for word in letters if word not in _WORDS]
    is_symbol = not rest or any(char.isdigit() for char in rest) or len(strange) < len(letters)
    return is_symbol and all(len(word) == 1 for word in strange)
