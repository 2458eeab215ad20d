"""Pages with their languages, menus, markers, redirects and web files."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from metadata.files.contents import measured
from metadata.model import (
    LARGEST_CONTENT,
    Block,
    ComponentId,
    Page,
    Redirect,
    SiteMarker,
    StyleSheet,
    WebFile,
    WebLink,
    WebLinkSet,
)
from metadata.style_sheets import LARGEST, faults_in_sheet
from metadata.text import Text
from runtime.dualwrite.source import CONVERTED
from runtime.powerpages.reading import Record
from runtime.powerpages.report import Making, slug
from runtime.powerpages.texts import Tongue, template_of, text_of
from runtime.powerpages.values import marker_key

SCRIPTS = (".js", ".mjs", ".map")
SHEET = ".css"
OF_THERE = ("bootstrap", "portalbasictheme", "theme.")
"""How the sheets begin that come with every such site; ours has its own in their place."""
NOT_ADDRESS = set("/?#!%") | set(" \t\n")
NOT_THERE = "the page that it names is not in the export, or not made"


def is_shown(making: Making, record: Record) -> bool:
    """Does everybody see it: is it in use, and in a publishing state that is visible?"""
    state = making.export.find(record.text("publishingstateid"))
    return record.active and state is not None and state.flag("isvisible")


def make_pages(making: Making, tongue: Tongue) -> None:
    """The tree of pages from the root down; what hangs on nothing is told."""
    contents: dict[str, list[Record]] = defaultdict(list)
    below: dict[str, list[Record]] = defaultdict(list)
    for record in making.export.of("webpage"):
        if record.text("rootwebpageid") and not record.flag("isroot"):
            contents[record.text("rootwebpageid").lower()].append(record)
        else:
            below[record.text("parentpageid").lower()].append(record)
    roots = [record for record in below[""] if record.text("partialurl") in ("/", "")]
    reached: set[str] = set()
    waiting = [(root, "") for root in roots[:1]]
    while waiting:
        record, parent = waiting.pop(0)
        if record.id in reached:
            continue
        reached.add(record.id)
        key = _page(making, tongue, record, contents[record.id], parent)
        waiting += [(child, key) for child in below[record.id]] if key else []
    for record in (record for group in below.values() for record in group):
        if record.id not in reached:
            making.by_hand(record, "the page hangs on no page that is made")


def _page(making: Making, tongue: Tongue, record: Record, contents: list[Record], parent: str) -> str:
    if not record.active:
        making.by_hand(record, "the page is inactive, and is left out with all below it")
        return ""
    key = making.key("page", record)
    notes: list[str] = []
    shown = is_shown(making, record)
    there = [item for item in contents if is_shown(making, item)]
    if shown and contents and not there:
        shown = False
        notes.append("none of its languages is published, so the page is a draft")
    said = [(tongue.of(item), item) for item in (there if shown else contents)] or [("", record)]
    address = record.text("partialurl")
    if not parent:
        address = "/"
    elif not address or NOT_ADDRESS & set(address):
        address, changed = slug(address or record.name), address
        notes.append(f"its part of the address was {changed!r}")
    blocks = _blocks(making, tongue, key, said)
    for item in contents:
        _left(making, item)
        making.tell(item, CONVERTED, made=f"page {making.site}/{key}")
    making.add(
        Page(
            key=key,
            site=making.site,
            parent=parent,
            partial_url=address,
            label=text_of(said, lambda item: item.name) or Text.of(record.name),
            title=text_of(said, lambda item: item.text("title")),
            summary=text_of(said, _summary),
            template=_template(making, record, notes),
            blocks=blocks,
            hidden=record.flag("hiddenfromsitemap"),
            order=record.number("displayorder"),
            state="published" if shown else "draft",
            indexed=not record.flag("excludefromsearch"),
        ),
        record,
        tuple(notes),
    )
    return key


def _summary(record: Record) -> str:
    found = (record.beside("summary.html") or "").strip()
    return "" if "<" in found or "{" in found else found


def _template(making: Making, record: Record, notes: list[str]) -> str:
    found = making.export.find(record.text("pagetemplateid"))
    key = making.keys.get(found.id, "") if found else ""
    if found is not None and not key:
        notes.append(f"its page template {found.name} has no counterpart; the theme's page shows it")
    return key


def _blocks(making: Making, tongue: Tongue, page: str, said: list[tuple[str, Record]]) -> tuple[Block, ...]:
    """What stands on the page: a web template of its copy, in each language that has one."""
    copies = [(tag, item, copy) for tag, item in said if (copy := item.beside("copy.html") or "").strip()]
    key = template_of(making, tongue, f"page-{page}", copies) if copies else ""
    return (Block(type="component", web_template=key),) if key else ()


def _left(making: Making, record: Record) -> None:
    """What of a page has no place here."""
    for part, reason in (
        ("custom_javascript.js", "a page has no script of its own here: put it into a theme"),
        ("custom_css.css", "a page has no style sheet of its own here: write it into one of the site's"),
    ):
        if (record.beside(part) or "").strip():
            making.by_hand(record, reason)
    if (summary := (record.beside("summary.html") or "").strip()) and not _summary(record):
        making.by_hand(record, f"its summary is no plain text: {summary[:60]}")
    for part, kind in (("entitylist", "list"), ("entityform", "form"), ("webform", "multistep form")):
        if record.text(part):
            making.by_hand(record, f"it shows a {kind}: make it, and place it on the page")


def make_menus(making: Making, tongue: Tongue) -> None:
    """Sets of web links; of those of one name in several languages one is made."""
    links: dict[str, list[Record]] = defaultdict(list)
    for link in making.export.of("weblink"):
        links[link.text("weblinksetid").lower()].append(link)
    for record in making.export.of("weblinkset"):
        if not record.active:
            for item in (record, *links[record.id]):
                making.by_hand(item, "the menu is inactive")
            continue
        own = sorted(links[record.id], key=lambda link: link.number("displayorder"))
        entries = _entries(making, own, "", tongue.of(record), 0)
        key = making.key("web_link_set", record)
        label = Text.of({tongue.of(record): record.text("title")}) if record.text("title") and tongue.of(record) else Text()
        making.add(WebLinkSet(key=key, site=making.site, label=label, links=entries), record)


def _entries(making: Making, links: list[Record], parent: str, tag: str, depth: int) -> tuple[WebLink, ...]:
    found = (_entry(making, link, links, tag, depth) for link in links if link.text("parentweblinkid").lower() == parent)
    return tuple(entry for entry in found if entry is not None)


def _entry(making: Making, link: Record, links: list[Record], tag: str, depth: int) -> WebLink | None:
    below = _entries(making, links, link.id, tag, depth + 1) if depth < 1 else ()
    page = making.keys.get(link.text("pageid").lower(), "")
    url = link.text("externalurl")
    if not is_shown(making, link):
        making.by_hand(link, "the entry is inactive or not published, and is left out")
        return None
    if link.text("pageid") and not page:
        making.by_hand(link, NOT_THERE)
        return None
    if depth == 1:
        for lower in (item for item in links if item.text("parentweblinkid").lower() == link.id):
            making.by_hand(lower, "menus have two levels; this would be on the third")
    if url and not url.startswith(("https://", "http://", "/", "mailto:", "tel:")):
        making.by_hand(link, "its address has a form that is not linked to")
        return None
    label = Text.of({tag: link.name} if tag else link.name)
    making.tell(link, CONVERTED, made="web_link_set")
    return WebLink(label=label, page=page, url="" if page else url, new_window=link.flag("openinnewwindow"), links=below)


def make_markers(making: Making) -> None:
    """Site markers, those that Foyer asks for under its own names."""
    for record in making.export.of("sitemarker"):
        page = making.keys.get(record.text("pageid").lower(), "")
        if not page or not record.active:
            making.by_hand(record, NOT_THERE)
            continue
        key = making.keys[record.id] = marker_key(record.name)
        if ComponentId("site_marker", key, making.site) in making.made:
            making.by_hand(record, "there are two of that name; the first counts")
            continue
        making.add(SiteMarker(key=key, site=making.site, page=page), record)


def make_redirects(making: Making) -> None:
    """Redirects of old addresses."""
    for record in making.export.of("redirect"):
        page, url = making.keys.get(record.text("webpageid").lower(), ""), record.text("redirecturl")
        marker = making.keys.get(record.text("sitemarkerid").lower(), "")
        if not record.active or not (page or marker or url.startswith(("https://", "http://"))):
            making.by_hand(record, "it is inactive, or leads to nothing that is here")
            continue
        making.add(
            Redirect(
                key=making.key("redirect", record),
                site=making.site,
                source="/" + record.text("inboundurl").strip("/"),
                page=page,
                marker="" if page else marker,
                url="" if page or marker else url,
                code=301 if record.text("statuscodes") in ("301", "756150000") else 302,
            ),
            record,
        )


def make_files(making: Making) -> None:
    """Web files whose content lies beside them, below pages that are made."""
    for record in making.export.of("webfile"):
        reason = _file_fault(making, record)
        if reason:
            making.by_hand(record, reason)
            continue
        file = _content(record)
        if file.name.lower().endswith(SHEET):
            _make_sheet(making, record, file)
            continue
        content = measured(file)
        making.contents[content.sha256] = file
        making.add(
            WebFile(
                key=making.key("web_file", record),
                site=making.site,
                label=Text.of(record.text("title")),
                parent=making.keys[record.text("parentpageid").lower()],
                partial_url=record.text("partialurl"),
                content=content,
                disposition="attachment" if record.text("contentdisposition") == "756150001" else "inline",
                hidden=record.flag("hiddenfromsitemap"),
                order=record.number("displayorder"),
                state="published" if is_shown(making, record) else "draft",
            ),
            record,
        )


def _make_sheet(making: Making, record: Record, file: Path) -> None:
    """A style sheet of the site's own, switched off: its rules were written for the markup of pages there."""
    try:
        source = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        making.by_hand(record, "it is no text in UTF-8")
        return
    faults = (
        [fault.message for fault in faults_in_sheet(source) if fault.grave] if len(source) <= LARGEST else ["it is too large"]
    )
    if faults:
        making.by_hand(record, f"it cannot be a style sheet: {faults[0]}")
        return
    sheet = StyleSheet(
        key=making.key("style_sheet", record),
        site=making.site,
        label=Text.of(record.text("title")),
        order=record.number("displayorder"),
        active=False,
        source=source,
    )
    making.add(sheet, record, ("it is switched off: its rules were written for the markup of pages there",))


def _file_fault(making: Making, record: Record) -> str:
    address, file = record.text("partialurl"), _content(record)
    if not record.active:
        return "it is inactive"
    if address.lower().endswith(SCRIPTS):
        return "scripts are those of a theme: put it into one"
    if file.name.lower().endswith(SHEET) and file.name.lower().startswith(OF_THERE):
        return "it is the look of every site there; here the theme has its own"
    if making.keys.get(record.text("parentpageid").lower()) is None:
        return NOT_THERE
    if not address or NOT_ADDRESS & set(address):
        return "its part of the address cannot be one"
    if not file.is_file() or file.is_symlink():
        return "its content is not in the export"
    return "it is larger than 25 MB" if file.stat().st_size > LARGEST_CONTENT else ""


def _content(record: Record) -> Path:
    return record.file.with_name(record.file.name.rpartition(".webfile.")[0] or record.file.stem)
