"""iReal Pro's links: find them in any text, divide them into songs, unscramble the music; and the way back.

    irealb://TITLE=COMPOSER==STYLE=KEY=TRANSPOSE=MUSIC=GROOVE=BPM=REPEATS===TITLE=...===PLAYLIST
    irealbook://TITLE=COMPOSER=STYLE=KEY=n=MUSIC=TITLE=...

The first is what the app exports, with its music scrambled after the mark `1r34LbKcu7`; the second is the
open form that anybody may write (irealpro.com, "iReal Pro custom chord chart protocol"). Both are
percent-encoded, more or less. How the music is scrambled was found by others (github.com/ironss/accompaniser,
pianosnake/ireal-reader): in each block of 50 characters that at least two follow, places 0-4 and 10-23
are exchanged with their mirror images.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from urllib.parse import quote, unquote

from improv.errors import ChartError

MARK = "1r34LbKcu7"
"""The mark before scrambled music."""

MOST_SONGS = 20_000
_BLOCK = 50
_MIRRORED = (*range(5), *range(10, 24))
# The order matters: 'Kcl' makes a bar line that 'LZ' must not see.
_PACKED = (("Kcl", "| x"), ("LZ", " |"), ("XyQ", "   "))

_LINK = re.compile(r"(?P<quote>[\"'(<>]?)(?P<scheme>irealb(?:ook)?)://", re.IGNORECASE)
_KEY = re.compile(r"\s*[A-G][b#]?-?\s*")
_ONLY_CODED = re.compile(r"[\w%.~*!'()+,;:@&/$-]+=?")
_SHORTEST_WRAPPED = 60  # characters of a line that a program has broken
_BYTES_ALONE = re.compile("[\udc80-\udcff]")
_FEWEST_FIELDS = 4  # in a complete link: title, composer, style, key
_ARTICLE = re.compile(r"(.*), (The|A|An)", re.IGNORECASE)
_LONGEST_TITLE = 200
_UNKNOWN = "Composer Unknown"  # what the app writes if there is none
_TWO_NAMES = re.compile(r"([^\W\d_][^\s\d,&/()]*) ([^\W\d_][^\s\d,&/()]*)")


@dataclass(frozen=True, slots=True)
class Song:
    """One song of a link, by its fields; the music is still scrambled. "" means not given."""

    title: str
    composer: str = ""
    style: str = ""
    key: str = ""
    """As iReal writes keys: "Bb", "E-"."""
    music: str = ""
    groove: str = ""
    """The app's accompaniment, such as "Jazz-Medium Swing"."""
    tempo_bpm: int = 0


# -- music


def unscramble(music: str) -> str:
    """The music of a field, with or without its mark, as plain tokens."""
    if not music.startswith(MARK):
        return music
    plain = _mirror(music[len(MARK) :])
    for packed, tokens in _PACKED:
        plain = plain.replace(packed, tokens)
    return plain


def scramble(plain: str) -> str:
    """The music as the app writes it: `unscramble` gives `plain` again."""
    for packed, tokens in _PACKED:
        plain = plain.replace(tokens, packed)
    return MARK + _mirror(plain)


def _mirror(music: str) -> str:
    """Scramble or unscramble; it is its own inverse."""
    blocks = []
    start = 0
    while len(music) - start > _BLOCK + 1:
        block = list(music[start : start + _BLOCK])
        for at in _MIRRORED:
            block[at], block[-1 - at] = block[-1 - at], block[at]
        blocks.append("".join(block))
        start += _BLOCK
    return "".join((*blocks, music[start:]))


# -- links


def holds_link(text: str) -> bool:
    """Whether the text contains a link of either form."""
    return _LINK.search(text) is not None


