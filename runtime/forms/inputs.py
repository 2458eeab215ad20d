"""Inputs of types that are asked for in ways of their own: yes or no, choices, rows, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from runtime.files.labels import FileLabel, read_label
from runtime.forms.attachments import REFUSED, refused_fault
from runtime.forms.faults import Fault
from runtime.forms.fields import PREFIX, Chosen, Input
from runtime.forms.parse import parse_value
from runtime.forms.rules import Rules

MOST_CHOSEN = 500


class SwitchInput(Input):
    """A yes or no. The page posts a 0 before the box, whose 1 follows where it is ticked: the last one counts."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Ticked, not ticked, or not asked."""
        if not valuelist:
            return
        self.posted = True
        self.data = valuelist[-1].strip().lower() not in ("", "0", "false", "off", "no")


class ChoiceInput(Input):
    """One of a closed set of values. Radios that may stay empty post an empty value before the one that is chosen."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """The value posted last."""
        super().process_formdata(valuelist[-1:])

    def check(self, value: Any) -> Sequence[Fault]:
        """Whether it is one of the options."""
        known = {option for option, _ in self.rules.options}
        return () if value in known else (Fault("form.unknown_choice"),)


class ChoicesInput(Input):
    """Several of a closed set of values, posted once each; a hidden empty one says that the question was asked."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """The values, each once, in the order of the page."""
        if not valuelist:
            return
        self.posted = True
        self.data = tuple(dict.fromkeys(value for value in valuelist[:MOST_CHOSEN] if value))

    def check(self, value: Any) -> Sequence[Fault]:
        """Whether all of them are options, and as many as are asked for."""
        known = {option for option, _ in self.rules.options}
        return self.rules.number_faults(len(value)) if known.issuperset(value) else (Fault("form.unknown_choice"),)


class LookupInput(Input):
    """A row of another entity, by id; beside it the text of the search box, which counts when it was changed.

    Posted under three names: `<name>` the id (`<entity>:<id>` where several entities may be pointed at), `<name>__q` the
    text in the search box, `<name>__found` the text that the offered rows answer to.
    """

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        """Read the search box as well."""
        self.search = ""
        self.found = ""
        self.offered: Sequence[Chosen] = ()
        self.chosen: Chosen | None = None
        if formdata is not None:
            self.search = " ".join(formdata.get(f"{self.name}__q", "")[:200].replace("\x00", "").split())
            self.found = " ".join(formdata.get(f"{self.name}__found", "")[:200].split())
        super().process(formdata, *args, **kwargs)

    @property
    def narrowing(self) -> Input | None:
        """The lookup before it on the form by whose row the rows offered are narrowed."""
        found: Input | None = (
            self.owner._fields.get(PREFIX + self.rules.field.narrowed_by) if self.rules.field.narrowed_by else None
        )
        return found

    @property
    def narrowed(self) -> Rules:
        """The rules, with the row that those offered must belong to."""
        other = self.narrowing
        if other is None or other.process_errors or other.data is None:
            return self.rules
        return replace(self.rules, within=other.data[1] if isinstance(other.data, tuple) else other.data)

    @property
    def _moved(self) -> bool:
        """Whether the form narrows it by another row than is stored."""
        other = self.narrowing
        return other is not None and other.data != other.object_data

    def process_data(self, value: Any) -> None:
        """Name the row that is stored."""
        entity, row = value if isinstance(value, tuple) else ("", value)
        super().process_data(value)
        if row is not None:
            self.chosen = self.person.finder.get(self.narrowed, entity, row) or self._stored(entity, row)

    def _stored(self, entity: str, row: int) -> Chosen | None:
        label = self.person.labels.get(self.rules.attribute.key)
        return Chosen(row, str(label), "", entity) if label else None

    def process_formdata(self, valuelist: list[str]) -> None:
        """The row chosen, searched for, or cleared."""
        if not valuelist and not self.search:
            if self.found:
                self.posted, self.data, self.chosen = True, None, None
            return
        self.posted = True
        self.text = valuelist[0] if valuelist else ""
        before, self.data, self.chosen = self.chosen, None, None
        if self.search and self.search != self.found:
            self._search()
        elif self.search or not self.found:
            self._take(self.text, before)

    def _search(self) -> None:
        self.offered = self.person.finder.find(self.narrowed, self.search, 20)
        exact = [row for row in self.offered if self.search.casefold() in (row.label.casefold(), row.second.casefold())]
        if len(exact) == 1:
            self._choose(exact[0])
            return
        raise ValueError(Fault("form.choose_row" if self.offered else "lookup.nothing", (("query", self.search),)))

    def _take(self, text: str, before: Chosen | None) -> None:
        entity, _, number = text.rpartition(":")
        row = parse_value(number, self.rules.attribute.model)
        if row is None:
            return
        kept = before is not None and (before.id, before.entity) == (row, entity) and not self._moved
        found = before if kept else self.person.finder.get(self.narrowed, entity, row)
        if found is None:
            raise ValueError(Fault("form.unknown_record"))
        self._choose(found)

    def _choose(self, row: Chosen) -> None:
        self.chosen = row
        self.data = (row.entity, row.id) if row.entity else row.id

    def check(self, value: Any) -> Sequence[Fault]:
        """Nothing: what may not be chosen was refused when it was read."""
        return ()

    @property
    def named(self) -> str:
        """The name of the row."""
        return self.chosen.label if self.chosen is not None else ""

    def shown(self) -> str:
        """What stands in the search box."""
        if self.chosen is not None:
            return self.chosen.label
        return self.search


class FileInput(Input):
    """A file, by the key of an upload that was taken in before the form was read.

    Posted is the key, nothing to have no file any more, or `!<code>:<name>` for an upload that was refused.
    """

    file: FileLabel | None = None

    def process_data(self, value: Any) -> None:
        """Name the file that is stored."""
        super().process_data(value)
        if value is not None:
            self.file = read_label(self.person.labels.get(self.rules.attribute.key))

    def process_formdata(self, valuelist: list[str]) -> None:
        """The upload, none, or why it was refused."""
        if not valuelist:
            return
        self.posted, self.text = True, valuelist[0]
        self.data, self.file = None, None
        if self.text.startswith(REFUSED):
            raise ValueError(refused_fault(self.rules, self.person.most_bytes, self.text))
        upload = self.person.upload(self.rules, self.text) if self.text else None
        if upload is not None:
            self.data, self.file = upload.id, upload.label
        elif self.text:
            raise ValueError(Fault("form.file_gone"))

    def check(self, value: Any) -> Sequence[Fault]:
        """Nothing: an upload was looked at when it was taken in."""
        return ()

    @property
    def named(self) -> str:
        """The label of the file."""
        return self.file.text if self.file is not None else ""

    @property
    def pending(self) -> str:
        """The key of an upload that no row holds yet, to be posted again."""
        return self.file.key if self.file is not None and not self.file.row else ""

    def shown(self) -> str:
        """What is posted for it as it is."""
        return self.text if self.posted else ""
