"""What webhooks must be besides well-formed."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Webhook
from metadata.model.webhooks import EVENTS
from metadata.schema.faults import did_you_mean
from metadata.told import told


def webhooks(world: World) -> Iterator[Problem]:
    """A webhook tells of events that there are, in the name of a role, and over an encrypted connection."""
    for hook in world.all(Webhook):
        for index, event in enumerate(hook.events):
            if event not in EVENTS:
                message = told(
                    "There is no event {event}.{hint} Events are {events}.",
                    event=event,
                    hint=did_you_mean(event, EVENTS),
                    events=", ".join(EVENTS),
                )
                yield world.problem(hook, f"events.{index}", "event", message)
        if not hook.roles:
            yield world.problem(hook, "roles", "required", told("Nobody may read for this webhook; name a web role."))
        if hook.address.startswith("http://"):
            message = told("Rows go over encrypted connections; write https, or ${{NAME}} for an address on this machine.")
            yield world.problem(hook, "address", "insecure", message)


RULES = (webhooks,)
