"""Finding the release with which a page broke: by eye, or by a check that is declared; no command is run from here.

All that was answered stands in the address, so that going back takes an answer back. Which release is asked for next is what
`foyer bisect` asks for next.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Response, current_app, make_response, redirect, request

from metadata.store import Difference, Release
from runtime.bisect.halving import Turn, Verdict, turn_of
from runtime.errors import AccessDenied
from runtime.security import local_path
from runtime.studio.desk import Desk, open_desk
from runtime.studio.judging import SORTS, Check, check_of, judge
from runtime.studio.releasing import DiffLine, diff_lines
from runtime.studio.viewing.window import Window, window_at

EYE = "eye"
LETTERS: Mapping[str, Verdict] = {"g": "good", "b": "bad", "s": "skip"}
_SAID = re.compile(r"([1-9][0-9]{0,8})([gbs])")
MOST_SAID = 64
MOST_OFFERED = 200
"""Releases to choose from, the newest."""
MOST_CHANGES = 100


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: a page, between a good release and a bad one, by a check or by eye, and what was said so far."""

    path: str
    good: int
    bad: int
    check: Check | None
    said: Mapping[int, Verdict]

    def with_said(self, release: int, verdict: Verdict) -> Search:
        """The same with one more answer."""
        return replace(self, said={**self.said, release: verdict})

    @property
    def query(self) -> str:
        """As it stands in an address."""
        words = {verdict: letter for letter, verdict in LETTERS.items()}
        said = ".".join(f"{release}{words[verdict]}" for release, verdict in sorted(self.said.items()))
        checked = {"check": self.check.sort, "value": self.check.value} if self.check else {"check": EYE}
        return urlencode({"path": self.path, "good": self.good, "bad": self.bad, **checked, "said": said})


@dataclass(frozen=True, slots=True)
class Cause:
    """A component that the first bad release changed, where the person may work on it, with what differs."""

    difference: Difference
    lines: tuple[DiffLine, ...]
    history: str


@dataclass(frozen=True, slots=True)
class State:
    """How far a search got: the release to be judged next, or where it turned, or why there is nothing to find."""

    next: int = 0
    turn: Turn | None = None
    wrong: str = ""
    left: int = 0


class _Unsaid(Exception):
    """A release has to be judged first."""

    def __init__(self, release: int) -> None:
        self.release = release
        super().__init__(release)


def bisect() -> Response:
    """Ask for a page and two releases; then show one release after the other until it is known with which the page broke."""
    desk = _desk()
    releases = desk.store.releases()
    if "good" not in request.args:
        return _form(desk, releases)
    search = _search(releases)
    if isinstance(search, str):
        return _form(desk, releases, wrong=desk.say(f"studio.bisect_{search}"), status=422)
    state = _state(search, releases)
    if state.turn is not None:
        return _found(desk, search, state.turn, releases)
    if state.wrong:
        return _form(desk, releases, wrong=desk.say(f"studio.bisect_{state.wrong}"), status=422)
    return _asking(desk, search, state)


def judge_next() -> Response:
    """Let the check judge the release that is next, and go on from there."""
    desk = _desk()
    releases = desk.store.releases()
    search = _search(releases)
    state = _state(search, releases) if isinstance(search, Search) else State()
    if isinstance(search, str) or search.check is None or not state.next:
        return desk.go(f"bisect?{request.query_string.decode('ascii', 'replace')}")
    window = _window(desk, search, state.next)
    verdict = judge(current_app, desk, window.source, state.next, search.check)
    return make_response(redirect(_address(desk, search.with_said(state.next, verdict)), 303))


def _desk() -> Desk:
    """Of somebody who may look at earlier releases through other eyes. Raises SignInNeeded, AccessDenied."""
    desk = open_desk()
    if not desk.reach.bisects:
        raise AccessDenied
    return desk


