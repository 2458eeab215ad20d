"""All settings of the site on one page: what each does, what it may be, what it is without being set, and what it is now."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Response

from metadata.checks.settings import SETTINGS
from runtime.errors import AccessDenied
from runtime.identity.settings import PREFIX, IdentitySettings
from runtime.studio.desk import Desk, open_desk

KIND = "site_setting"
DEFAULTS = {
    **{f"{PREFIX}{field.name}": str(field.default) for field in dataclasses.fields(IdentitySettings)},
    "publish/guards": "refuse",
    "publish/second_person_rows": "0",
    "api/inner_error": "false",
    "forms/kept_days": "30",
}
"""What counts where a setting is not made; those that are not here are then empty."""


@dataclass(frozen=True, slots=True)
class Line:
    """A setting. `value` is what is served, `draft` what waits to be published; `url` leads to where it is set."""

    key: str
    help: str
    wanted: str
    default: str
    value: str
    draft: str
    is_set: bool
    url: str


def site_settings() -> Response:
    """The page. Who may work on settings of the site sees it."""
    desk = open_desk()
    if KIND not in desk.reach.kinds:
        raise AccessDenied
    groups: dict[str, list[Line]] = {}
    for line in _lines(desk):
        groups.setdefault(line.key.partition("/")[0], []).append(line)
    return desk.page("settings.html", title=desk.say("studio.settings"), groups=groups)


def _lines(desk: Desk) -> Iterator[Line]:
    served, speech = desk.context.site.settings, desk.speech
    for key, (_, wanted) in SETTINGS.items():
        item = desk.bench.find(KIND, key, desk.reach.site)
        there = item is not None and not item.head.deleted
        draft = str(item.data.get("value", "")) if item is not None and there and item.waits else ""
        url = desk.address("edit", item.id) if item is not None and there else f"{desk.url('new', KIND)}?key={key}"
        text = f"studio.setting.{key.replace('/', '.')}"
        told = desk.say(text) if text in desk.say else ""
        yield Line(key, told, speech.sentence(wanted), DEFAULTS.get(key, ""), served.get(key, ""), draft, key in served, url)
