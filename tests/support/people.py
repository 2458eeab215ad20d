"""The marina's studio with somebody who looks after people: what she may do to contacts, and who is in the roster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from metadata.model import Component, EntityPermission, SiteSetting, WebRole
from runtime import errands
from runtime.identity.roles import grant_roles
from support.marina_site import Marina
from support.studio import open_studio

EVERYTHING = ("read", "write", "create", "delete", "append", "append_to", "history")
KEEPING = (
    WebRole(key="helper", studio=("people",)),
    WebRole(key="diver"),
    EntityPermission(key="keep-people", entity="contact", scope="global", privileges=EVERYTHING, roles=("chief",)),
    EntityPermission(key="help-people", entity="contact", scope="global", privileges=("read",), roles=("helper",)),
    EntityPermission(key="keep-bookings", entity="booking", scope="global", privileges=EVERYTHING, roles=("chief",)),
    EntityPermission(key="keep-accounts", entity="account", scope="global", privileges=("read", "append_to"), roles=("chief",)),
    SiteSetting(key="identity/second_factor_roles", value="diver"),
    SiteSetting(key="identity/attempts_per_minute", value="1000"),
)


@contextmanager
def open_people(database_url: str, folder: Path, *changed: Component) -> Iterator[Marina]:
    """Dora may do everything; Erin may look after people and nothing else; Frida and Gustav are contacts without a sign-in."""
    with open_studio(database_url, folder, *KEEPING, *changed) as site:
        errands.METADATA.create_all(site.engine)
        for name, email in (("frida", "frida@sail.example"), ("gustav", "")):
            site.people[name] = site.add(
                "contact", full_name=name.capitalize(), email=email, active=True, account=site.accounts["sail"]
            )
        with site.engine.begin() as connection:
            grant_roles(connection, site.people["erin"], "marina", ("helper",))
        yield site
