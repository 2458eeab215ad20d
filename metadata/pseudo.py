"""The pseudo-locale: texts with marks and accents, so that what was never given to translators shows.

A language tag with the region XA, such as en-XA, is read as its base language with every text changed so. What stands plain on
a page then is no text of the site or the engine, but data, or written into a template.
"""

from __future__ import annotations

import re

OPEN, CLOSE = "⟦", "⟧"
STRETCH = 3
"""For so many letters one is added: translations are longer than English."""
_ACCENTS = str.maketrans(
    "AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz", "ÅåßƀÇçÐðÉéƑƒĜĝĤĥÎîĴĵĶķĻļṀɱÑñÖöÞþǪǫŔŕŠšŢţÛûṼṽŴŵẊẋÝýŽž"
)
_KEPT = re.compile(
    r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}"  # of templates
    r"|\{\w*\}|%\(\w+\)s"  # parameters
    r"|<[^<>]*>|&#?\w+;"  # of HTML
    r"|\]\([^)\s]*\)|`[^`]*`|https?://\S+|[\w.+-]+@[\w-]+\.[\w.]+",  # of Markdown, and addresses
    re.S,
)
_HEAD = re.compile(r"\s*(?:#{1,6}\s+|[-*+>]\s+|\d+\.\s+|\|)?")
_LETTER = re.compile(r"[^\W\d_]")


def is_pseudo(tag: str) -> bool:
    """Is this the tag of a pseudo-locale?"""
    return tag.endswith("-XA")


def pseudo(text: str) -> str:
    """A text with accents, longer, and each of its lines in marks; parameters, markup and addresses stay. Once is enough."""
    return text if OPEN in text else "\n".join(map(_line, _accented(text).split("\n")))


def _accented(text: str) -> str:
    out, at = [], 0
    for kept in _KEPT.finditer(text):
        out += [text[at : kept.start()].translate(_ACCENTS), kept.group()]
        at = kept.end()
    return "".join((*out, text[at:].translate(_ACCENTS)))


def _line(line: str) -> str:
    plain = _KEPT.sub("", line)
    letters = len(_LETTER.findall(plain))
    if not letters or line.lstrip().startswith(("<", "{%", "|")):
        return line
    head = _HEAD.match(line)
    start = head.end() if head else 0
    return f"{line[:start]}{OPEN}{line[start:].rstrip()}{'~' * (letters // STRETCH)}{CLOSE}"
