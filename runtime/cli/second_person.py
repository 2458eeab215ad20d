"""What a release by command comes to for people, and the second person it may need."""

from __future__ import annotations

import re
from collections.abc import Iterable

from metadata.compiler import compile_snapshot
from metadata.store import Components, MetadataStore
from runtime.cli.output import Report


def approved_note(note: str, approved_by: str) -> str:
    """The note of a release, with who else has seen it."""
    return f"{note} (approved by {approved_by})".strip() if approved_by else note


def radius(store: MetadataStore, components: Components, people: tuple[str, str], *, dry_run: bool = False) -> Report | None:
    """What the release comes to, where that is asked or a second person is missing; None where it may be made.

    `people` are who makes it and who approves it. Drafts that wait are released with it, and their authors made it too.
    """
    from runtime.exposure.blast import SETTING, blasts

    after = compile_snapshot(components.values())
    released = store.released()
    before = compile_snapshot(released.values()) if released else None
    asking = (site for snapshot in (before, after) if snapshot is not None for site in snapshot.sites.values())
    if not dry_run and not any(SETTING in site.settings for site in asking):
        return None
    with store.engine.connect() as connection:
        found = blasts(connection, before, after)
    lines = tuple(f"{one.site}: {line}" for one in found for line in one.lines)
    data = {"sites": {one.site: {"changes": list(one.lines), "second_person": one.needs_second} for one in found}}
    author, approved_by = people
    if dry_run:
        return Report((*lines, "Nothing is changed.") if lines else ("Nobody would gain or lose anything.",), data)
    if not any(one.needs_second for one in found):
        return None
    makers = {author, *store.makers()}
    if approved_by and not _is_one_of(approved_by, makers):
        return None
    said = "Somebody gains so many rows, or a second person would be asked for less often from now on,"
    said += " that a second person must approve: pass --approved-by NAME, of none of those who made it"
    said += f" ({', '.join(sorted(makers))})."
    return Report((*lines, said), {**data, "error": said, "makers": sorted(makers)}, ok=False)


def _is_one_of(name: str, others: Iterable[str]) -> bool:
    return any(a == b or (a[0] == b[0] and not (a[1] and b[1])) for a in (_parts(name),) for b in map(_parts, others))


def _parts(name: str) -> tuple[str, str]:
    """A name as people write it, and the number that the studio puts behind it: one of both may be without."""
    found = re.fullmatch(r"(.*?)(?:\s*\((\d+)\))?", " ".join(name.split()).casefold())
    return (found[1], found[2] or "") if found else (name, "")
