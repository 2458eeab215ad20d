"""The settings of a connection as fields of their own, and secrets, which stand in no draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from metadata.connector_settings import CONNECTOR_SETTINGS, ConnectorSetting, is_written_out
from metadata.model import ComponentId
from runtime.studio.bench import made
from runtime.studio.entries import Entry, Line, Part, Surroundings
from runtime.studio.posted import FIELD
from runtime.studio.saving import named
from runtime.studio.shapes import Shape

KIND, SETTINGS, CONNECTOR = "connection", "settings", "connector"


def with_settings(entries: Sequence[Entry], data: Mapping[str, Any], around: Surroundings) -> tuple[Entry, ...]:
    """The entries of a connection, with a field for each setting that its connector knows; others stay pairs."""
    known = CONNECTOR_SETTINGS.get(str(data.get(CONNECTOR) or ""), ())
    return tuple(_named(entry, known, data, around) if entry.shape.name == SETTINGS else entry for entry in entries)


def _named(entry: Entry, known: Sequence[ConnectorSetting], data: Mapping[str, Any], around: Surroundings) -> Entry:
    if entry.form != "pairs" or not known:
        return entry
    given = data.get(SETTINGS) or {}
    order = {name: place for place, name in enumerate(given)}
    # What is there keeps its order, so that a connection that nobody changes is saved as it was.
    fields = sorted(known, key=lambda setting: order.get(setting.name, len(order)))
    names = {setting.name for setting in known}
    others = [(name, line.second) for name, line in zip(given, entry.lines, strict=True) if name not in names]
    lines = tuple(
        Line(f"{FIELD}{SETTINGS}.{place}", name, second="" if is_written_out(name, value) else value)
        for place, (name, value) in enumerate(others)
    )
    part = Part(SETTINGS, "", tuple(_field(setting, str(given.get(setting.name, "")), around) for setting in fields))
    needed = any(setting.required or setting.one_of for setting in known)
    return replace(entry, lines=lines, parts=(part,), shape=replace(entry.shape, required=needed))


def _field(setting: ConnectorSetting, value: str, around: Surroundings) -> Entry:
    speech, path = around.speech, f"{SETTINGS}.{setting.name}"
    shown = "" if is_written_out(setting.name, value) else value
    words = dict.fromkeys(("", *setting.choices, *([shown] if shown else []))) if setting.choices else {}
    told = speech.sentence(setting.help)
    return Entry(
        path,
        Shape(setting.name, "word", {}, setting.required, ""),
        "select" if words else "line",
        (Line(f"{FIELD}{path}", shown, tuple((word, word) for word in words)),),
        errors=tuple(around.problems.get(path, ())),
        help=f"{told} {speech.say('studio.secret_where', variable='${NAME}')}" if setting.secret else told,
        label=speech.say(f"studio.connector_setting.{setting.name}"),
    )


def without_secrets(name: ComponentId, data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Data of a component without the secrets that are written out in it, and the names of these.

    A draft is kept for good, and exported: what nobody may read is not taken into it, right or wrong.
    """
    out = [problem.position.path for problem in made(name, named(name, data))[1] if problem.code == "secret"]
    kept = {key: value for key, value in data.items() if key not in out}
    settings = kept.get(SETTINGS)
    if name.kind == KIND and isinstance(settings, Mapping):
        bare = [key for key, value in settings.items() if isinstance(value, str) and is_written_out(str(key), value)]
        out += map(str, bare)
        if bare:
            kept[SETTINGS] = {key: value for key, value in settings.items() if key not in bare}
    return kept, tuple(out)
