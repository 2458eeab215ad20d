"""`foyer bisect`: the release, and the change in it, with which a check of the portal began to fail."""

from __future__ import annotations

import click

from metadata.snapshot import CompiledSite
from metadata.store import MetadataStore, Release
from runtime.bisect.finding import Bisection, Check, Found, Unfit
from runtime.bisect.halving import SAID, Verdict
from runtime.bisect.pinned import PinnedPortal
from runtime.cli import options
from runtime.cli.changes import difference_data
from runtime.cli.output import Report, reporting
from runtime.cli.persons import NotFound, OpenPortal, find_person, find_site, open_portal
from runtime.exposure.expectations import NOBODY
from runtime.studio.viewing.guise import DRAFT, Guise

SECONDS = 60.0


@click.command("bisect")
@click.option("--check", "judge", required=True, metavar="CMD", help="Command of the shell that judges; 0 means good.")
@click.option("--good", type=click.IntRange(1, 2**62), help="Release that passes; the first where none is named.")
@click.option("--bad", type=click.IntRange(1, 2**62), help="Release that fails; the newest where none is named.")
@click.option("--as", "who", default=NOBODY, show_default=True, help="Whose eyes: an e-mail, or anonymous.")
@click.option("--role", type=options.NAME, default="", help="Instead: somebody without rows who holds this web role.")
@options.site
@click.option("--timeout", type=click.FloatRange(1, 3600), default=SECONDS, show_default=True, help="Seconds for each check.")
@click.option("--show", is_flag=True, help="Let what the command prints be seen.")
@reporting
def command(
    *, judge: str, good: int | None, bad: int | None, who: str, role: str, site: str, timeout: float, show: bool
) -> Report:
    """Find the change that broke a page: releases are served one by one over the rows of today, and CMD judges each.

    CMD finds the address of the portal in FOYER_URL, where nobody signs in or writes. It ends with 0 where all is well, with
    125 where it cannot tell, and with anything else where something is wrong: `curl -fs "$FOYER_URL/terms" | grep -q Delivery`.
    """
    portal = open_portal()
    store = MetadataStore(portal.engine)
    try:
        found_site = find_site(portal.snapshot, site)
        guise = _guise(portal, who, role, found_site)
        with PinnedPortal(portal.config, portal.snapshot, found_site, guise) as pinned:
            found = Bisection(store, pinned.show, Check(judge, timeout, show), _tell).run(good, bad)
    except (NotFound, Unfit) as error:
        return Report((f"{str(error)[0].upper()}{str(error)[1:]}.",), {"error": str(error)}, ok=False)
    releases = {release.id: release for release in store.releases()}
    return _report(found, releases[found.turn.bad])


def _guise(portal: OpenPortal, who: str, role: str, site: CompiledSite) -> Guise:
    """Whose eyes; looking as at drafts, since the tables may lack what a release names."""
    if role:
        if role not in site.roles:
            raise NotFound(f"there is no web role {role}; there are {', '.join(sorted(site.roles))}")
        return Guise(DRAFT, "role", role)
    if who == NOBODY:
        return Guise(DRAFT, "anonymous")
    with portal.engine.connect() as connection:
        return Guise(DRAFT, "contact", str(find_person(connection, portal.snapshot, who).contact))


def _tell(release: int, verdict: Verdict) -> None:
    click.echo(f"release {release} {SAID[verdict]}", err=True)


def _report(found: Found, release: Release) -> Report:
    turn = found.turn
    lines = [f"Release {turn.bad} is the first that fails, and release {turn.good} the last that passes."]
    if turn.between:
        unclear = ", ".join(map(str, turn.between))
        lines = [f"Release {turn.good} passes and release {turn.bad} fails; between them {unclear} could not be judged."]
    note = f": {release.note}" if release.note else "."
    lines.append(f"Release {release.id} is of {release.created_at:%Y-%m-%d %H:%M} UTC, by {release.author}{note}")
    lines += (line for cause in found.causes for line in str(cause).splitlines())
    if found.others:
        lines.append(f"{found.others} other changes of the same release have no part in it.")
    return Report(
        tuple(lines),
        {
            "good": turn.good,
            "bad": turn.bad,
            "not_judged": list(turn.between),
            "author": release.author,
            "note": release.note,
            "at": release.created_at.isoformat(),
            "asked": [{"release": number, "verdict": verdict} for number, verdict in found.asked],
            "causes": [difference_data(cause) for cause in found.causes],
            "others": found.others,
        },
    )
