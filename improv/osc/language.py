"""What an OSC message says, as the line that would be typed.

/improv/density 0.5             density 0.5
/improv/@solo2/density 0.5      @solo2 density 0.5
/improv/volume/bass 0.6         volume bass 0.6         one fader, one address
/improv/mute/piano 1            mute piano              and with 0 unmute piano
/improv/next/now 1              next now                a button; as it is let go (0) nothing
/improv/chart "| Dm7 | G7 |"    chart | Dm7 | G7 |
/improv/chord "Dm7" "G7"        chart | Dm7 | G7 | now
/improv/mode "trade 4"          mode trade 4
/improv/line "style hardbop"    style hardbop           any line
"""

from __future__ import annotations

from collections.abc import Sequence

from improv.performance.steering import WORDS

PREFIX = "/improv/"


def line_of(address: str, values: Sequence[object]) -> str:
    """The line; empty where nothing is said, as by a button that is let go.

    Raises ValueError, a sentence, for what is no message to us.
    """
    if not address.startswith(PREFIX) or not address[len(PREFIX) :].strip("/@"):
        raise ValueError(f"expected an address such as {PREFIX}density")
    parts = address[len(PREFIX) :].strip("/").split("/")
    whom = [parts.pop(0)] if parts[0].startswith("@") else []
    word, *more = parts or [""]
    texts = [_text(value) for value in values if value is not None]
    if word == "line":
        return " ".join(texts)
    if word == "chord":
        return f"chart | {' | '.join(texts)} | now"
    last = [more.pop()] if more[-1:] == ["now"] else []
    if word == "player":
        texts = [_shares(values)]
    elif len(values) == 1 and isinstance(values[0], int | float):
        is_on = bool(values[0])
        if more and word in ("mute", "unmute"):
            word, texts = ("mute" if is_on == (word == "mute") else "unmute"), []
        elif more and word == "solo":
            more, texts = (more if is_on else ["off"]), []
        elif not more and _stands_alone(word):
            if not is_on:
                return ""
            texts = []
    return " ".join([*whom, word, *more, *texts, *last])


def _stands_alone(word: str) -> bool:
    """Whether a word needs nothing behind it: then its number is that of a button."""
    row = WORDS.get(word)
    rest = row.usage[len(word) :].strip() if row is not None else "?"
    return not rest or rest.startswith("[")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return f"{float(value):.6g}"
    raise ValueError("expected numbers and texts")


def _shares(values: Sequence[object]) -> str:
    """ "Charlie Parker", 0.7, "John Coltrane", 0.3 with their shares behind them."""
    text = ""
    for value in values:
        is_share = isinstance(value, int | float)
        text += f":{_text(value)}" if is_share else f"{', ' * bool(text)}{_text(value)}"
    return text
