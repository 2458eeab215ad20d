"""A crawl: every person asks everything in both worlds, follows where answers lead, and what comes of it is judged."""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import chain, islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from flask.testing import FlaskClient

from metadata.snapshot import CompiledSite
from runtime.canary.asking import Ask, Reply, converse, difference, send
from runtime.canary.findings import Finding, Findings, judge_answer
from runtime.canary.ground import Ground
from runtime.canary.judge import Rows
from runtime.canary.kept import plan_kept
from runtime.canary.marks import WORD, Marks
from runtime.canary.of_imports import import_asks
from runtime.canary.of_pages import list_asks, page_asks
from runtime.canary.of_people import people_asks, people_writes
from runtime.canary.of_programs import api_asks, feed_asks, file_asks, lookup_asks
from runtime.canary.of_writes import api_writes, bent
from runtime.canary.otherwise import judged, otherwise, seen_cells
from runtime.canary.people import Sight, Visitor, sight, visitors
from runtime.canary.seeding import Planted, plan
from runtime.canary.trespass import meddling, trespasses
from runtime.canary.worlds import World

SOURCES: dict[str, Callable[[Ground], Iterator[Ask]]] = {
    "pages": page_asks,
    "lists": list_asks,
    "lookups": lookup_asks,
    "feeds": feed_asks,
    "files": file_asks,
    "api": api_asks,
    "people": people_asks,
    "imports": import_asks,
}
FOLLOWED, WRITTEN = "links", "writes"
SURFACES = (*SOURCES, FOLLOWED, WRITTEN)
MOST_FORMS = 120
MOST_CHANGED = 12
MOST_ALIKE = 4
MOST_LINKS = 400
LATE = "want of time"
BRIEF = "options of somebody who sees and may do what another does"
SAME_LINKS = f"links like {MOST_ALIKE} others, but for a number or a value"
FAR_LINKS = f"links beyond {MOST_LINKS}"
LEAVES = re.compile(r"^/(_static|signout|studio|[a-z]{2}(-[A-Za-z]{2,4})?/)")
_TOKEN = re.compile(r'name="csrf[-_]token"[^>]*?(?:value|content)="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Terms:
    """How far a crawl goes: surfaces and people (all where empty), seconds, findings after which it ends (0 for none)."""

    surfaces: frozenset[str] = frozenset()
    seconds: float = 600.0
    who: tuple[str, ...] = ()
    most: int = 0
    say: Callable[[str], None] = lambda line: None

    def is_enough(self, outcome: Outcome) -> bool:
        """Whether there are as many findings as were wanted."""
        return 0 < self.most <= outcome.findings.number

    def wants(self, surface: str) -> bool:
        """Whether a surface is asked."""
        return not self.surfaces or surface in self.surfaces


@dataclass
class Outcome:
    """What came of a crawl."""

    findings: Findings = field(default_factory=Findings)
    asked: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """What was not asked, by the reason."""
    people: int = 0


def crawl(near: World, far: World, terms: Terms) -> Outcome:
    """Ask as everybody on every site of the worlds."""
    outcome, until = Outcome(), time.monotonic() + terms.seconds
    marks = Marks()
    planted = plan(near.snapshot, marks)
    plan_kept(near.snapshot, planted, marks)
    for site in near.snapshot.sites.values():
        known: dict[Sight, str] = {}
        everybody = [one for one in visitors(near.snapshot, site) if not terms.who or one.name in terms.who]
        for place, visitor in enumerate(everybody):
            share = time.monotonic() + (until - time.monotonic()) / (len(everybody) - place)
            round_ = _Round.of((near, far), site, planted, marks, visitor)
            like = known.setdefault(sight(round_.ground), visitor.name)
            writing = terms.wants(WRITTEN) and like == visitor.name
            half = time.monotonic() + (share - time.monotonic()) * (0.6 if writing and terms.surfaces != {WRITTEN} else 1)
            _ask_all(round_, terms, outcome, half, brief=like != visitor.name)
            if writing and not terms.is_enough(outcome):
                _write_all(_Writing(round_, site, visitor), terms, outcome, share)
            outcome.people += 1
            said = f"{site.key}: {visitor.name}: {outcome.asked} requests, {outcome.findings.number} findings"
            terms.say(said if like == visitor.name else f"{said} (sees and may do what {like} does: in brief)")
    return outcome


@dataclass
class _Round:
    """One person in both worlds."""

    who: str
    host: str
    ground: Ground
    near: FlaskClient
    far: FlaskClient
    worlds: tuple[World, World]
    tokens: tuple[str, ...] = ()

    @classmethod
    def of(cls, worlds: tuple[World, World], site: CompiledSite, planted: Planted, marks: Marks, visitor: Visitor) -> _Round:
        """Both worlds begin anew for this person, the far one put otherwise for him; he signs in to both."""
        near, far = worlds
        near.plant(planted, site)
        asker = visitor.asker(site, planted)
        judge = judged(near.snapshot, site, planted, asker)
        far.plant(otherwise(judge, planted, marks), site)
        ground = Ground(near.snapshot, site, planted, marks, judge, seen_cells(judge))
        host = (site.model.hosts or ("localhost",))[0]
        clients = [world.sign_in(site, asker.contact, visitor.roles) for world in worlds]
        return cls(visitor.name, host, ground, clients[0], clients[1], worlds)

    def both(self, ask: Ask) -> tuple[Reply, Reply]:
        """The answers of both worlds. What differs is asked again: a clock may have moved between them."""
        if ask.method != "GET" and not self.tokens:
            self.tokens = (self.token(self.near), self.token(self.far))
        token = (self.tokens[0], self.tokens[1]) if ask.method != "GET" else ("", "")
        found = self._once(ask, token)
        again = ask.method == "GET" or ask.then
        return self._once(ask, token) if again and difference(*found) else found

    def token(self, client: FlaskClient) -> str:
        """The token with which this person's browser sends forms."""
        # A page for whoever is signed in, and the one for whoever is not: each sends the other one away.
        shown = (_TOKEN.search(send(client, self.host, Ask("", path)).raw) for path in ("/sessions", "/signin"))
        return next((found[1] for found in shown if found), "")

    def _once(self, ask: Ask, token: tuple[str, str]) -> tuple[Reply, Reply]:
        return converse(self.near, self.host, ask, token[0]), converse(self.far, self.host, ask, token[1])


def _ask_all(round_: _Round, terms: Terms, outcome: Outcome, until: float, *, brief: bool) -> None:
    links, known = _Links(round_.host, outcome.left), set[tuple[str, str]]()
    sources = [_limited(make(round_.ground)) for name, make in SOURCES.items() if terms.wants(name)]
    if not sources and terms.wants(FOLLOWED):
        sources = [_limited(page_asks(round_.ground))]  # links begin on pages
    for ask in chain(_in_turn(sources), links.waiting() if terms.wants(FOLLOWED) else ()):
        if terms.is_enough(outcome):
            return
        why = _left_out(ask, known, brief=brief) or (LATE if time.monotonic() > until else "")
        if why:
            outcome.left[why] += 1
            continue
        near, far = round_.both(ask)
        outcome.asked += 1
        for finding in judge_answer(round_.ground, round_.who, ask, near, far):
            outcome.findings.add(finding, ask.about)
        links.note(ask, near)


def _left_out(ask: Ask, known: set[tuple[str, str]], *, brief: bool) -> str:
    """Why a request need not be sent: one like it was, or somebody who stands alike has sent it."""
    if brief and (ask.query or ask.headers or ask.method != "GET"):
        return BRIEF
    if ask.alike[1] and ask.alike in known:
        return ask.alike[0]
    known.add(ask.alike)
    return ""


class _Writing:
    """Both worlds of a person while he writes: planted anew whenever too little of what was planted is left."""

    def __init__(self, round_: _Round, site: CompiledSite, visitor: Visitor) -> None:
        self.round, self._site, self._visitor = round_, site, visitor
        self._far = otherwise(round_.ground.judge, round_.ground.planted, round_.ground.marks)
        self.rows: Rows = {}
        self._changed = 0
        self._people: dict[tuple[str, Any], tuple[Any, ...]] = {}
        self.plant()

    def plant(self) -> None:
        """Begin anew."""
        near, far = self.round.worlds
        near.plant(self.round.ground.planted, self._site)
        far.plant(self._far, self._site)
        contact = self.round.ground.judge.asker.contact
        self.round.near, self.round.far = (world.sign_in(self._site, contact, self._visitor.roles) for world in (near, far))
        self.round.tokens = ()
        self.rows, self._changed = near.rows(), 0
        self._people = near.people(contact)

    def send(self, ask: Ask) -> tuple[Reply, Reply, list[Finding]]:
        """The answers, with the mails that were sent, and what was done that should not have been."""
        near, far = self.round.both(ask)
        near, far = (
            replace(answer, mails=world.postbox.emptied()) for answer, world in zip((near, far), self.round.worlds, strict=True)
        )
        before, self.rows = self.rows, self.round.worlds[0].rows()
        found: list[Finding] = []
        if ask.about.startswith("people"):
            found += self._meddled(ask)
        if before != self.rows:
            found += list(trespasses(self.round.ground, self.round.who, ask, before, self.rows))
            self._changed += 1
            if self._changed >= MOST_CHANGED or any(rows.keys() - self.rows[key].keys() for key, rows in before.items()):
                self.plant()
        return near, far, found

    def _meddled(self, ask: Ask) -> list[Finding]:
        """What changed of what is kept of other people, and accounts that the person acts for and may not."""
        near, judge = self.round.worlds[0], self.round.ground.judge
        now = near.people(judge.asker.contact)
        accounts = near.acting(judge.asker.contact) - judge.acts_for
        if now == self._people and not accounts:
            return []
        found = meddling(self.round.who, ask, (self._people, now), accounts)
        self.plant()
        return found


def _write_all(writing: _Writing, terms: Terms, outcome: Outcome, until: float) -> None:
    ground, links = writing.round.ground, _Links(writing.round.host, outcome.left)
    known: set[tuple[object, ...]] = set()
    pages = [ask for ask in page_asks(ground) if ask.about]

    def asked() -> Iterator[Ask]:
        for page in chain(pages, islice(links.waiting(), MOST_FORMS)):
            if time.monotonic() > until:
                return
            found = send(writing.round.near, writing.round.host, page)
            links.note(page, found)
            yield from bent(ground, page.path, page.query, found.text)

    for ask in _in_turn([asked(), api_writes(ground), people_writes(ground)]):
        key = (ask.method, ask.address, ask.fields, str(ask.json), str(ask.headers))
        if terms.is_enough(outcome):
            return
        if key in known:
            continue
        known.add(key)
        if time.monotonic() > until:
            outcome.left[LATE] += 1
            continue
        near, far, found = writing.send(ask)
        outcome.asked += 1
        links.note(ask, near)
        # A form carries what its own world gave it (attempts, uploads, what was said last), which the other does not know.
        beside = near if ask.fields or ask.file else far
        for finding in (*found, *judge_answer(ground, writing.round.who, ask, near, beside)):
            outcome.findings.add(finding, ask.about)


def _limited(asks: Iterable[Ask]) -> Iterator[Ask]:
    known: set[tuple[object, ...]] = set()
    for ask in asks:
        key = (ask.method, ask.address, ask.headers, str(ask.json), ask.fields, ask.file)
        if key not in known:
            known.add(key)
            yield ask


def _in_turn(sources: Sequence[Iterator[Ask]]) -> Iterator[Ask]:
    """One of each in turn, so that whatever time there is goes to all of them."""
    waiting = deque(sources)
    while waiting:
        source = waiting.popleft()
        ask = next(source, None)
        if ask is not None:
            yield ask
            waiting.append(source)


class _Links:
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
            reader = _Reader()
            reader.feed(answer.text)
            for link in reader.links:
                self._take(ask.path, link)

    def _take(self, base: str, link: str) -> None:
        parts = urlsplit(urljoin(f"http://{self._host}{base}", link))
        path = unquote(parts.path)
        if parts.netloc.partition(":")[0] != self._host or parts.scheme not in ("http", "https") or LEAVES.match(path):
            return
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        ask = Ask(FOLLOWED, path, query, about=f"link {'/'.join(path.split('/')[:2])} {' '.join(name for name, _ in query)}")
        kind = (re.sub(r"/[^/]*\d[^/]*", "/#", path), *sorted(name for name, _ in query))
        if ask.address in self._known:
            return
        self._known.add(ask.address)
        if self._alike.get(kind, 0) >= MOST_ALIKE:
            self._left[SAME_LINKS] += 1
            return
        self._alike[kind] = self._alike.get(kind, 0) + 1
        self._waiting.append(ask)


class _Reader(HTMLParser):
    """The links of a page, and its forms that only ask, with a word typed into each box."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self._form: list[tuple[str, str]] | None = None
        self._action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, and what stands in forms."""
        given = {name: value or "" for name, value in attrs}
        for name in ("href", "src"):
            if name in given and tag in ("a", "img", "area", "iframe", "link"):
                self.links.append(given[name])
        if tag == "form":
            self._form = [] if given.get("method", "get").lower() == "get" else None
            self._action = given.get("action", "")
        elif tag == "input" and self._form is not None and given.get("name") and given.get("type") not in ("checkbox", "radio"):
            typed = WORD if given.get("type", "text") in ("text", "search") else given.get("value", "")
            self._form.append((given["name"], typed))

    def handle_endtag(self, tag: str) -> None:
        """A form is whole."""
        if tag == "form" and self._form:
            query = "&".join(f"{name}={value}" for name, value in self._form if value)
            self.links.append(f"{self._action.partition('?')[0]}?{query}")
            self._form = None
