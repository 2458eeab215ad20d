"""A theatre beside the marina that exists in these tests only, in YAML: what is on, as a calendar, board and cards."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from metadata.files import read_folder
from metadata.model import Component, Site

SITE = "kind: site\nkey: marina\n"
THEATRE = """\
kind: choice
key: stage
options:
  - {value: planned, label: {en: Planned, sv: Planerad}, tone: neutral, mark: open}
  - {value: running, label: {en: On stage, sv: På scenen}, tone: good}
  - {value: done, label: {en: Over, sv: Slut}, tone: info}
---
kind: entity
key: hall
label: Hall
primary_name: name
attributes:
  - {key: name, type: text}
keys: [{key: name, attributes: [name]}]
---
kind: entity
key: show
label: Show
plural: Shows
primary_name: code
attributes:
  - {key: code, type: text, label: Show}
  - {key: title, type: text, label: Title}
  - {key: begins, type: datetime, label: Begins}
  - {key: ends, type: datetime, label: Ends}
  - {key: whole_day, type: boolean, label: Whole day}
  - {key: opens, type: date, label: Opens}
  - {key: closes, type: date, label: Closes}
  - {key: stage, type: choice, choice: stage, label: Stage}
  - {key: hall, type: lookup, target: hall, label: Hall}
  - {key: troupe, type: lookup, target: account, label: Troupe}
  - {key: director, type: lookup, target: contact, label: Director}
  - {key: seats, type: integer, label: Seats}
  - {key: takings, type: money, currency: SEK, label: Takings}
  - {key: coin, type: text, label: Currency}
  - {key: price, type: money, currency: coin, label: Price}
keys: [{key: code, attributes: [code]}]
---
kind: view
key: shows
entity: show
label: Shows
columns: [{attribute: code, second: title}, {attribute: begins}, {attribute: stage}, {attribute: hall}, {attribute: takings}]
sort: [{attribute: code}]
---
kind: view
key: full
entity: show
label: Full houses
columns: [{attribute: code}, {attribute: stage}]
filter: {attribute: seats, operator: ge, value: 100}
---
kind: list
key: programme
label: Programme
views: [shows, full]
layouts: [calendar, table, board, cards]
actions: [{type: details, page: show}]
filters: [{key: stage, attribute: stage}, {key: hall, attribute: hall}, {key: begins, attribute: begins}]
calendar: {start: begins, end: ends, all_day: whole_day, first_day: monday}
board: {attribute: stage, cards: 2}
page_size: 5
---
kind: list
key: runs
label: Runs
views: [shows]
calendar: {start: opens, end: closes, time_zone: Pacific/Auckland, first_day: sunday, span: week}
---
kind: form
key: show
entity: show
tabs: [{sections: [{fields: [{attribute: title}]}]}]
---
kind: page
key: programme
label: Programme
parent: home
partial_url: programme
blocks: [{type: list, list: programme}]
---
kind: page
key: show
label: Show
parent: programme
record_entity: show
blocks: [{type: form, form: show}]
---
kind: page
key: runs
label: Runs
parent: home
partial_url: runs
blocks: [{type: list, list: runs}]
---
kind: entity_permission
key: shows-troupe
entity: show
scope: account
via: troupe
privileges: [read]
roles: [skipper]
---
kind: entity_permission
key: shows-own
entity: show
scope: contact
via: director
privileges: [read, write]
roles: [skipper]
---
kind: entity_permission
key: shows-all
entity: show
scope: global
privileges: [read, write]
roles: [master]
---
kind: entity_permission
key: halls
entity: hall
scope: global
privileges: [read]
roles: [master]
"""


def theatre(changes: Mapping[str, str] | None = None, more: str = "") -> tuple[Component, ...]:
    """The theatre's components, with pieces of the text changed and more documents behind it."""
    text = THEATRE
    for old, new in (changes or {}).items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "theatre.yaml"
        file.write_text("---\n".join(part for part in (SITE, text, more) if part), encoding="utf-8")
        reading = read_folder(Path(folder))
    assert not reading.problems, reading.problems
    return tuple(component for component in reading.components if not isinstance(component, Site))
