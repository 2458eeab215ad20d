"""`foyer checkup`: the health of what is served, rule by rule, with place and mend."""

from __future__ import annotations

import os
from dataclasses import asdict

import click

from runtime.checkup.findings import Outcome
from runtime.checkup.running import look_over
from runtime.cli import options
from runtime.cli.output import Report, reporting
from runtime.cli.persons import NotFound, find_site, open_portal
from runtime.config import Config
from runtime.render.chain import theme_roots


@click.command("checkup")
@options.site
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
@reporting
def command(site: str, *, strict: bool) -> Report:
    """Look a served site over: what nobody reaches, links into nowhere, missing translations, unused parts, weak settings."""
    from metadata.store import MetadataStore

    portal = open_portal()
    try:
        found = find_site(portal.snapshot, site)
    except NotFound as error:
        return Report((str(error),), {"error": str(error)}, ok=False)
    roots = theme_roots(Config.from_environment(os.environ).theme_dir)
    components = MetadataStore(portal.engine).released()
    outcomes = look_over(portal.engine, portal.snapshot, found, components, roots)
    lines = tuple(line for outcome in outcomes for line in _lines(outcome))
    data = [
        {"rule": outcome.rule, "state": outcome.state, "findings": [asdict(item) for item in outcome.findings]}
        for outcome in outcomes
    ]
    bad = {"error", "warning"} if strict else {"error"}
    return Report(lines, {"site": found.key, "rules": data}, ok=not any(outcome.state in bad for outcome in outcomes))


def _lines(outcome: Outcome) -> list[str]:
    said = [f"{outcome.state:<8}{outcome.rule}: {outcome.sentence}"]
    return said + [f"  {item.severity:<8}{item.place}: {item.message} {item.mend}" for item in outcome.findings]
