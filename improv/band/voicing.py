"""Voicings of a chord for a comping instrument, and which of them follows the last one smoothly.

The source is Mark Levine, *The Jazz Piano Book* (Sher Music, 1989): three-note voicings, the root left to
the bass; the left-hand rootless voicings of Bill Evans and Wynton Kelly (form A begins on the third, form B
on the seventh, dominants with their thirteenth, altered as the symbol says); fourths and *So What* on minor
chords; sus chords. Guitar shells, third and seventh with one note above, are those of swing rhythm guitar.

    Dm7   A: F A C E    B: C E F A      G7  A: B E F A     B: F A B E      Cmaj7  A: E G B D    B: B D E G

What always holds: third and seventh (or their stand-ins in 6, dim7 and sus chords) are there, and except in
shells so is every alteration the symbol names; notes a chord does not take (the fourth on major and dominant
chords, a flat ninth or sixth on minor ones) are not; the root is left to the bass unless the bass has
another note; a triad stays a triad.
"""

from __future__ import annotations

from functools import lru_cache

from improv.band.instruments import INSTRUMENTS
from improv.music.chord import Chord

Voicing = tuple[int, ...]
"""MIDI pitches, lowest first."""

LOWEST, HIGHEST = INSTRUMENTS["piano"].low_pitch, INSTRUMENTS["piano"].high_pitch
_LOWEST_CLUSTER = 55
"""Below this the two lowest notes are at least a minor third apart."""

# Kind -> (lowest, highest, preferred middle).
_PLACES = {
    "rootless": (LOWEST, HIGHEST - 2, 61.5),
    "open": (LOWEST, HIGHEST, 62.5),
    "shell": (LOWEST, 72, 59.0),
    "grip": (LOWEST, 71, 60.0),
}
STYLES = tuple(_PLACES)
"""rootless: close forms A and B. open: also with the second voice from above dropped an octave, and
fourths. shell: third, seventh and one note. grip: what is easy to play on four strings of a guitar."""

_MINOR_NINTH = 13


@lru_cache(maxsize=4096)
def pools(chord: Chord) -> tuple[frozenset[int], ...]:
    """Sets of semitones above the root (0-11) that voice this chord, the fullest first.

    Each holds the guide tones; a chord with a seventh or sixth gets its tensions from its scale.
    """
    tones = frozenset(chord.tones)
    guides = frozenset((pc - chord.root_pc) % 12 for pc in chord.guide_tones)
    if len(guides) < 2:
        return (tones,)
    named = tones - {0, 7} | guides
    if (
        len(named) > _MOST
    ):  # a symbol may name more notes than a hand plays: its alterations matter most
        told = sorted(named - guides, key=lambda tone: (tone not in (1, 3, 6, 8), tone))
        named = guides | frozenset(told[: _MOST - len(guides)])
    scale = frozenset(chord.scale) - frozenset(chord.avoid) | tones
    # A raised eleventh or a flat sixth takes the place of the natural fifth.
    fifth = frozenset({7}) & tones if not tones & {6, 8} else frozenset()
    sixth = _first(scale, (9,))
    found: list[frozenset[int]] = []
    if chord.bass_pc != chord.root_pc:  # the bass plays another note, so the root is played here
        found = [_filled(named, frozenset({0}), fifth), _filled(named, frozenset({0}))]
    elif chord.quality in ("dom", "alt"):
        ninth = _first(tones, (1, 3, 2) if 4 in tones else (1, 2)) or _first(scale, (2, 1, 3))
        thirteenth = _first(named, (9, 8, 6)) or _first(scale, (9, 8))
        found = [
            _filled(named, ninth, thirteenth),
            _filled(named, ninth, fifth),
            _filled(named, fifth),
        ]
    elif chord.quality == "sus":
        ninth = (_first(tones, (1, 2)) or _first(scale, (2, 1))) if 5 in tones else frozenset()
        found = [_filled(named, ninth, fifth), _filled(named, ninth, sixth)]
    elif chord.quality == "dim":
        # A tension of a diminished seventh chord lies a whole step above one of its notes.
        found = [_filled(named, _first(scale, (tension,))) for tension in (2, 11)] + [named]
    elif chord.quality == "hdim":
        found = [_filled(named, _first(scale, (5,))), _filled(named, _first(scale, (2,))), named]
    else:
        ninth = _first(tones, (2,)) or _first(scale, (2,))
        found = [_filled(named, ninth, fifth), _filled(named, fifth)]
        if chord.quality == "min" and 10 in tones:
            found.append(_filled(named, _first(scale, (5,)), fifth))
        elif chord.quality == "maj" and 11 in tones and 4 in tones:
            found.append(_filled(named, ninth, sixth))
    return tuple(dict.fromkeys(found))


_ENOUGH, _MOST = 4, 5


def _filled(named: frozenset[int], *extras: frozenset[int]) -> frozenset[int]:
    """The notes that must be there, then others in order until there are four."""
    found = named
    for extra in extras:
        if len(found) < _ENOUGH:
            found |= extra
    return found


def _first(have: frozenset[int], wanted: tuple[int, ...]) -> frozenset[int]:
    """The first of the wanted notes that exists, as a set of one; empty if none does."""
    for one in wanted:
        if one in have:
            return frozenset((one,))
    return frozenset()


def _colours(chord: Chord, pool: frozenset[int]) -> list[int]:
    """What may lie above a shell: the alterations that the symbol names, if it names any."""
    altered = pool & set(chord.tones) & {1, 3, 6, 8}
    return sorted(altered or pool)


