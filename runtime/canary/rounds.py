"""One person in both worlds: asking, and writing with a look at what was changed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from flask.testing import FlaskClient

from metadata.snapshot import CompiledSite
from runtime.canary.asking import Ask, Reply, converse, difference, send, told_by_signs
from runtime.canary.findings import Finding
from runtime.canary.ground import Ground
from runtime.canary.judge import Rows
from runtime.canary.marks import Marks
from runtime.canary.otherwise import judged, otherwise, seen_cells
from runtime.canary.people import Visitor
from runtime.canary.seeding import Planted
from runtime.canary.trespass import meddling, trespasses
from runtime.canary.worlds import World

MOST_CHANGED = 12
_TOKEN = re.compile(r'name="csrf[-_]token"[^>]*?(?:value|content)="([^"]+)"')


def ground_of(world: World, site: CompiledSite, planted: Planted, marks: Marks, visitor: Visitor) -> Ground:
    """What a person has before him of what is planted."""
    judge = judged(world.snapshot, site, planted, visitor.asker(world.snapshot, site, planted))
    return Ground(world.snapshot, site, planted, marks, judge, seen_cells(judge))


@dataclass
class Round:
    """One person in both worlds."""

    who: str
    host: str
    ground: Ground
    near: FlaskClient
    far: FlaskClient
    worlds: tuple[World, World]
    other: Planted
    """What is planted in the far world."""
    tokens: tuple[str, ...] = ()

    @classmethod
    def of(cls, worlds: tuple[World, World], site: CompiledSite, planted: Planted, marks: Marks, visitor: Visitor) -> Round:
        """Both worlds begin anew for this person, the far one put otherwise for him; he signs in to both."""
        near, far = worlds
        near.plant(planted, site)
        ground = ground_of(near, site, planted, marks, visitor)
        other = otherwise(ground.judge, planted, marks)
        far.plant(other, site)
        host = (site.model.hosts or ("localhost",))[0]
        clients = [world.sign_in(site, ground.judge.asker, visitor.roles) for world in worlds]
        return cls(visitor.name, host, ground, clients[0], clients[1], worlds, other)

    def both(self, ask: Ask) -> tuple[Reply, Reply]:
        """The answers of both worlds. What differs is asked again: a clock may have moved between them."""
        if ask.method != "GET" and not self.tokens:
            self.tokens = (self.token(self.near), self.token(self.far))
        token = (self.tokens[0], self.tokens[1]) if ask.method != "GET" else ("", "")
        found = self._once(ask, token)
        if ask.method != "GET" and not ask.then:
            return found
        if difference(*found):
            return self._once(ask, token)
        # What looks drawn by lot is the same when asked again only where it is worked out of something: of what is hidden, if
        # the worlds do not have it alike.
        return told_by_signs(found, self._once(ask, token)) if found[0].signs != found[1].signs else found

    def token(self, client: FlaskClient) -> str:
        """The token with which this person's browser sends forms."""
        # A page for whoever is signed in, and the one for whoever is not: each sends the other one away.
        shown = (_TOKEN.search(send(client, self.host, Ask("", path)).raw) for path in ("/sessions", "/signin"))
        return next((found[1] for found in shown if found), "")

    def _once(self, ask: Ask, token: tuple[str, str]) -> tuple[Reply, Reply]:
        return converse(self.near, self.host, ask, token[0]), converse(self.far, self.host, ask, token[1])


class Writing:
    """Both worlds of a person while he writes: planted anew whenever too little of what was planted is left."""

    def __init__(self, round_: Round, site: CompiledSite, visitor: Visitor) -> None:
        self.round, self._site, self._visitor = round_, site, visitor
        self.rows: Rows = {}
        self._changed = 0
        self._people: dict[tuple[str, Any], tuple[Any, ...]] = {}
        self.plant()

    def plant(self) -> None:
        """Begin anew."""
        near, far = self.round.worlds
        near.plant(self.round.ground.planted, self._site)
        far.plant(self.round.other, self._site)
        asker = self.round.ground.judge.asker
        self.round.near, self.round.far = (world.sign_in(self._site, asker, self._visitor.roles) for world in (near, far))
        self.round.tokens = ()
        self.rows, self._changed = near.rows(), 0
        self._people = near.people(asker.contact)

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
