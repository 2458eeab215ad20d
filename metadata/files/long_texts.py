"""Long texts: properties that are kept in files of their own beside the component.

In YAML such a text is `{file: name}` in place of the string, for all languages or for one:

    text: {file: home.blocks.0.text.any.md}
    text:
      sv: {file: home.blocks.0.text.sv.md}
      any: Short enough to stay here.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from metadata.model import KINDS
from metadata.schema import part_of
from metadata.schema.build import hints

EACH = "*"


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a string of a long text stands in plain data: the container, its key there, the path, the language."""

    container: Any
    key: str
    path: str
    language: str

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.container[self.key]

    def put(self, value: Any) -> None:
        """Puts something else there."""
        self.container[self.key] = value


@functools.cache
def long_paths(kind: str) -> tuple[tuple[str, ...], ...]:
    """The paths of the long texts of a kind; `*` stands for every item of a list."""
    return tuple(_long_paths(KINDS[kind].model, ()))


def _long_paths(model: Any, seen: tuple[Any, ...]) -> Iterator[tuple[str, ...]]:
    annotations = hints(model)
    for field in dataclasses.fields(model):
        part = part_of(annotations[field.name])
        if field.metadata.get("long"):
            yield (field.name,)
        elif part and part is not model and part not in seen and field.name != "values":
            item = (EACH,) if getattr(annotations[field.name], "__origin__", None) is tuple else ()
            for inner in _long_paths(part, (*seen, model)):
                yield (field.name, *item, *inner)


def places(kind: str, data: Any) -> Iterator[Place]:
    """Every string of a long text in the plain data of a component, of whatever shape the data is."""
    for path in long_paths(kind):
        yield from _places(data, path, ())


def _places(data: Any, path: tuple[str, ...], done: tuple[str, ...]) -> Iterator[Place]:
    step, *rest = path
    if step == EACH:
        for index, item in enumerate(data if isinstance(data, list) else ()):
            yield from _places(item, tuple(rest), (*done, str(index)))
    elif isinstance(data, dict) and step in data:
        if rest:
            yield from _places(data[step], tuple(rest), (*done, step))
        else:
            yield from _languages(data, step, ".".join((*done, step)))


def _languages(container: dict[str, Any], key: str, path: str) -> Iterator[Place]:
    value = container[key]
    if isinstance(value, dict) and not is_reference(value):
        for tag in value:
            yield Place(value, tag, path, tag)
    else:
        yield Place(container, key, path, "any")


def is_reference(value: Any) -> bool:
    """Whether a value says that a text is in a file."""
    return isinstance(value, Mapping) and set(value) == {"file"}


def file_pattern(kind: str) -> re.Pattern[str] | None:
    """How the files of long texts of a kind are called, or None for a kind that has none."""
    paths = [r"\.".join(r"\d+" if step == EACH else step for step in path) for path in long_paths(kind)]
    return re.compile(rf".+\.({'|'.join(paths)})\.[A-Za-z0-9-]+(~[0-9a-f]+)?\.md") if paths else None
