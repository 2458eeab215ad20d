"""What every page of the studio works with: who asks, what they may do, all components, and the frame around the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, redirect, request, session

from metadata.errors import MetadataError, Problem
from metadata.migrate import MigrationRefused, Plan
from metadata.model import KINDS, ComponentId
from metadata.store import Components, MetadataStore
from runtime.context import RequestContext, current
from runtime.errors import AccessDenied, PageNotFound
from runtime.frames import plain_frame
from runtime.pages.speech import formats_of, text_of
from runtime.records.audit import record_act
from runtime.render import Formats, Texts
from runtime.render.texts import engine_languages
from runtime.render.view import Crumb
from runtime.studio.bench import Bench, Item, label_of
from runtime.studio.places import place_of
from runtime.studio.rights import ADOPTING, SCREENS, Reach, author_of, reach_of, right_of
from runtime.studio.routes import ROOT
from runtime.studio.sentences import Speech
from runtime.studio.shapes import Shape

RECENT = "studio"
DOORS: tuple[tuple[str, str, str, str], ...] = (
    ("people", "people", "studio.people", "people"),
    ("sync", "operate", "studio.sync", "arrow-repeat"),
    ("webhooks", "operate", "studio.told", "send"),
    ("audit", "audit", "studio.audit", "journal-text"),
    ("checkup", "", "studio.checkup", "clipboard-check"),
    ("settings", "settings", "studio.settings", "sliders"),
    ("exchange", "exchange", "studio.exchange", "arrow-left-right"),
    ("translations", "exchange", "studio.translations", "translate"),
)
"""The pages by which a site is run: the address, the right that opens each ("" for any on components), text and icon."""
REMEMBERED = 8
SHOWN_IN_TREE = 200
ICONS = {
    "language": "translate",
    "choice": "list-check",
    "entity": "database",
    "view": "table",
    "list": "list-ul",
    "chart": "bar-chart",
    "form": "card-checklist",
    "multistep_form": "signpost-split",
    "search": "search",
    "web_template": "code",
    "style_sheet": "circle-half",
    "page_template": "columns-gap",
    "page": "diagram-3",
    "web_file": "file-earmark",
    "site_marker": "bookmark",
    "snippet": "chat-left-text",
    "web_link_set": "list-task",
    "redirect": "reply",
    "web_role": "people",
    "entity_permission": "shield-lock",
    "attribute_permission": "key",
    "page_access_rule": "lock",
    "exposure_lock": "shield-check",
    "permission_test": "person-check",
    "identity_provider": "box-arrow-in-right",
    "connection": "plug",
    "table_map": "arrow-left-right",
    "webhook": "send",
    "sync_alert": "bell",
    "site": "globe2",
    "api_entity": "hash",
    "site_setting": "gear",
    "publishing_state": "flag",
    "transition_rule": "arrow-right",
}
DESIGNED = ("view", "form", "entity", "page", "web_link_set", "list", "multistep_form", "chart", "table_map", "site")
"""The kinds that have a designer."""
GROUPS = ("data", "design", "content", "security", "sync", "settings")


@dataclass(frozen=True, slots=True)
class Branch:
    """A kind in the tree, with its components where it is the one that is open."""

    kind: str
    label: str
    icon: str
    url: str
    count: int
    drafts: bool
    open: bool
    leaves: tuple[Leaf, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A component in the tree or in a list."""

    label: str
    key: str
    kind: str
    icon: str
    url: str
    state: str
    problems: int = 0
    current: bool = False


@dataclass(frozen=True, slots=True)
class Door:
    """A page of the studio that is about no component."""

    label: str
    url: str
    icon: str
    current: str = ""
    """How it is the current one, as `aria-current` says it: `page` for itself, `true` for a page below it, "" else."""


