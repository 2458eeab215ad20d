"""PO files, which every tool for translators reads: a site's texts written into one, and one read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po, write_po

from runtime.translating.phrases import Phrase, Tongues

LARGEST = 5_000_000
"""Bytes of a file that is read."""
TOGETHER = 500
"""So many texts are written before they go out."""
_LANGUAGE = re.compile(r'^"Language:\s*([A-Za-z0-9_-]*)', re.M)


class NoCatalogue(Exception):
    """The file is not read. Carries the key of a text of the studio: too_large, not_po, language; says what is wrong."""

    def __init__(self, key: str, said: str) -> None:
        self.key = key
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class Entry:
    """A translated text of a file: what was to be translated, and what came of it."""

    source: str
    translation: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds: its language, as a BCP 47 tag, the entries by their contexts, and how many are unsure (fuzzy)."""

    language: str
    entries: Mapping[str, Entry]
    unsure: int


def written(phrases: Iterable[Phrase], tongues: Tongues, name: str) -> bytes:
    """The file for translators, whole."""
    return b"".join(pieces(phrases, tongues, name))


def pieces(phrases: Iterable[Phrase], tongues: Tongues, name: str) -> Iterator[bytes]:
    """The file for translators, as it is made: each text with its component and path as context; no moment in it, so that the
    same texts are the same bytes."""
    yield _head(tongues, name).encode()
    waiting = iter(phrases)
    while chosen := list(islice(waiting, TOGETHER)):
        catalogue = Catalog(locale=None, project=name, fuzzy=False, charset="utf-8")
        for phrase in chosen:
            catalogue.add(phrase.source, phrase.translation, context=phrase.context)
        body = io.BytesIO()
        write_po(body, catalogue, width=0, omit_header=True)
        yield body.getvalue()


def read(data: bytes) -> Read:
    """What a file holds. Raises NoCatalogue."""
    if len(data) > LARGEST:
        raise NoCatalogue("too_large", f"The file has more than {LARGEST} bytes.")
    try:
        text = data.decode("utf-8-sig")
        catalogue = read_po(io.StringIO(text), abort_invalid=True, ignore_obsolete=True)
    except (PoFileError, ValueError, LookupError, TypeError) as fault:
        raise NoCatalogue("not_po", f"This is no PO file in UTF-8: {fault}") from None
    entries: dict[str, Entry] = {}
    unsure = 0
    for message in catalogue:
        if not (message.context and isinstance(message.id, str) and isinstance(message.string, str) and message.string):
            continue
        if message.fuzzy:
            unsure += 1
        else:
            entries[message.context] = Entry(message.id, message.string)
    found = _LANGUAGE.search(text)
    return Read((found[1] if found else "").replace("_", "-"), entries, unsure)


def _head(tongues: Tongues, name: str) -> str:
    lines = (
        f"Project-Id-Version: {name}",
        f"Language: {tongues.into.replace('-', '_')}",
        f"X-Source-Language: {tongues.source.replace('-', '_')}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    )
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"
