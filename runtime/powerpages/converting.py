"""An export as a whole: the site, its languages, all that belongs to it, and what the checks then say of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from metadata.checks import check
from metadata.errors import Problem
from metadata.files import Opened
from metadata.model import Component, ComponentId, Language, Page, PageAccessRule, Site, component_id
from metadata.system import complete
from metadata.text import Text
from runtime.dualwrite.source import APPROXIMATED, BY_HAND, CONVERTED
from runtime.powerpages.joining import Joining
from runtime.powerpages.pages import make_files, make_markers, make_menus, make_pages, make_redirects
from runtime.powerpages.reading import Export, Record
from runtime.powerpages.report import Making, Outcome, slug
from runtime.powerpages.security import make_permissions, make_profiles, make_roles, make_rules
from runtime.powerpages.texts import Tongue, make_snippets, make_templates, names_of

HANDLED = {
    "website",
    "websitelanguage",
    "portallanguage",
    "webrole",
    "websiteaccess",
    "webpagerule",
    "webpage",
    "webtemplate",
    "pagetemplate",
    "contentsnippet",
    "weblinkset",
    "weblink",
    "sitemarker",
    "redirect",
    "webfile",
    "tablepermission",
    "columnpermissionprofile",
    "columnpermission",
    "publishingstate",
}
REASONS = {
    "sitesetting": "settings have other names and meanings here: see the settings in the studio",
    "list": "the views of a list lie in Dataverse, not in the export: make the view and the list",
    "basicform": "the fields of a form lie in Dataverse, not in the export: make the form",
    "basicformmetadata": "the fields of its form lie in Dataverse, not in the export",
    "advancedform": "the fields of its steps lie in Dataverse, not in the export: make the multistep form",
    "advancedformstep": "the fields of the step lie in Dataverse, not in the export",
    "advancedformmetadata": "the fields of its step lie in Dataverse, not in the export",
    "cloudflowconsumer": "a flow is called by an action or a webhook here: declare one",
    "botconsumer": "there are no bots here",
    "serverlogic": "there is no code of a site here: declare an action",
}
LOST = "what it belongs to is not in the export, or not made"
DROPS = 20
"""So often what does not pass the check is taken out, until the rest passes it."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What came of an export: components to write or save, what opens their contents, and a verdict on each record."""

    components: tuple[Component, ...]
    contents: Opened
    outcomes: tuple[Outcome, ...]
    problems: tuple[Problem, ...]

    def pieces(self, sha256: str) -> bytes:
        """The bytes of a content."""
        with self.contents[sha256]() as opened:
            return opened.read()


def convert(export: Export, there: Mapping[ComponentId, Component], site: str = "") -> Conversion:
    """The components of an export. `there` is what is beside it: entities, on which permissions stand.

    `site` is the key of the site; that of its name where missing.
    """
    key = site or slug(re.sub(r"\s+-\s+site-\w+$", "", export.of("website")[0].name))
    return _concluded(_made(Making(export, key, _beside(there))), there)


def join(export: Export, joining: Joining) -> Conversion:
    """The components of an export that a site which is there does not have yet; nothing that is there is another one then."""
    beside = _beside(joining.there)
    first = _made(Making(export, joining.site, beside, taken=joining.reserved))
    making = _made(Making(export, joining.site, beside, taken=joining.reserved, keys=joining.page_keys(first)))
    joining.settle(making)
    return _concluded(making, joining.there)


def _beside(there: Mapping[ComponentId, Component]) -> dict[ComponentId, Component]:
    return {component_id(item): item for item in complete(there.values())}


def _concluded(making: Making, there: Mapping[ComponentId, Component]) -> Conversion:
    problems = _passing(making, there)
    opened = {digest: _opener(file) for digest, file in making.contents.items()}
    return Conversion(tuple(making.made.values()), opened, tuple(making.outcomes), problems)


def _made(making: Making) -> Making:
    """Everything that comes of the records, each of them told of."""
    export = making.export
    record = export.of("website")[0]
    codes = _codes(export)
    default = codes.get(record.text("defaultlanguage").lower()) or next(iter(codes.values()), "en-US")
    tongue = Tongue(codes, default, names_of(making))
    make_roles(making)
    make_templates(making, tongue)
    make_snippets(making, tongue)
    make_pages(making, tongue)
    make_markers(making)
    make_menus(making, tongue)
    make_redirects(making)
    make_files(making)
    make_rules(making)
    make_permissions(making)
    make_profiles(making)
    _site(making, record, tongue)
    _states(making)
    for kind in sorted(export.kinds):
        for left in export.of(kind):
            if not making.told(left):
                making.by_hand(left, REASONS.get(kind, LOST if kind in HANDLED else "there is nothing of the kind here"))
    return making


