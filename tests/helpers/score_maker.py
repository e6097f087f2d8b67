"""Lead sheets in the formats that music21 reads: four bars or any number, a chord each, over C D E F."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

TITLE = "A Tune"
PITCHES = (60, 62, 64, 65)


def abc(symbols: Sequence[str]) -> str:
    bars = " | ".join(f'"{symbol}"CD=EF' for symbol in symbols)
    return f"X:1\nT:{TITLE}\nC:A. Name\nM:4/4\nL:1/4\nQ:1/4=160\nK:Bb\n{bars} |]\n"


def kern(tokens: Sequence[str], spine: str = "mxhm", ends: str = "==") -> str:
    """`ends`: the last bar line, "=:|!" for a repeat."""
    lines = [f"!!!OTL: {TITLE}", f"**kern\t**{spine}", "*M4/4\t*M4/4", "*k[]\t*", "*C:\t*C:"]
    for number, token in enumerate(tokens, start=1):
        lines += [f"={number}\t={number}", f"4c\t{token}", "4d\t.", "4e\t.", "4f\t."]
    return "\n".join([*lines, f"{ends}\t{ends}", "*-\t*-"]) + "\n"


def mei(symbols: Sequence[str], extra: str = "") -> str:
    """`extra` stands in the last measure."""
    notes = "".join(f'<note pname="{name}" oct="4" dur="4"/>' for name in "cdef")
    measures = [
        f'<measure n="{number}"><staff n="1"><layer n="1">{notes}</layer></staff>'
        f'<harm staff="1" tstamp="1">{escape(symbol)}</harm>'
        f"{extra if number == len(symbols) else ''}</measure>"
        for number, symbol in enumerate(symbols, start=1)
    ]
    return mei_of("".join(measures))


def mei_of(measures: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><mei xmlns="http://www.music-encoding.org/ns/mei" '
        f'meiversion="2013"><meiHead><fileDesc><titleStmt><title>{TITLE}</title></titleStmt></fileDesc>'
        f"<workDesc><work><titleStmt><title>{TITLE}</title></titleStmt></work></workDesc></meiHead>"
        '<music><body><mdiv><score><scoreDef meter.count="4" meter.unit="4" key.sig="0"><staffGrp>'
        '<staffDef n="1" clef.shape="G" clef.line="2" lines="5"/></staffGrp></scoreDef>'
        f"<section>{measures}</section></score></mdiv></body></music></mei>"
    )


def capella(path: Path, symbols: Sequence[str], bar_lines: Mapping[int, str] | None = None) -> Path:
    """`bar_lines` stand behind so many notes."""
    parts = []
    lines = bar_lines or {}
    for symbol in symbols:
        for pitch in ("C5", "D5", "E5", "F5"):
            parts.append(lines.get(len(parts) // 2, ""))
            text = (
                "<drawObjects><drawObj><text x='0' y='-7'><font face='Times New Roman'/>"
                f"<content>{escape(symbol)}</content></text></drawObj>"
                "<drawObj><text><font face='capella3'/><content>l</content></text></drawObj></drawObjects>"
            )
            parts.append(
                f'<chord><duration base="1/4"/>{text if pitch == "C5" else ""}'
                f'<heads><head pitch="{pitch}"/></heads></chord>'
            )
    score = (
        '<?xml version="1.0" encoding="utf-8"?><score xmlns="http://www.capella.de/CapXML/2.0"><systems>'
        '<system><staves><staff layout="one" defaultTime="4/4"><voices><voice><noteObjects>'
        '<clefSign clef="G2"/><keySign fifths="0"/><timeSign time="4/4"/>'
        f"{''.join(parts)}{lines.get(len(parts) // 2, '')}</noteObjects></voice></voices></staff></staves>"
        "</system></systems></score>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("score.xml", score)
    return path


def noteworthy(symbols: Sequence[str]) -> str:
    lines = [
        "!NoteWorthyComposer(2.0)",
        f'|SongInfo|Title:"{TITLE}"|Author:"A. Name"',
        '|AddStaff|Name:"Staff"|Group:"Standard"',
        "|Clef|Type:Treble",
        "|TimeSig|Signature:4/4",
    ]
    for number, symbol in enumerate(symbols):
        lines += ["|Bar"] if number else []
        lines.append(f"|Text|Text:{quoteattr(symbol)}|Font:StaffItalic|Pos:-8")
        lines += [f"|Note|Dur:4th|Pos:{pos}" for pos in (-6, -5, -4, -3)]
    return "\n".join([*lines, "!NoteWorthyComposer-End", ""])