def read_links(text: str, source: str = "") -> tuple[str, list[Song]]:
    """(name of the playlist or "", songs) of every link in a text, a web page or a pasted link.

    A song whose fields cannot be identified is included, without music. ChartError if there is no link,
    and if there are more songs than anybody has.
    """
    name = ""
    songs: list[Song] = []
    place = f" in {source!r}" if source else ""
    if len(_LINK.findall(text)) > MOST_SONGS:
        raise ChartError(f"Too many links{place}: expected at most {MOST_SONGS:,}.")
    for scheme, body in _bodies(text):
        if body.count("===") + body.count("=") // 5 + len(songs) > 2 * MOST_SONGS:
            raise ChartError(f"Too many songs{place}: expected at most {MOST_SONGS:,}.")
        read = _read_open if scheme == "irealbook" else _read_exported
        found, listed = read(body)
        name, songs = name or found, songs + listed
    if not songs:
        raise ChartError(
            f"No song{place}: expected a link such as 'irealb://Title=Composer==Style=Key==...' as iReal Pro "
            "exports it."
        )
    return name, songs


def _bodies(text: str) -> Iterator[tuple[str, str]]:
    """(scheme, what follows it, decoded) of every link."""
    links = list(_LINK.finditer(text))
    for found, following in zip_longest(links, links[1:]):
        rest = text[found.end() : following.start() if following else None]
        yield found["scheme"].lower(), _decoded(_cut(rest, found["quote"]))


def _cut(rest: str, before: str) -> str:
    """The part of the text that belongs to the link: up to a quote, the next blank or the end of the line."""
    if before == '"':
        return _unwrapped(rest.split('"', 1)[0])
    if before == "'":
        return re.split(r"'(?=[\s>/])", rest, maxsplit=1)[0]
    word = re.split(r'[\s"]', _joined(rest.lstrip()), maxsplit=1)[0]
    if "%" in word and unquote(word).count("=") >= _FEWEST_FIELDS:
        word = re.split("[<>]", word, maxsplit=1)[0]
        return word.removesuffix(")") if before == "(" else word
    return rest.lstrip().splitlines()[0] if rest.strip() else ""


def _unwrapped(link: str) -> str:
    """A quoted link in one line if it is coded; otherwise with blanks for line ends."""
    lines = [line.strip() for line in link.splitlines()]
    joined = "".join([*(line.removesuffix("=") for line in lines[:-1]), *lines[-1:]])
    return joined if "%" in joined and " " not in joined.strip() else link


def _joined(rest: str) -> str:
    """The text with the coded link at its start in one line, however a program has broken it."""
    line, *following = rest.splitlines() or [""]
    if not _ONLY_CODED.fullmatch(line) or "%" not in line:
        return rest
    lines = [line]
    for next_line in following:
        coded = _ONLY_CODED.fullmatch(next_line)
        if len(lines[-1]) < _SHORTEST_WRAPPED or not coded or "://" in next_line:
            break
        lines.append(next_line)
    return "".join([*(line.removesuffix("=") for line in lines[:-1]), lines[-1]])


def _decoded(link: str) -> str:
    if "&" in link and re.search(r"&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);", link):
        link = html.unescape(link)
    if "+" in link and " " not in link and "%20" not in link:
        link = link.replace("+", " ")  # coded as forms are; an augmented chord is %2B there
    plain = unquote(link, errors="surrogateescape")
    if "%3D" in plain.upper() and "=" not in plain:  # coded twice
        plain = unquote(plain, errors="surrogateescape")
    plain = _BYTES_ALONE.sub(lambda byte: chr(ord(byte[0]) - 0xDC00), plain)  # not UTF-8: Latin-1
    return plain.replace("\u00a0", " ")


def _read_exported(body: str) -> tuple[str, list[Song]]:
    """The songs of an irealb link."""
    songs: list[Song] = []
    name = title = ""
    chunks = body.split("===")
    for at, chunk in enumerate(chunks):
        fields = [field.strip("\r\n") for field in chunk.split("=")]
        music = next((i for i, field in enumerate(fields) if field.startswith(MARK)), None)
        if music is None and len(fields) >= 6 and "|" in chunk:
            music = max(range(len(fields)), key=lambda i: fields[i].count("|"))  # not scrambled
        if music is None:
            if at == len(chunks) - 1 and len(fields) == 1:
                name = title or chunk.strip()
            elif len(fields) == 1 and chunk.strip() and not title:
                title = chunk.strip()  # its composer is empty, which looks like the end of a song
                continue
            elif chunk.strip():
                songs.append(Song(_title(fields[0])))
        else:
            songs.append(_song(([title, ""] if title else []) + fields[:music], fields[music:]))
        title = ""
    return name, songs


