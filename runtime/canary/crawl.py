"""A crawl: every person asks everything in both worlds, follows where answers lead, and what comes of it is judged."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from metadata.text import counted
from runtime.canary.asking import Ask, send
from runtime.canary.findings import Findings, judge_answer
from runtime.canary.ground import Ground
from runtime.canary.kept import plan_kept
from runtime.canary.links import FOLLOWED, Links
from runtime.canary.marks import Marks
from runtime.canary.of_imports import import_asks
from runtime.canary.of_languages import LANGUAGES, language_asks
from runtime.canary.of_pages import list_asks, page_asks
from runtime.canary.of_people import people_asks, people_writes
from runtime.canary.of_programs import api_asks, feed_asks, file_asks, lookup_asks
from runtime.canary.of_writes import api_writes, bent
from runtime.canary.people import Sight, sight, visitors
from runtime.canary.rounds import Round, Writing, ground_of
from runtime.canary.seeding import plan, settle
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
    LANGUAGES: language_asks,
}
WRITTEN = "writes"
SURFACES = (*SOURCES, FOLLOWED, WRITTEN)
MOST_FORMS = 120
LATE = "want of time"
BRIEF = "options of somebody who sees and may do what another does"


@dataclass(frozen=True, slots=True)
class Terms:
    """How far a crawl goes: surfaces and people (all where empty), seconds and findings after which it ends (0 for none)."""

    surfaces: frozenset[str] = frozenset()
    seconds: float = 600.0
    who: tuple[str, ...] = ()
    most: int = 0

    def is_enough(self, outcome: Outcome) -> bool:
        """Whether there are as many findings as were wanted."""
        return 0 < self.most <= outcome.findings.number

    def wants(self, surface: str) -> bool:
        """Whether a surface is asked."""
        return not self.surfaces or surface in self.surfaces

    @property
    def until(self) -> float:
        """When it ends that begins now, by the clock that counts from the start of the machine."""
        return time.monotonic() + (self.seconds or math.inf)


@dataclass
class Outcome:
    """What came of a crawl."""

    findings: Findings = field(default_factory=Findings)
    asked: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """What was not asked, by the reason."""
    people: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out for want of time."""
        return not self.left[LATE]

    def take(self, other: Outcome) -> None:
        """What came of another part of the same crawl."""
        self.findings.take(other.findings)
        self.asked += other.asked
        self.left.update(other.left)
        self.people += other.people


@dataclass(frozen=True, slots=True)
class Turn:
    """One person of one site. `like` is who sees and may do the same and has asked before: then it is asked in brief."""

    site: str
    who: str
    like: str = ""

    def said(self, outcome: Outcome) -> str:
        """What is told once it is over."""
        line = f"{self.site}: {self.who}: {counted(outcome.asked, 'request')}, {counted(outcome.findings.number, 'finding')}"
        return f"{line} (sees and may do what {self.like} does: in brief)" if self.like else line


def crawl(near: World, far: World, terms: Terms, say: Callable[[str], None] = lambda line: None) -> Outcome:
    """Ask as everybody on every site of the worlds."""
    outcome, until, crawler = Outcome(), terms.until, Crawler(near, far, terms)
    turns = crawler.turns()
    for place, turn in enumerate(turns):
        share = time.monotonic() + (until - time.monotonic()) / (len(turns) - place)
        crawler.take(turn, outcome, share)
        say(turn.said(outcome))
    return outcome


class Crawler:
    """Two worlds, and what is planted there for everybody."""

    def __init__(self, near: World, far: World, terms: Terms) -> None:
        self._worlds, self._terms, self._marks = (near, far), terms, Marks()
        self._planted = plan(near.snapshot, self._marks)
        plan_kept(near.snapshot, self._planted, self._marks)
        settle(near.snapshot, self._planted)

    def turns(self) -> list[Turn]:
        """Everybody who asks, in the order of how likely they are to find something."""
        snapshot, found = self._worlds[0].snapshot, []
        for site in snapshot.sites.values():
            known: dict[Sight, str] = {}
            for one in visitors(snapshot, site):
                if not self._terms.who or one.name in self._terms.who:
                    like = known.setdefault(sight(ground_of(self._worlds[0], site, self._planted, self._marks, one)), one.name)
                    found.append(Turn(site.key, one.name, "" if like == one.name else like))
        return found

    def take(self, turn: Turn, outcome: Outcome, until: float) -> None:
        """Ask and write as one person, and add what comes of it."""
        if self._terms.is_enough(outcome):
            return
        snapshot = self._worlds[0].snapshot
        site = snapshot.sites[turn.site]
        visitor = next(one for one in visitors(snapshot, site) if one.name == turn.who)
        round_ = Round.of(self._worlds, site, self._planted, self._marks, visitor)
        writing = self._terms.wants(WRITTEN) and not turn.like
        part = 0.6 if writing and self._terms.surfaces != {WRITTEN} else 1
        _ask_all(round_, self._terms, outcome, time.monotonic() + (until - time.monotonic()) * part, brief=bool(turn.like))
        if writing and not self._terms.is_enough(outcome):
            _write_all(Writing(round_, site, visitor), self._terms, outcome, until)
        outcome.people += 1


def _ask_all(round_: Round, terms: Terms, outcome: Outcome, until: float, *, brief: bool) -> None:
    links, known = Links(round_.host, outcome.left), set[tuple[str, str]]()
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
    if brief and (ask.query or ask.headers or ask.method != "GET" or ask.surface == LANGUAGES):
        return BRIEF
    if ask.alike[1] and ask.alike in known:
        return ask.alike[0]
    known.add(ask.alike)
    return ""


def _write_all(writing: Writing, terms: Terms, outcome: Outcome, until: float) -> None:
    ground, links = writing.round.ground, Links(writing.round.host, outcome.left)
    known: set[tuple[object, ...]] = set()
    pages = [ask for ask in page_asks(ground) if ask.about]

    def asked() -> Iterator[Ask]:
        for page in chain(pages, islice(links.waiting(), MOST_FORMS)):
            if time.monotonic() > until:  # what its forms would have been bent to is not known, but that it was left out
                outcome.left[LATE] += 1
                continue
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
