"""Which environment variables metadata may not name."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Component, Connection, IdentityProvider, SyncAlert, Webhook
from metadata.told import told
from metadata.variables import is_own, named_in

PLACES: tuple[tuple[type[IdentityProvider | Webhook | SyncAlert], tuple[str, ...]], ...] = (
    (IdentityProvider, ("client_secret", "key_pair")),
    (Webhook, ("address", "secret")),
    (SyncAlert, ("webhook", "secret")),
)


def own_secrets(world: World) -> Iterator[Problem]:
    """What is sent to another system is never a secret of the installation itself."""
    for connection in world.all(Connection):
        for name, value in connection.settings:
            yield from _judged(world, connection, f"settings.{name}", value)
    for kind, places in PLACES:
        for component in world.all(kind):
            for place in places:
                yield from _judged(world, component, place, getattr(component, place))


def _judged(world: World, component: Component, place: str, text: str) -> Iterator[Problem]:
    for name in filter(is_own, named_in(text)):
        message = told(
            "{variable} is for the installation alone and is sent to nobody; put this value into a variable of its own.",
            variable=name,
        )
        yield world.problem(component, place, "own-secret", message)


RULES = (own_secrets,)
