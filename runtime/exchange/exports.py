"""Exports of other products, as a folder, against what is there: components that are new here, with a verdict on each part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from metadata.checks import check
from metadata.errors import MetadataError, Position, Problem
from metadata.files import Opened
from metadata.model import Component, ComponentId, component_id
from metadata.store import Components, MetadataStore
from metadata.told import told
from runtime.dualwrite.converting import convert as convert_maps
from runtime.dualwrite.converting import read_maps
from runtime.dualwrite.definitions import Definitions
from runtime.dualwrite.source import BY_HAND
from runtime.powerpages.converting import join
from runtime.powerpages.joining import STAYS, Joining, brought_names
from runtime.powerpages.reading import read_export
from runtime.powerpages.report import Outcome

Product = Literal["power-pages", "dual-write"]
PRODUCTS: tuple[Product, ...] = ("power-pages", "dual-write")
NOTES: Mapping[Product, str] = {"power-pages": "brought in from Power Pages", "dual-write": "brought in from dual-write"}
"""What the history says of what came in."""
CONNECTION = "dynamics"
CODE = "export"


@dataclass(frozen=True, slots=True)
class Converted:
    """What came of an export: components that are new here, what opens their contents, verdicts, and what is wrong then."""

    components: tuple[Component, ...]
    contents: Opened
    outcomes: tuple[Outcome, ...]
    problems: tuple[Problem, ...]


def convert_export(product: Product, folder: Path, store: MetadataStore, before: Components, site: str) -> Converted:
    """The components of an export over those that are there. Raises MetadataError for what is no such export."""
    _refuse_repeats(folder)
    try:
        if product == "power-pages":
            return _power_pages(folder, store, before, site)
        return _dual_write(folder, before)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as fault:
        # What reads an export takes it for the work of its product; that of somebody else may have any shape.
        problem = Problem(Position(folder.name), "", CODE, told("The files are not written as this product writes them."))
        raise MetadataError([problem]) from fault


def _refuse_repeats(folder: Path) -> None:
    """No product writes YAML that repeats parts of itself, which a few lines can do without end. Raises MetadataError."""
    for file in sorted(file for ending in ("*.yml", "*.yaml") for file in folder.rglob(ending)):
        data = file.read_bytes()
        if b"&" not in data or b"*" not in data:
            continue
        try:
            repeats = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, yaml.CSafeLoader))
        except yaml.YAMLError:
            continue  # told with its line by what reads it
        if repeats:
            place = file.relative_to(folder).as_posix()
            raise MetadataError(
                [Problem(Position(place), "", CODE, told("The file repeats parts of itself by name; write them out."))]
            )


def _power_pages(folder: Path, store: MetadataStore, before: Components, site: str) -> Converted:
    brought = brought_names(before, store.begun_with(NOTES["power-pages"]))
    found = join(read_export(folder), Joining(site, before, brought))
    return Converted(found.components, found.contents, found.outcomes, found.problems)


def _dual_write(folder: Path, before: Components) -> Converted:
    found = convert_maps(read_maps(folder), Definitions(), CONNECTION)
    outcomes = [
        Outcome(
            part.part,
            f"{report.name}: {part.outside or '-'} = {part.inside or '-'}",
            report.file,
            part.verdict,
            "",
            part.reason,
        )
        for report in found.reports
        for part in report.parts
    ]
    new: dict[ComponentId, Component] = {}
    for item in found.components:
        name = component_id(item)
        if name in before:
            outcomes.append(Outcome(name.kind, name.key, "", BY_HAND, "", STAYS))
        else:
            new[name] = item
    problems = tuple(problem for problem in check({**before, **new}) if problem.severity == "error")
    return Converted(tuple(new.values()), {}, tuple(outcomes), problems)