def _song(head: list[str], tail: list[str]) -> Song:
    """A song, from what comes before its music, and from the music and what follows."""
    head = [field.strip() for field in head]
    if len(head) >= 6 and _KEY.fullmatch(head[-2]):
        title, composer, _, style, key = head[-6:-1]
    else:
        said = [field for field in head if field]
        keys = [at for at, field in enumerate(said) if at and _KEY.fullmatch(field)]
        at = keys[-1] if keys else len(said)
        title = said[0] if said else ""
        composer = said[1] if at > 2 else ""
        style = said[at - 1] if at > 1 else ""
        key = said[at] if keys else ""
    music, groove, tempo, *_ = [*tail, "", "", ""]
    return Song(
        title=_title(title),
        composer=_composer(composer),
        style=style,
        key=key.strip(),
        music=music,
        groove=groove.strip(),
        tempo_bpm=int(tempo) if re.fullmatch(r"\s*[0-9]{1,3}\s*", tempo) else 0,
    )


def _read_open(body: str) -> tuple[str, list[Song]]:
    """The songs of an irealbook link."""
    songs: list[Song] = []
    name = ""
    pieces = body.split("===")
    if any(piece.count("=") < 5 for piece in pieces[:-1]):
        pieces = [body]  # these are empty fields
    for piece in pieces:
        fields = [field.strip("\r\n") for field in piece.split("=")]
        start = 0
        while len(fields) - start >= 5:
            sizes = (at + 1 for at in (4, 5, 6) if _is_music(fields[start + at : start + at + 1]))
            size = next(sizes, 6)
            if len(fields) - start < size:
                break
            *head, music = fields[start : start + size]
            songs.append(_song(head if size > 6 else [*head[:2], "", *head[2:4], ""], [music]))
            start += size
        rest = [
            field for field in fields[start:] if field.strip() and not field.strip().isdecimal()
        ]
        if len(rest) > 1 or (rest and not songs):
            songs.append(Song(_title(rest[0])))
        elif rest:
            name = rest[0].strip()
    return name, songs


def _is_music(field: list[str]) -> bool:
    return any("|" in text or text.startswith(MARK) for text in field)


def _title(text: str) -> str:
    """ "Girl From Ipanema, The" in its spoken order."""
    text = " ".join(text.split())
    text = text if len(text) <= _LONGEST_TITLE else f"{text[:_LONGEST_TITLE]} ..."
    found = _ARTICLE.fullmatch(text)
    return f"{found[2]} {found[1]}" if found else text


def _composer(text: str) -> str:
    """Two names are in the order last, first; more are in spoken order."""
    text = " ".join(text.split())
    found = _TWO_NAMES.fullmatch(text)
    if text == _UNKNOWN:
        return ""
    return f"{found[2]} {found[1]}" if found else text


def link_of(songs: list[tuple[Song, str]], name: str = "") -> str:
    """The irealb link of some songs, with their music as plain tokens; `name` is the playlist's."""
    parts = []
    for song, plain in songs:
        title = re.sub(r"^(The|A|An) (.+)$", r"\2, \1", _field(song.title))
        composer = _field(song.composer)
        if found := _TWO_NAMES.fullmatch(composer):
            composer = f"{found[2]} {found[1]}"
        head = [title, composer or _UNKNOWN, "", _field(song.style), song.key, ""]
        tail = [scramble(plain), _field(song.groove), str(song.tempo_bpm), "0"]
        parts.append("=".join(head + tail))
    return "irealb://" + quote("===".join([*parts, _field(name)]), safe="")


def _field(text: str) -> str:
    """The text, changed so that it does not look like the end of its field."""
    return " ".join(text.replace("=", "-").split())
