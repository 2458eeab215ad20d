"""Lists in texts of OData."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.odata.faults import SyntaxFault


def split(text: str, by: str) -> Iterator[str]:
    """The parts of a text between separators that stand outside of quotes and parentheses. Raises SyntaxFault."""
    depth, quoted, start = 0, "", 0
    for at, letter in enumerate(text):
        if quoted:
            quoted = "" if letter == quoted else quoted
        elif letter in ("'", '"'):
            quoted = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth < 0:
                raise SyntaxFault("a parenthesis is closed that was not opened", at)
        elif letter == by and depth == 0:
            yield text[start:at]
            start = at + 1
    if depth or quoted:
        raise SyntaxFault("a parenthesis or a quote has no end", len(text))
    yield text[start:]
