"""The points at which the engine tells others what happens in a request: signature and a sentence each.

A listener is registered while the application is put together; unknown names are refused at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NAMES = {
    "app_created": "app_created(app): the application is complete and serves next.",
    "signed_in": "signed_in(context, contact): a contact has signed in; runs in the transaction of the new session.",
    "signed_out": "signed_out(context, contact): a contact has ended the session.",
    "invitation_redeemed": "invitation_redeemed(context, contact, invitation): runs in the redeeming transaction.",
}


@dataclass(slots=True)
class Hooks:
    """The listeners of one application, in the order in which they were added."""

    _listeners: dict[str, list[Callable[..., None]]] = field(default_factory=dict)

    def listen(self, name: str, listener: Callable[..., None]) -> None:
        """Add a listener. Raises KeyError for a name that is no hook."""
        if name not in NAMES:
            raise KeyError(f"there is no hook {name}; there are {', '.join(NAMES)}")
        self._listeners.setdefault(name, []).append(listener)

    def call(self, name: str, *values: Any) -> None:
        """Tell every listener; what a listener raises goes to the caller and so ends the transaction."""
        for listener in self._listeners.get(name, ()):
            listener(*values)
