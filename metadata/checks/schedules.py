"""Rules on the dates between which pages and web files are there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Page, Site, WebFile
from metadata.schedule import Dated, appears, disappears
from metadata.schema.faults import shown
from metadata.told import told


def schedules(world: World) -> Iterator[Problem]:
    """Dates are in the calendar, and what has them appears before it disappears; the root is always there."""
    given: tuple[Dated, ...] = (*world.all(Page), *world.all(WebFile))
    for page in given:
        names = [name for name in ("visible_from", "visible_until") if getattr(page, name)]
        wrong = [name for name in names if not _in_calendar(getattr(page, name))]
        for name in wrong:
            message = told(
                "{date} is no date of the calendar; write it such as 2027-03-01 or 2027-03-01T08:00.",
                date=shown(getattr(page, name)),
            )
            yield world.problem(page, name, "schedule", message)
        if names and not page.parent:
            message = told("The root is always there; remove its dates, or give them to the pages below.")
            yield world.problem(page, names[0], "schedule", message)
        elif len(names) == 2 and not wrong and not _in_order(page):
            message = told("It would disappear before it appears; give a later date.")
            yield world.problem(page, "visible_until", "schedule", message)


def terms(world: World) -> Iterator[Problem]:
    """The terms of a site stand somewhere, and begin on a day of the calendar."""
    for site in world.all(Site):
        declared = site.terms
        if declared is not None and not declared.snippet and not declared.page:
            message = told("The terms stand nowhere; name a snippet or a page, or both.")
            yield world.problem(site, "terms", "terms", message)
        if declared is not None and not _in_calendar(declared.published):
            message = told(
                "{date} is no date of the calendar; write it such as 2027-03-01 or 2027-03-01T08:00.",
                date=shown(declared.published),
            )
            yield world.problem(site, "terms.published", "schedule", message)


def _in_calendar(written: str) -> bool:
    try:
        read = dt.datetime.fromisoformat(written)
    except ValueError:
        return False
    # Moments at either end of the calendar cannot be told in every zone.
    return 1 < read.year < 9999


def _in_order(page: Dated) -> bool:
    first, last = appears(page, "UTC"), disappears(page, "UTC")
    return first is None or last is None or first < last


RULES = (schedules, terms)