@dataclass(frozen=True)
class Desk:
    """One request to the studio."""

    context: RequestContext
    reach: Reach
    bench: Bench

    @property
    def store(self) -> MetadataStore:
        """The store of the metadata."""
        return self.context.services.workshop.store

    def readable(self) -> Components:
        """Every component as it may be worked on: where a draft makes none, as it is served. Raises MetadataError."""
        return self.context.services.workshop.readable(self.bench)

    def released(self) -> Components:
        """Every component as it is served. Raises MetadataError."""
        return self.context.services.workshop.released(self.bench)

    @property
    def say(self) -> Texts:
        """The engine's texts."""
        return text_of(self.context)

    @property
    def speech(self) -> Speech:
        """How the editors speak to the person."""
        language = self.context.language
        return Speech(language, self.say, engine_languages(language, self.context.snapshot))

    def finding(self, message: str) -> str:
        """What a check says, in the person's language."""
        return self.speech.finding(message)

    def problem(self, problem: Problem) -> str:
        """A finding with its place in files, in the person's language."""
        return str(replace(problem, message=self.finding(problem.message)))

    def refusal(self, error: Exception) -> str:
        """Why something was not done, in the person's language as far as it is told."""
        if isinstance(error, MetadataError):
            return "\n".join(self.problem(problem) for problem in error.problems)
        if isinstance(error, MigrationRefused):
            return "\n".join((self.finding(error.sentence), *(f"  {self.finding(reason)}" for reason in error.reasons)))
        return str(error)

    def plan(self, plan: Plan) -> str:
        """What publishing would change in the database, a line each, in the person's language."""
        return "\n".join(self.finding(line) for line in plan.lines)

    @property
    def formats(self) -> Formats:
        """How moments are written."""
        return formats_of(self.context)

    @property
    def author(self) -> str:
        """How the person is named in the history."""
        return author_of(self.context.principal)

    @property
    def doors(self) -> tuple[Door, ...]:
        """The pages by which the site is run that the person may open."""
        return tuple(
            Door(self.say(text), self.url(path), icon, self.standing(path))
            for path, right, text, icon in DOORS
            if (self.reach.has(right) if right else self.reach.checks)
        )

    def fresh(self) -> Desk:
        """The same with everything as it is now."""
        return Desk(self.context, self.reach, self.context.services.workshop.bench())

    def designs(self, kind: str) -> bool:
        """Whether components of a kind have a designer."""
        return kind in DESIGNED

    def adopts(self, item: Item) -> bool:
        """Whether tables can be adopted from a component: a connection to a database, by who may make all that comes of it."""
        is_database = item.id.kind == "connection" and item.data.get("connector") == "sql" and not item.head.deleted
        return is_database and all(kind in self.reach.kinds for kind in ADOPTING)

    def makes_screens(self, item: Item) -> bool:
        """Whether a list, pages and forms can be made of a component: an entity, by who may make all of them."""
        is_there = item.id.kind == "entity" and not item.head.deleted
        return is_there and all(kind in self.reach.kinds for kind in SCREENS)

    def url(self, *parts: str) -> str:
        """The address of a page of the studio."""
        path = "/".join(quote(part, safe="/") for part in parts)
        return self.context.url(f"{ROOT}/{path}")

    def address(self, act: str, name: ComponentId) -> str:
        """The address where something is done with a component: edit, source, copy, rename, delete, uses, history."""
        return self.url(act, name.kind, name.key)

    def standing(self, path: str) -> str:
        """How a page of the studio stands to the one that is asked for: `page`, `true` where that is below it, or ""."""
        asked, place = request.path.rstrip("/"), f"{ROOT}/{path}"
        if asked == place:
            return "page"
        return "true" if asked.startswith(f"{place}/") else ""

    def item(self, kind: str, key: str) -> Item:
        """A component within reach, also one that is to be deleted. Raises PageNotFound, AccessDenied."""
        if kind not in KINDS:
            raise PageNotFound
        item = self.bench.find(kind, key, self.reach.site)
        if item is None:
            raise PageNotFound
        if not self.reach.covers(item.id):
            raise AccessDenied
        return item

    def past(self, kind: str, key: str) -> Item:
        """A component within reach that there is or has ever been. Raises PageNotFound, AccessDenied."""
        if kind in KINDS and self.bench.find(kind, key, self.reach.site) is None:
            for name in self.gone(kind):
                if name.key == key:
                    return Item(name, self.store.history(name)[0], {}, None)
        return self.item(kind, key)

    def gone(self, kind: str) -> tuple[ComponentId, ...]:
        """The components of a kind within reach that have been deleted, and whose history is kept."""
        return tuple(name for name in self.store.ever(kind) if name not in self.bench.all and self.reach.covers(name))

    def within(self, kind: str) -> tuple[Item, ...]:
        """The components of a kind that may be worked on."""
        return self.bench.of_site(self.reach.site)[kind] if right_of(kind) in self.reach.rights else ()

    def label(self, item: Item) -> str:
        """The name of a component that people read."""
        return label_of(item, self.context.language, self.context.site.model.default_language)

    def kind_label(self, kind: str, *, several: bool = False) -> str:
        """What a kind is called."""
        key = f"studio.kinds.{kind}" if several else f"studio.kind.{kind}"
        return self.say(key) if key in self.say else kind.replace("_", " ").capitalize()

    def act_label(self, act: str) -> str:
        """What a kind of deed in the audit trail is called; as it is written where it has no name."""
        key = f"studio.act.{act}"
        return self.say(key) if key in self.say else act.replace("_", " ").capitalize()

    def text(self, given: Any) -> str:
        """A text of plain data in the person's language; "" for what is none."""
        if isinstance(given, Mapping):
            language = self.context.language
            for tag in (language, language.partition("-")[0], "any", "en"):
                if isinstance(given.get(tag), str):
                    return str(given[tag])
            return next((str(text) for text in given.values() if isinstance(text, str)), "")
        return given if isinstance(given, str) else ""

    def type_label(self, name: str) -> str:
        """What a type of attributes is called; as it is written where there is no such type."""
        key = f"studio.of_type.{name}"
        return self.say(key) if key in self.say else name

    def place(self, item: Item, path: str) -> str:
        """A place in a component, in the words of its editor."""
        return place_of(KINDS[item.id.kind].model, item.data, path, self.property)

    def property(self, shape: Shape) -> str:
        """What a property of a component is called."""
        return self.say(f"studio.property.{shape.name}")

    def named_in(self, problem: Problem) -> Item | None:
        """The component that a finding is about; None for one that there is not, or where no one component is at fault."""
        kind, _, name = problem.component.partition(" ")
        own = name.partition("/")[2] if name.startswith(f"{self.reach.site}/") else name
        return self.bench.find(kind, own, self.reach.site) or self.bench.find(kind, name, self.reach.site)

    def leaf(self, item: Item, current: ComponentId | None = None) -> Leaf:
        """A component as a line that leads to it."""
        return Leaf(
            self.label(item),
            item.id.key,
            item.id.kind,
            ICONS.get(item.id.kind, "circle"),
            self.opening(item),
            item.state,
            self.bench.count(item.id),
            item.id == current,
        )

    def opening(self, item: Item) -> str:
        """The address at which a component opens: its designer, where it has one, else its fields.

        A site opens with its fields: its designer shapes the look alone. So does what is to be deleted.
        """
        shaped = self.designs(item.id.kind) and item.id.kind != "site" and not item.head.deleted
        return self.address("design" if shaped else "edit", item.id)

    def prove(self) -> None:
        """Make sure who asks before anything is written, and leave the connection to the store."""
        self.context.lease.prove()
        self.context.lease.release()

    def note(self, act: str, kind: str, number: int, **facts: Any) -> None:
        """Write into the audit trail what was done: draft, publish, rollback."""
        with self.context.lease.transaction() as connection:
            record_act(connection, self.context.principal, act, kind, number, facts)

    def page(self, template: str, *, title: str, status: int = 200, opened: Item | None = None, **values: Any) -> Response:
        """A page of the studio. `opened` is the component that it is about."""
        kind = values.get("kind") or (opened.id.kind if opened else "")
        shell = {
            "title": title,
            "desk": self,
            "tree": self._tree(kind, opened.id if opened else None),
            "recent": self.recent(opened),
            "drafts": sum(self.reach.covers(item.id) for item in self.bench.waiting),
            "crumbs": self._crumbs(kind, opened, title),
            "kind": kind,
            "opened": opened,
        }
        frame = plain_frame(self.context)
        html = self.context.renderer.own_page(self.context, f"studio/{template}", frame, **{**shell, **values})
        return make_response(html, status)

    def go(self, *parts: str) -> Response:
        """Lead to another page of the studio."""
        return make_response(redirect(self.url(*parts), 303))

    def go_to(self, act: str, name: ComponentId) -> Response:
        """Lead to a page about a component."""
        return make_response(redirect(self.address(act, name), 303))

    def _crumbs(self, kind: str, opened: Item | None, title: str) -> tuple[Crumb, ...]:
        crumbs = [Crumb(self.kind_label(kind, several=True), self.url("kind", kind))] if kind else []
        if opened:
            crumbs.append(Crumb(self.label(opened), self.address("edit", opened.id)))
        return (*crumbs, Crumb(title)) if crumbs and crumbs[-1].label != title else tuple(crumbs)

    def _tree(self, kind: str, opened: ComponentId | None) -> Mapping[str, tuple[Branch, ...]]:
        waiting = {item.id.kind for item in self.bench.waiting if self.reach.covers(item.id)}
        groups: dict[str, list[Branch]] = {group: [] for group in GROUPS}
        for name in self.reach.kinds:
            items = self.within(name)
            is_open = name == kind
            leaves = tuple(self.leaf(item, opened) for item in items[:SHOWN_IN_TREE]) if is_open else ()
            branch = Branch(
                name,
                self.kind_label(name, several=True),
                ICONS.get(name, "circle"),
                self.url("kind", name),
                len(items),
                name in waiting,
                is_open,
                leaves,
            )
            groups[right_of(name)].append(branch)
        return {group: tuple(branches) for group, branches in groups.items() if branches}

    def recent(self, opened: Item | None) -> tuple[Leaf, ...]:
        """What the person has opened last, the newest first. The cookie remembers it as words."""
        words = [word for word in str(session.get(RECENT, "")).split("\n") if word]
        if opened is not None:
            word = f"{opened.id.kind} {opened.id.key}"
            words = [word, *(other for other in words if other != word)][:REMEMBERED]
            if session.get(RECENT) != (text := "\n".join(words)):
                session[RECENT] = text
        found = (self.bench.find(*word.partition(" ")[::2], self.reach.site) for word in words)
        return tuple(self.leaf(item) for item in self._known(found) if opened is None or item.id != opened.id)

    def _known(self, found: Iterable[Item | None]) -> Iterable[Item]:
        return (item for item in found if item is not None and not item.head.deleted and self.reach.covers(item.id))


def open_desk() -> Desk:
    """The desk of the request being answered. Raises SignInNeeded, AccessDenied."""
    context = current()
    reach = reach_of(context)
    return Desk(context, reach, context.services.workshop.bench())
