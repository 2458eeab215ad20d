"""Several files that a form takes at once, each of which becomes a row of a related entity: what may be, what is held, what is
wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from metadata.model import Form, FormField, RelatedList
from metadata.snapshot import CompiledAttribute, Relationship, Snapshot
from runtime.files.register import Upload
from runtime.files.sizes import size_said
from runtime.forms.attachments import REFUSED, REMOVE, accept_attribute, file_hint, refused_fault, refused_text
from runtime.forms.faults import Fault, Say
from runtime.forms.numbers import locale_for
from runtime.forms.rules import Rules, rules_for

NAME = "attached-"
OVER = "over"
NAMING = ("text", "long_text")
"""The types of a primary name that a row can have of its file."""
MOST_NAMED = 5
"""How many files a fault names that there were too many."""
MOST_HELD = 50
"""How many files a form holds for one list between two tries, as many as a person may have waiting."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A related list of a form that takes files, by its number on the form: the entity and the attributes of its rows."""

    number: int
    related: RelatedList
    relationship: Relationship
    lookup: CompiledAttribute
    attribute: CompiledAttribute
    named: str = ""

    @property
    def entity(self) -> str:
        """The entity of the rows."""
        return self.relationship.entity

    @property
    def name(self) -> str:
        """What its files are posted as."""
        return f"{NAME}{self.number}"

    @property
    def most(self) -> int | None:
        """How many rows may point at one record."""
        return self.lookup.model.max_count


def places_of(snapshot: Snapshot, form: Form) -> tuple[Place, ...]:
    """The related lists of a form that take files; once for each form."""
    return snapshot.derive(("files as rows", form.key), lambda: tuple(_places(snapshot, form)))


def _places(snapshot: Snapshot, form: Form) -> Iterable[Place]:
    related = (section.related for tab in form.tabs for section in tab.sections if section.related is not None)
    for number, item in enumerate(related):
        if not item.upload:
            continue
        relationship = snapshot.entities[form.entity].leading(item.relationship, snapshot.views[item.view].entity)
        far = snapshot.entities[relationship.entity]
        name = far.primary_name
        named = name.key if name.type.name in NAMING and not name.calculated and not name.system else ""
        yield Place(number, item, relationship, far.attributes[relationship.attribute], far.attributes[item.upload], named)


def rules_of(snapshot: Snapshot, place: Place, language: str) -> Rules:
    """What is demanded of each file."""
    return rules_for(snapshot, place.attribute, FormField(attribute=place.attribute.key), language)


@dataclass(frozen=True, slots=True)
class Attached:
    """A place with files that wait for the form to be saved, what is wrong, and how many rows its `record` has `already`."""

    place: Place
    rules: Rules
    files: tuple[Upload, ...] = ()
    faults: tuple[Fault, ...] = ()
    already: int = 0
    record: int | None = None

    @property
    def room(self) -> int:
        """How many more files may be taken in."""
        free = MOST_HELD if self.place.most is None else self.place.most - self.already
        return max(0, min(free, MOST_HELD) - len(self.files))


def over_text(name: str) -> str:
    """What is posted for a file that was one too many."""
    return refused_text(OVER, name)


def over_names(texts: Sequence[str]) -> tuple[str, ...]:
    """The names of the files that were too many, of what is posted."""
    opening = refused_text(OVER, "")
    return tuple(text.removeprefix(opening) for text in texts if text.startswith(opening))


def faults_of_texts(rules: Rules, most_bytes: int, texts: Sequence[str]) -> tuple[Fault, ...]:
    """Why files were refused that were not too many, of what is posted."""
    told = (text for text in texts if text.startswith(REFUSED) and not over_names((text,)))
    return tuple(dict.fromkeys(refused_fault(rules, most_bytes, text) for text in told))


def too_many(place: Place, names: Sequence[str]) -> Fault:
    """The fault of files that are too many."""
    limit = MOST_HELD if place.most is None else place.most
    shown = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
    return Fault("form.files_too_many", (("count", limit), ("names", shown)))


def too_few(place: Place) -> Fault:
    """The fault of fewer files than there must be."""
    return Fault("form.files_too_few", (("count", place.related.min_count),))


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that was taken in and waits for the form to be saved."""

    key: str
    name: str
    size: str


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file that the record has already."""

    name: str
    size: str
    url: str


@dataclass(frozen=True, slots=True)
class AttachView:
    """The control for several files. `remove` is the name of the boxes that give up a file that waits; `shown` are those that
    the record has already, as far as the person may read them."""

    name: str
    id: str
    label: str
    hint: str
    accept: str
    remove: str
    files: tuple[HeldFile, ...]
    errors: tuple[str, ...]
    shown: tuple[ShownFile, ...] = ()
    optional: bool = True
    varying: bool = False

    @property
    def described_by(self) -> str:
        """The ids of the texts that belong to the control."""
        return f"{self.id}-h {self.id}-e" if self.errors else f"{self.id}-h"


def attach_view(attached: Attached, label: str, most_bytes: int, say: Say, shown: tuple[ShownFile, ...] = ()) -> AttachView:
    """The control of a place, in words."""
    place, rules = attached.place, attached.rules
    hints = [file_hint(rules, most_bytes, say)]
    if place.most is not None:
        hints.append(say("form.files_limit", count=place.most))
    if attached.already:
        hints.append(say("form.files_already", count=attached.already))
    locale = str(locale_for(rules.language))
    return AttachView(
        name=place.name,
        id=f"f-{place.name}",
        label=label,
        hint=" ".join(hints),
        accept=accept_attribute(rules),
        remove=f"{place.name}{REMOVE}",
        files=tuple(HeldFile(one.label.key, one.label.name, size_said(one.label.size, locale)) for one in attached.files),
        errors=tuple(fault.sentence(say) for fault in attached.faults),
        shown=shown,
        optional=place.related.min_count <= attached.already,
    )


Attachments = Mapping[int, Attached]
"""What a form takes, by the numbers of its related lists."""
