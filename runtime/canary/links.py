"""Where answers lead: links, and forms that only ask."""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from runtime.canary.asking import Ask, Reply
from runtime.canary.marks import WORD

FOLLOWED = "links"
MOST_ALIKE = 4
MOST_LINKS = 400
SAME_LINKS = f"links like {MOST_ALIKE} others, but for a number or a value"
FAR_LINKS = f"links beyond {MOST_LINKS}"
LEADING = ("a", "img", "area", "iframe", "link")
_TAG = re.compile(r"<(a|img|area|iframe|link|input|/?form)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_GIVEN = re.compile(r"([\w:-]+)=\"([^\"]*)\"")
_NUMBERED = re.compile(r"/[^/]*\d[^/]*")
LEAVES = re.compile(r"^/(_static|signout|signin/with/|studio|[a-z]{2}(-[A-Za-z]{2,4})?/)")
"""What is not followed: what shows no rows, what ends the session, other providers, and the same in another language."""


class Links:
    """Where answers lead, a few of each kind."""

    def __init__(self, host: str, left: Counter[str]) -> None:
        self._host, self._left = host, left
        self._waiting: deque[Ask] = deque()
        self._known: set[str] = set()
        self._alike: dict[tuple[str, ...], int] = {}

    def waiting(self) -> Iterator[Ask]:
        """The next ones, until there are no more or it is enough."""
        for _ in range(MOST_LINKS):
            if not self._waiting:
                return
            yield self._waiting.popleft()
        self._left[FAR_LINKS] += len(self._waiting)

    def note(self, ask: Ask, answer: Reply) -> None:
        """Keep where an answer leads."""
        self._known.add(ask.address)
        if "Location" in answer.headers:
            self._take(ask.path, answer.headers["Location"])
        if "html" in answer.headers.get("Content-Type", ""):
            for link in _links(answer.text):
                self._take(ask.path, link)

    def _take(self, base: str, link: str) -> None:
        parts = urlsplit(urljoin(f"http://{self._host}{base}", link))
        path = unquote(parts.path)
        if parts.netloc.partition(":")[0] != self._host or parts.scheme not in ("http", "https") or LEAVES.match(path):
            return
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        ask = Ask(FOLLOWED, path, query, about=f"link {'/'.join(path.split('/')[:2])} {' '.join(name for name, _ in query)}")
        if ask.address in self._known:
            return
        self._known.add(ask.address)
        kind = (_NUMBERED.sub("/#", path), *sorted(name for name, _ in query))
        if self._alike.get(kind, 0) >= MOST_ALIKE:
            self._left[SAME_LINKS] += 1
            return
        self._alike[kind] = self._alike.get(kind, 0) + 1
        self._waiting.append(ask)


def _links(page: str) -> list[str]:
    """The links of a page, and its forms that only ask, with a word typed into each box."""
    found: list[str] = []
    form: list[tuple[str, str]] | None = None
    action = ""
    for tag, written in _TAG.findall(page):
        given = {name: html.unescape(value) for name, value in _GIVEN.findall(written)}
        if tag == "form":
            form = [] if given.get("method", "get").lower() == "get" else None
            action = given.get("action", "")
        elif tag == "/form" and form:
            query = "&".join(f"{name}={value}" for name, value in form if value)
            found.append(f"{action.partition('?')[0]}?{query}")
            form = None
        elif tag == "input" and form is not None and given.get("name") and given.get("type") not in ("checkbox", "radio"):
            typed = WORD if given.get("type", "text") in ("text", "search") else given.get("value", "")
            form.append((given["name"], typed))
        elif tag in LEADING:
            found += [given[name] for name in ("href", "src") if name in given]
    return found
