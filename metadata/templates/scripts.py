"""Scripts and styles within a template that run by the nonce of their request: no value may stand in them.

A value is escaped for HTML, which does not keep it from being read as a part of a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import nodes

from metadata.templates.faults import TemplateFault
from metadata.told import told

NONCE = "csp_nonce"
_OPENING = re.compile(r"<(script|style)(?=[\s/>])", re.IGNORECASE)
CODE = "template-script"


class _Place:
    """Where in the HTML one is: in the tag of a script or style, within one of these, or neither."""

    def __init__(self) -> None:
        self.element = ""
        self.in_tag = False
        self._quote = ""

    def read(self, text: str) -> None:
        """Go on through a piece of HTML."""
        at = 0
        while at < len(text):
            if self.in_tag:
                at = self._through_tag(text, at)
                continue
            found = (
                re.compile(f"</{self.element}", re.IGNORECASE).search(text, at) if self.element else _OPENING.search(text, at)
            )
            if found is None:
                return
            self.in_tag, self.element = not self.element, "" if self.element else found[1]
            at = found.end()

    def _through_tag(self, text: str, at: int) -> int:
        for place in range(at, len(text)):
            letter = text[place]
            if self._quote:
                self._quote = "" if letter == self._quote else self._quote
            elif letter in "\"'":
                self._quote = letter
            elif letter == ">":
                self.in_tag = False
                return place + 1
        return len(text)


def script_faults(tree: nodes.Template) -> Iterator[TemplateFault]:
    """What is wrong with scripts and styles of a template that asks for the nonce; nothing where it does not."""
    asking = {id(one): one for one in tree.find_all((nodes.Getattr, nodes.Getitem)) if _is_nonce(one)}
    if not asking:
        return
    place = _Place()
    for node in tree.find_all((nodes.Output, nodes.Block)):
        if isinstance(node, nodes.Block):
            if place.element:
                yield _fault(node)
            continue
        for part in node.nodes:  # type: ignore[attr-defined]
            if isinstance(part, nodes.TemplateData):
                place.read(part.data)
            elif place.in_tag and id(part) in asking:
                del asking[id(part)]
            elif place.element:
                yield _fault(part)
    for left in asking.values():
        message = told('request.csp_nonce stands in the tag of a script or style alone: nonce="{{{{ request.csp_nonce }}}}".')
        yield TemplateFault(left.lineno, CODE, message)


def _fault(node: nodes.Node) -> TemplateFault:
    message = told(
        "A value within a script or style could be read as a part of it; put it into an attribute outside, such as data-name, "
        "and read it there."
    )
    return TemplateFault(node.lineno, CODE, message)


def _is_nonce(node: nodes.Node) -> bool:
    named = getattr(node, "attr", None) or getattr(getattr(node, "arg", None), "value", None)
    return named == NONCE and getattr(getattr(node, "node", None), "name", "") == "request"
