"""What the engine keeps of people besides rows: forms begun, views of lists, and what was changed. Marked as rows are."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from hashlib import blake2s

import sqlalchemy as sa

from metadata.model import Form
from metadata.snapshot import CompiledSite, Snapshot
from runtime.canary.judge import Judge
from runtime.canary.kept_people import KINDS as OF_PEOPLE
from runtime.canary.kept_people import is_known_of_people, keep_people, plan_people
from runtime.canary.marks import WORD, Cell, Marks
from runtime.canary.seeding import STAMP, Planted
from runtime.forms.drafts import AUTO, drafts
from runtime.records.saved import SAVED, VIEW
from runtime.records.tables import AUDIT

DRAFT, OWN, SHARED = "a form begun", "a view of one's own", "a shared view"
KINDS = (DRAFT, OWN, SHARED)
TEXTS = ("text", "long_text")


def plan_kept(snapshot: Snapshot, planted: Planted, marks: Marks) -> None:
    """Put words beside planted rows: for each person a draft of each form that keeps them and two views of each list, and for
    each text of each record with a history what it was before."""
    for contact in planted.people.values():
        cells = [Cell(DRAFT, contact, key) for key, form in snapshot.forms.items() if form.autosave]
        for site in snapshot.sites.values():
            cells += [Cell(DRAFT, contact, key) for key in site.multistep_forms]
            cells += [Cell(kind, contact, key) for key, one in site.lists.items() if one.saved for kind in (OWN, SHARED)]
        planted.kept |= {cell: marks.word(cell) for cell in cells}
    for entity in {form.entity for form in snapshot.forms.values() if form.history is not None}:
        texts = [one.key for one in snapshot.entities[entity].model.attributes if one.type in TEXTS and not one.formula]
        planted.kept |= {(cell := Cell(entity, row, key)): marks.word(cell) for row in planted.rows[entity] for key in texts}
    plan_people(snapshot, planted, marks)


def is_known(planted: Planted, judge: Judge, cell: Cell) -> bool:
    """Whether what is kept belongs to the asker, or is shared with his account."""
    if cell.entity in OF_PEOPLE:
        return is_known_of_people(planted, judge, cell)
    if cell.entity not in KINDS:
        return False
    asker = judge.asker
    if cell.row == asker.contact:
        return True
    account = planted.rows["contact"].get(cell.row, {}).get("account")
    return cell.entity == SHARED and account is not None and account == asker.account


def keep(connection: sa.Connection, snapshot: Snapshot, site: CompiledSite, planted: Planted) -> None:
    """Store what was planned."""
    changes: dict[tuple[str, int], dict[str, list[str | None]]] = {}
    numbers: dict[tuple[str, int], int] = {}  # alike in both worlds, as the ids of all that is kept are
    for number, (cell, word) in enumerate(planted.kept.items(), 1):
        if cell.entity == DRAFT:
            connection.execute(sa.insert(drafts), list(_drafts(snapshot, site, planted, cell, word)))
        elif cell.entity in (OWN, SHARED):
            _keep_view(connection, site, planted, cell, word)
        elif cell.row in planted.rows.get(cell.entity, {}):
            now = planted.rows[cell.entity][cell.row].get(cell.attribute)
            changes.setdefault((cell.entity, cell.row), {})[cell.attribute] = [word, now]
            numbers.setdefault((cell.entity, cell.row), number)
    for (entity, row), changed in changes.items():
        values = {"at": STAMP, "contact": planted.people["own"], "site": site.key, "origin": "portal", "privilege": "write"}
        told = {"id": numbers[entity, row], "entity": entity, "row": row, "changes": json.dumps(changed)}
        connection.execute(sa.insert(AUDIT).values(**values, **told))
    keep_people(connection, site, planted)


def _drafts(snapshot: Snapshot, site: CompiledSite, planted: Planted, cell: Cell, word: str) -> Iterator[dict[str, object]]:
    """One draft for each record at which the form could have been left."""
    form, multi = snapshot.forms.get(cell.attribute), site.multistep_forms.get(cell.attribute)
    names = [f"{AUTO}{form.key}:{row}" for row in planted.rows[form.entity]] if form is not None else []
    steps = {step.key: snapshot.forms[step.form] for step in multi.steps if step.form} if multi is not None else {}
    if multi is not None:
        names.append(multi.key)
    for name in names:
        data = {key: _typed(one, word) for key, one in steps.items()} if name in site.multistep_forms else {}
        if form is not None and not data:
            data = {"typed": {**_typed(form, word), "key": "0" * 32, "_version": "1", "_base": ""}}
        yield {
            "id": blake2s(f"{cell} {name}".encode(), digest_size=16).hexdigest(),
            "contact_id": cell.row,
            "site": site.key,
            "form": name,
            "definition": "",
            "step": "",
            "data": json.dumps(data),
            "attempt": uuid.uuid5(uuid.NAMESPACE_OID, f"{cell} {name}").hex,
            "created_at": planted.at,
            "changed_at": planted.at,
        }


def _typed(form: Form, word: str) -> dict[str, object]:
    fields = [one.attribute for tab in form.tabs for section in tab.sections for one in section.fields]
    return {"language": "en", "zone": "UTC", "posted": {key: [f"{word} {WORD}"] for key in fields}}


def _keep_view(connection: sa.Connection, site: CompiledSite, planted: Planted, cell: Cell, word: str) -> None:
    if cell.attribute not in site.lists:
        return
    account = planted.rows["contact"].get(cell.row, {}).get("account") if cell.entity == SHARED else None
    values = {
        "id": blake2s(str(cell).encode(), digest_size=16).hexdigest(),
        "contact_id": cell.row,
        "account_id": account,
        "site": site.key,
        "list": cell.attribute,
        "kind": VIEW,
        "name": word,
        "state": json.dumps({"q": word}),
        "changed_at": STAMP,
    }
    connection.execute(sa.insert(SAVED).values(**values))
