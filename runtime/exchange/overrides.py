"""What differs from one installation to the next, put over a folder of metadata that is the same for all of them.

One YAML file for each installation, kept apart from the folder: components by kind and key, each with the properties that are
otherwise there. `connection erp: {active: false}`, `site_setting shop/captcha/site_key: {value: ...}`. A point leads into a
property that is a mapping, and leaves the rest of it: `connection erp: {settings.url: ...}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from metadata.errors import MetadataError, Position, Problem
from metadata.model import KINDS, Component, ComponentId, component_id
from metadata.schema import dump, load
from metadata.told import told

CODE = "override"
LARGEST = 100_000


def read_overrides(text: str) -> Mapping[str, Mapping[str, Any]]:
    """The overrides of a YAML text, by kind and name. Raises MetadataError for what is none."""
    try:
        found = yaml.load(text[: LARGEST + 1], yaml.CSafeLoader) if text.strip() else {}
    except (yaml.YAMLError, ValueError, RecursionError):
        found = None
    if len(text) > LARGEST or not isinstance(found, dict) or not all(isinstance(value, dict) for value in found.values()):
        message = told("Overrides are a mapping of components, such as connection erp, to properties and their values.")
        raise MetadataError([Problem(Position("overrides"), "", CODE, message)])
    return {str(name): {str(inner): one for inner, one in value.items()} for name, value in found.items()}


def overridden(
    components: Iterable[Component], overrides: Mapping[str, Mapping[str, Any]], elsewhere: Iterable[ComponentId] = ()
) -> tuple[Component, ...]:
    """The components with the overrides over them; those of components `elsewhere` are passed over.

    Raises MetadataError for one that is not among them, or does not fit.
    """
    passed = dict.fromkeys(elsewhere)
    found = {component_id(component): component for component in components}
    names = {str(name): name for name in found}
    problems: list[Problem] = []
    for text, properties in overrides.items():
        name = names.get(text) or _of_site(text, found)
        if name is None and text in map(str, passed):
            continue
        if name is None:
            problems.append(
                Problem(
                    Position("overrides", 0, text),
                    "",
                    CODE,
                    told("There is no component {component} in the files.", component=text),
                )
            )
            continue
        wrong = {"key", "site", "kind"} & set(properties)
        if wrong:
            message = told("{property} cannot be another one; leave it out.", property=", ".join(sorted(wrong)))
            problems.append(Problem(Position("overrides", 0, text), text, CODE, message))
            continue
        try:
            found[name] = load(name.kind, _over(dump(found[name]), properties))
        except MetadataError as error:
            problems += [Problem(Position("overrides", 0, text), text, CODE, item.message) for item in error.problems]
    if problems:
        raise MetadataError(problems)
    return tuple(found.values())


def _over(data: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a component with other values."""
    found = dict(data)
    for text, value in properties.items():
        name, _, inner = text.partition(".")
        held = found.get(name)
        found[name] = {**(held if isinstance(held, dict) else {}), inner: value} if inner else value
    return found


def _of_site(text: str, found: Mapping[ComponentId, Component]) -> ComponentId | None:
    """The component of a kind and key without the site's name, where it is the only one."""
    kind, _, key = text.partition(" ")
    meant = [name for name in found if name.kind == kind and name.key == key] if kind in KINDS else []
    return meant[0] if len(meant) == 1 else None