def _search(releases: Sequence[Release]) -> Search | str:
    """What the address asks for; else why it cannot be."""
    given = request.args
    known = {release.id for release in releases}
    good, bad = (_number(given.get(name, "")) for name in ("good", "bad"))
    path = local_path(given.get("path", "/").strip() or "/")
    if not path:
        return "no_path"
    if good not in known or bad not in known or good >= bad:
        return "no_releases"
    sort = given.get("check", EYE)
    check = check_of(sort, given.get("value", ""))
    if check is None and sort != EYE:
        return "no_check"
    found = [_SAID.fullmatch(part) for part in given.get("said", "").split(".")[:MOST_SAID]]
    said = {int(one[1]): LETTERS[one[2]] for one in found if one is not None}
    return Search(path, good, bad, check, {release: verdict for release, verdict in said.items() if good <= release <= bad})


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _state(search: Search, releases: Sequence[Release]) -> State:
    """How far a search got. Its ends are judged first where a check can do so; an eye has seen them."""
    ends: Mapping[int, Verdict] = {search.bad: "bad", search.good: "good"}
    for release, wanted in ends.items() if search.check else ():
        if release not in search.said:
            return State(release)
        if search.said[release] != wanted:
            return State(wrong=f"not_{wanted}")
    between = sorted(release.id for release in releases if search.good <= release.id <= search.bad)

    def said(release: int) -> Verdict:
        if release not in search.said:
            raise _Unsaid(release)
        return search.said[release]

    try:
        return State(turn=turn_of(between, said))
    except _Unsaid as unsaid:
        left = _left(between, search.said)
        return State(unsaid.release, left=max(1, left.bit_length()))


def _left(between: Sequence[int], said: Mapping[int, Verdict]) -> int:
    """How many releases it may still be."""
    low = max((release for release in between if said.get(release) == "good"), default=between[0])
    high = min((release for release in between if said.get(release) == "bad"), default=between[-1])
    return sum(low < release < high and release not in said for release in between)


def _form(desk: Desk, releases: Sequence[Release], *, wrong: str = "", status: int = 200) -> Response:
    offered = releases[:MOST_OFFERED]
    return desk.page(
        "bisect.html",
        title=desk.say("studio.bisect"),
        status=status,
        releases=[(release, desk.formats.moment(release.created_at)) for release in offered],
        given={name: request.args.get(name, "") for name in ("path", "good", "bad", "check", "value")},
        sorts=(EYE, *SORTS),
        wrong=wrong,
    )


def _asking(desk: Desk, search: Search, state: State) -> Response:
    release = next(found for found in desk.store.releases() if found.id == state.next)
    answers = {verdict: _address(desk, search.with_said(state.next, verdict)) for verdict in LETTERS.values()}
    return desk.page(
        "bisect_ask.html",
        title=desk.say("studio.bisect_is", release=state.next),
        search=search,
        state=state,
        release=release,
        moment=desk.formats.moment(release.created_at),
        window=_window(desk, search, state.next),
        answers=answers,
        said=_said(desk, search),
        here=_address(desk, search),
    )


def _found(desk: Desk, search: Search, turn: Turn, releases: Sequence[Release]) -> Response:
    release = next(found for found in releases if found.id == turn.bad)
    changes = desk.store.diff(turn.good, turn.bad)
    within = [difference for difference in changes if desk.reach.covers(difference.component)]
    causes = [
        Cause(difference, diff_lines(difference, desk.property), desk.address("history", difference.component))
        for difference in within[:MOST_CHANGES]
    ]
    return desk.page(
        "bisect_found.html",
        title=desk.say("studio.bisect_found", release=turn.bad),
        search=search,
        turn=turn,
        release=release,
        moment=desk.formats.moment(release.created_at),
        causes=causes,
        others=len(changes) - len(causes),
        current=desk.bench.standing.release,
        seen=[(number, _window(desk, search, number).source) for number in (turn.good, turn.bad)],
        said=_said(desk, search),
    )


def _said(desk: Desk, search: Search) -> list[tuple[int, Verdict, str]]:
    """What was said of each release, with the address at which it is not said."""
    without = (
        {other: verdict for other, verdict in search.said.items() if other != release} for release in sorted(search.said)
    )
    return [
        (release, search.said[release], _address(desk, replace(search, said=kept)))
        for release, kept in zip(sorted(search.said), without, strict=True)
    ]


def _window(desk: Desk, search: Search, release: int) -> Window:
    window = window_at(desk, ((desk.say("studio.bisect_page"), search.path),), f"release-{release}")
    return replace(window, kept=f"&{search.query}")


def _address(desk: Desk, search: Search) -> str:
    return f"{desk.url('bisect')}?{search.query}"