def _closed(members: tuple[int, ...], first: int) -> Voicing:
    """The notes upwards from one of them, within an octave."""
    return tuple(sorted((member - first) % 12 + first for member in members))


def _forms(chord: Chord, style: str) -> list[Voicing]:
    """Voicings as semitones above some root, before they get a register."""
    guides = tuple((pc - chord.root_pc) % 12 for pc in chord.guide_tones)
    forms: list[Voicing] = []
    for pool in pools(chord):
        members = tuple(sorted(pool))
        triad = len(guides) < 2
        if style == "shell" and not triad:
            for colour in _colours(chord, pool - set(guides)) or [guides[0]]:
                three = tuple({*guides, colour})
                for guide in guides:
                    other = next(g for g in guides if g != guide)
                    above = (other - guide) % 12 + guide
                    top = (colour - above) % 12 + above
                    forms.append(tuple(sorted({guide, above, top})))
                    forms.append(_closed(three, guide))
            continue
        starts = members if triad or style in ("open", "grip") else guides
        closed = [_closed(members, start) for start in starts]
        if style in ("rootless", "open"):
            forms += [form for form in closed if triad or form[0] in guides]
        if style in ("open", "grip"):
            forms += [
                tuple(sorted((*form[:-2], form[-2] - 12, form[-1])))
                for form in closed
                if len(form) in (3, 4)
            ]
            if {3, 5, 7, 10} <= pool:
                forms.append((5, 10, 15, 19))
    return forms


def _sounds_clear(pitches: Voicing, *, dissonant: bool) -> bool:
    """No semitone under the top note, no minor ninth inside, nothing thick at the bottom."""
    if len(pitches) > 1:
        if pitches[-1] - pitches[-2] == 1:
            return False
        if pitches[0] < _LOWEST_CLUSTER and pitches[1] - pitches[0] < 3:
            return False
    for at, low in enumerate(pitches):
        for high in pitches[at + 1 :]:
            if high - low == _MINOR_NINTH and not dissonant:
                return False
    return not any(c - a == 2 for a, c in zip(pitches, pitches[2:], strict=False))


@lru_cache(maxsize=4096)
def voicings(chord: Chord, style: str) -> tuple[Voicing, ...]:
    """Every voicing of a chord in a style of STYLES that lies in its range; at least one."""
    lowest, highest, _ = _PLACES[style]
    found: set[Voicing] = set()
    rough: set[Voicing] = set()
    dissonant = chord.quality in ("dom", "alt") and 1 in chord.tones
    for form in _forms(chord, style):
        for octave in range(24, 96, 12):
            pitches = tuple([chord.root_pc + octave + step for step in form])
            if lowest <= pitches[0] and pitches[-1] <= highest:
                clear = _sounds_clear(pitches, dissonant=dissonant)
                (found if clear else rough).add(pitches)
    if not found and not rough and style != "open":
        return voicings(chord, "open")
    return tuple(sorted(found or rough))


@lru_cache(maxsize=65536)
def motion(before: Voicing, after: Voicing) -> float:
    """How far the voices move from one voicing to the next, in semitones a voice.

    Voices are paired in order; if one voicing has more, each of its notes is paired with the nearest.
    """
    if len(before) == len(after):
        return sum(abs(a - b) for a, b in zip(before, after, strict=True)) / len(before)
    few, many = sorted((before, after), key=len)
    return sum(min(abs(note - other) for other in few) for note in many) / len(many)


@lru_cache(maxsize=16384)
def ranked(
    chord: Chord, style: str, before: Voicing | None, mild: bool = False
) -> tuple[Voicing, ...]:
    """The voicings of a chord in a style, at most four, the best after the previous voicing first.

    The least motion decides, and also a quiet top voice, the register of the style, and full chords. `mild`
    leaves out a natural ninth and thirteenth that the symbol does not ask for, as over a dominant in minor.
    """
    middle = _PLACES[style][2]
    found = voicings(chord, style)
    if mild:
        bright = {(chord.root_pc + step) % 12 for step in {2, 9} - set(chord.tones)}
        found = tuple([p for p in found if not any(note % 12 in bright for note in p)]) or found

    def cost(pitches: Voicing) -> float:
        away = abs(sum(pitches) / len(pitches) - middle)
        thin = 0.7 * max(0, 4 - len(pitches)) if style != "shell" else 0.0
        if before is None:
            return away + thin
        leap = max(0, abs(pitches[-1] - before[-1]) - 4)
        return motion(before, pitches) + 0.4 * leap + 0.03 * away * away + thin

    return tuple(sorted(found, key=lambda p: (cost(p), p))[:4])


_FARTHEST_TOP = 5
_FARTHEST_MOTION = 3.5


@lru_cache(maxsize=4096)
def others(chord: Chord, style: str, before: Voicing) -> tuple[Voicing, ...]:
    """Where a chord that stays may move: at most three near voicings with another top voice.

    Close voicings may open up, minor chords into fourths, so that a long chord is not one sound.
    """
    wider = "open" if style == "rootless" else style
    found = [
        pitches
        for pitches in voicings(chord, wider)
        if 0 < abs(pitches[-1] - before[-1]) <= _FARTHEST_TOP
        and len(pitches) >= len(before)
        and motion(before, pitches) <= _FARTHEST_MOTION
    ]
    return tuple(sorted(found, key=lambda p: (motion(before, p), p))[:3])
