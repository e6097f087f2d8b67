"""iReal Pro's style names -> feels, and the groove that the app plays for each feel.

A song names its style in words, over the chart ("Medium Up Swing", but also "Hymn" or "Electric Blues"), and
often the groove that the app plays ("Jazz-Medium Swing"). The words count if they are known, because they are
the tune's; the groove may be what the owner last practised with.
"""

from __future__ import annotations

from improv.charts.feel_words import feel_in
from improv.music.feel import DEFAULT_FEEL, FEELS
from improv.music.meter import Meter

_STYLES = {
    "ballad": (
        "ballad, ballad double time feel, ballad even, ballad melodic, ballad swing, long notes, "
        "slow swing ballad, pop ballad, rock ballad, even 8ths ballad, jazz ballad"
    ),
    "medium swing": (
        "medium swing, medium up swing, slow swing, swing, blue note, doo doo cats, guitar trio, "
        "gypsy jazz, new orleans swing, swing two/four, trad jazz, dixieland, two-beat, stride, "
        "charleston, march, rag, ragtime, hymn, gospel, jazz, latin/swing, latin-swing"
    ),
    "up swing": (
        "up tempo swing, up tempo swing 2, medium up swing 2, double time swing, fast swing, bebop, "
        "bluegrass, up swing, bright swing"
    ),
    "waltz": (
        "waltz, medium waltz, slow waltz, fast waltz, jazz waltz, viennese waltz, up tempo waltz"
    ),
    "shuffle": (
        "shuffle, rock 12/8, blues shuffle, slow shuffle, medium shuffle, bright shuffle blues, "
        "shuffle blues, fast shuffle, afro 12/8, doo-wop, doo wop"
    ),
    "bossa": (
        "bossa nova, bossa, slow bossa, fast bossa, medium bossa, bossa acoustic, bossa electric, "
        "latin, bolero, cha cha cha, cha cha, son montuno, son montuno 2-3, son montuno 3-2, salsa, "
        "mambo, rumba, afro, afro-cuban, chacarera, tango, beguine, calypso, baião, baiao, choro, "
        "milonga, zamba, guajira"
    ),
    "samba": (
        "samba, fast samba, samba funk, brazil samba, afoxe, afoxé, partido alto, frevo, marcha, "
        "maracatu"
    ),
    "funk": (
        "funk, glam funk, virtual funk, rock, slow rock, rock pop, pop rock, rnb, r&b, soul, disco, "
        "house, pop, second line, even 16ths, hip hop, fusion, reggae, medium rock, hard rock, "
        "motown, slow funk"
    ),
    "straight": (
        "even 8ths, even 8ths open, even eighths, smooth, country, folk, ecm, straight 8ths, "
        "straight, new age, classical, slow even 8ths, fast country"
    ),
}
_FEEL_OF = {style.strip(): feel for feel, row in _STYLES.items() for style in row.split(",")}

GROOVES = {
    "medium swing": ("Medium Swing", "Jazz-Medium Swing"),
    "up swing": ("Up Tempo Swing", "Jazz-Up Tempo Swing"),
    "ballad": ("Ballad", "Jazz-Ballad Swing"),
    "waltz": ("Waltz", "Jazz-Medium Swing"),
    "shuffle": ("Shuffle", "Pop-Shuffle"),
    "bossa": ("Bossa Nova", "Jazz-Bossa Nova"),
    "samba": ("Samba", "Latin-Brazil: Samba"),
    "funk": ("Funk", "Pop-Funk"),
    "straight": ("Even 8ths", "Jazz-Even 8ths"),
}
"""Feel -> (style in words, groove), as iReal names them."""

_IN_THREE = ("medium swing", "up swing", "shuffle")  # feels that in 3/4 are a waltz
_SLOW = 0.6  # in the app "Slow Swing" is 80, and "Medium Swing" 120 to 140
_MEDIUM_UP_BPM = 160.0


def feel_of(style: str, groove: str, meter: Meter) -> str:
    """The feel, a name of `improv.music.feel`, of a style in words and a groove; swing if none is known."""
    feel = _known(style) or _known(groove) or _blues(style) or feel_in(style) or DEFAULT_FEEL
    if feel in _IN_THREE and (meter.beats_per_bar, meter.beat_unit) in ((3, 4), (6, 4)):
        return "waltz"
    return feel


def tempo_of(style: str, feel: str) -> float:
    """The usual tempo, in beats a minute, if the song has none: the feel's, except that slow is slow."""
    words = style.lower()
    if "medium up" in words and feel == "medium swing":
        return _MEDIUM_UP_BPM
    return FEELS[feel].tempo_bpm * (_SLOW if "slow" in words and feel != "ballad" else 1)


def _blues(style: str) -> str:
    """The feel of "Fast Blues" and the like, if no groove says more."""
    words = style.lower().split()
    if "blues" not in words:
        return ""
    if {"shuffle", "country", "electric"} & set(words):
        return "shuffle"
    if "rock" in words:
        return "funk"
    return "up swing" if "fast" in words else "medium swing"


def _known(style: str) -> str:
    words = " ".join(style.lower().replace("_", " ").split())
    family, _, rest = words.partition("-")
    if family in ("jazz", "latin", "pop") and rest:
        words = rest.split(":")[-1].strip()
    return _FEEL_OF.get(words, "")
