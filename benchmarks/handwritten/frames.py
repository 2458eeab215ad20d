"""The frame of the engine's own pages, taken once, around loops and values written by hand: pages of equal size."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PIECES = Path(__file__).parent / "templates"
ROWS = re.compile(r'(?<=<tbody role="rowgroup">\n).*?(?=</tbody>)', re.DOTALL)
FOOT = re.compile(r'<div class="list-foot">.*?</nav>\s*</div>', re.DOTALL)
TOKEN = re.compile(r'(?<=name="csrf_token" value=")[^"]+|(?<=name="csrf-token" content=")[^"]+')


@dataclass(frozen=True, slots=True)
class Hole:
    """A place of a page that differs from request to request, and the template text that fills it."""

    pattern: re.Pattern[str]
    filling: str


def write_frames(get: Callable[[str], str], order: str, folder: Path) -> None:
    """Templates `list.html` and `detail.html`, from the pages that `get` brings. `order` is the number of the order shown."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "list.html").write_text(_template(get("/orders"), list_holes()), encoding="utf-8")
    (folder / "detail.html").write_text(_template(get(f"/orders/{order}"), detail_holes(order)), encoding="utf-8")


def list_holes() -> tuple[Hole, ...]:
    """What differs on a list."""
    return (Hole(ROWS, _piece("list_rows")), Hole(FOOT, _piece("list_foot")), *_person())


def detail_holes(order: str) -> tuple[Hole, ...]:
    """What differs on a detail page: its heading, its strip, its facts and its lines."""
    facts = (
        ("Requested", "{{ long_day(order.requested_on) }}"),
        ("Ordered", "{{ long_day(order.ordered_on) }}"),
        ("Ship to", "{{ order.city|e }}"),
        ("Total", "{{ money(order.total) }}&nbsp;EUR"),
        ("Your reference", "{{ order.reference|e }}"),
        ("Ordered by", "{{ order.contact|e }}"),
        ("Customer", "{{ order.account|e }}"),
    )
    return (
        Hole(ROWS, _piece("line_rows")),
        Hole(re.compile(rf"(?<=<bdi>){order}|(?<=<title>){order}"), "{{ order.number }}"),
        Hole(re.compile(r'<span class="status[^"]*">[^<]*</span>'), "{{ statuses[order.status] }}"),
        *(Hole(re.compile(rf"(?<=<dt>{name}</dt><dd>).*?(?=</dd>)"), filling) for name, filling in facts),
        *_person(),
    )


def _person() -> tuple[Hole, ...]:
    name = Hole(re.compile(r"(?<=<bdi>)Person \d+ Jansen"), "{{ name|e }}")
    account = Hole(re.compile(r"(?<=<bdi>)Customer \d+ BV"), "{{ account|e }}")
    return Hole(TOKEN, "{{ csrf }}"), name, account


def _piece(name: str) -> str:
    return (PIECES / f"{name}.html").read_text(encoding="utf-8")


def _template(html: str, holes: tuple[Hole, ...]) -> str:
    for hole in holes:
        html = hole.pattern.sub(lambda _, filling=hole.filling: filling, html)  # type: ignore[misc]
    return html