def _opener(file: Path) -> Callable[[], BinaryIO]:
    return lambda: file.open("rb")


def _codes(export: Export) -> dict[str, str]:
    """The language codes by the ids of the site's languages, told by the portal's or by the names of files."""
    portal = {item.id: item.text("languagecode") for item in export.of("portallanguage")}
    named = {
        record.text(column).lower(): record.language
        for kind, column in (("webpage", "webpagelanguageid"), ("contentsnippet", "contentsnippetlanguageid"))
        for record in export.of(kind)
        if record.text(column) and record.language
    }
    found = {}
    for item in export.of("websitelanguage"):
        code = item.text("languagecode") or portal.get(item.text("portallanguageid").lower(), "") or named.get(item.id, "")
        if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", code):
            found[item.id] = code
    return found


def _site(making: Making, record: Record, tongue: Tongue) -> None:
    languages = tuple(dict.fromkeys((tongue.default, *tongue.codes.values())))
    for item in (*making.export.of("websitelanguage"), *making.export.of("portallanguage")):
        code = tongue.codes.get(item.id)
        if code is None and item.kind == "websitelanguage":
            making.by_hand(item, "nothing in the export tells its code")
        elif code is not None:
            making.tell(item, CONVERTED, made=f"language {code}")
    for code in languages:
        if ComponentId("language", code) not in making.there:
            made = Language(key=code, label=Text.of(_language_name(making, code)))
            making.made[component_id(made)] = made
    header, footer = (making.keys.get(record.text(f"{part}webtemplateid").lower(), "") for part in ("header", "footer"))
    menu = next((item.key for item in making.made.values() if getattr(item, "links", None) and item.key == "default"), "")
    settings = {item.name.lower(): item.text("value").lower() for item in making.export.of("sitesetting")}
    closed = settings.get("authentication/registration/enabled") == "false"
    notes = [
        f"its {part} has no counterpart; the theme's stands there"
        for part, key in (("header", header), ("footer", footer))
        if record.text(f"{part}webtemplateid") and not key
    ]
    notes.append("people come by invitation; open registration is declared with what people are asked and given")
    made_site = Site(
        key=making.site,
        label=Text.of(record.name),
        default_language=tongue.default,
        languages=languages,
        header=header,
        footer=footer,
        menu=menu,
        registration="closed" if closed else "invitation",
    )
    making.add(made_site, record, tuple(notes))


def _states(making: Making) -> None:
    """A state is published or a draft here: what it was is said by whether it is visible."""
    for record in making.export.of("publishingstate"):
        ours = "published" if record.flag("isvisible") else "draft"
        same = record.name.lower() == ours
        reason = "" if same else "pages in it are published or drafts here; declare a state of its own where that is not enough"
        making.tell(record, CONVERTED if same else APPROXIMATED, reason, ours)


def _language_name(making: Making, code: str) -> str:
    found = (item.name for item in making.export.of("portallanguage") if item.text("languagecode") == code)
    return next(found, code)


def _passing(making: Making, there: Mapping[ComponentId, Component]) -> tuple[Problem, ...]:
    """Take out what does not pass the check, and what names it then; gives back what is wrong still."""
    problems: tuple[Problem, ...] = ()
    for _ in range(DROPS):
        problems = tuple(found for found in check({**there, **making.made}) if found.severity == "error")
        dropped = {name: found for found in problems for name in making.made if str(name) == found.component}
        if not dropped:
            break
        for name, found in dropped.items():
            _drop(making, name, found.message)
    return problems


def _drop(making: Making, name: ComponentId, why: str) -> None:
    """Take a component out. A page stays, as a draft without its parts; that of a rule on pages becomes a draft with it."""
    component, record = making.made[name], making.origin.get(name)
    if name in making.there:  # a site that is there stays as it is
        del making.made[name]
    elif isinstance(component, Page) and (component.blocks or component.template):
        making.made[name] = replace(component, blocks=(), template="", state="draft")
    elif isinstance(component, Site):
        making.made[name] = replace(component, header="", footer="", menu="", logo="")
    else:
        del making.made[name]
        page = ComponentId("page", component.page, making.site) if isinstance(component, PageAccessRule) else None
        if page is not None and isinstance(hidden := making.made.get(page), Page):
            making.made[page] = replace(hidden, state="draft")
    if record is not None:
        kept = [found for found in making.outcomes if found.made != str(name)]
        making.outcomes[:] = [*kept, Outcome(record.kind, record.name, record.place, BY_HAND, "", why)]
