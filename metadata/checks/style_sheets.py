"""Rules on style sheets: they can be read, stay within their size, and load what a browser is let load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import SiteSetting, StyleSheet
from metadata.style_sheets import LARGEST, faults_in_sheet
from metadata.told import told

SOURCES = "headers/content_sources"


def sizes(world: World) -> Iterator[Problem]:
    """All sheets of a site together are no larger than a page can bear."""
    for sheet, fits in _in_order(world):
        if not fits:
            message = told("With this sheet those of the site are larger than {most:,} bytes together.", most=LARGEST)
            yield world.problem(sheet, "source", "style-sheet", message)


def texts(world: World) -> Iterator[Problem]:
    """A sheet can be read, and asks for nothing that the policy of the pages forbids."""
    for sheet, fits in _in_order(world):
        if not fits:  # what is too much is not read either
            continue
        setting = world.find("site_setting", SOURCES, sheet.site)
        named = setting.value if isinstance(setting, SiteSetting) else ""
        for fault in faults_in_sheet(sheet.source):
            if fault.host and fault.host in named:
                continue
            severity = "error" if fault.grave else "warning"
            found = world.problem(sheet, "source", "style-sheet", fault.message, severity=severity)
            place = found.position
            if place.line and "\n" in sheet.source:
                yield replace(found, position=replace(place, line=place.line + fault.line))
            else:
                told_line = told("Line {line}: {message}", line=fault.line, message=fault.message)
                yield found if place.line else replace(found, message=told_line)


def _in_order(world: World) -> Iterator[tuple[StyleSheet, bool]]:
    """Every sheet as its site sends them, and whether it still fits with those before it."""
    whole: dict[str, int] = {}
    for sheet in sorted(world.all(StyleSheet), key=lambda sheet: (sheet.site, sheet.order, sheet.key)):
        whole[sheet.site] = whole.get(sheet.site, 0) + len(sheet.source.encode())
        yield sheet, whole[sheet.site] <= LARGEST


RULES = (sizes, texts)
