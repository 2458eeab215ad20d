"""Plain data to YAML text that people like to read and that is the same each time."""

from __future__ import annotations

from typing import Any

import yaml


class Dumper(yaml.CSafeDumper):
    """Block style, every value written out."""

    def ignore_aliases(self, data: Any) -> bool:
        """Nothing is written as an anchor."""
        return True


def represent_text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    """A text of several lines becomes a block where that keeps it exact."""
    style = "|" if "\n" in text and is_block(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def is_block(text: str) -> bool:
    """Whether a text of several lines can be shown as a block: printable lines without space at their ends."""
    lines = text.split("\n")
    fits = bool(lines[0]) and not lines[0].startswith(" ") and not text.endswith("\n\n")
    return fits and all(line == line.rstrip() and line.isprintable() for line in lines)


Dumper.add_representer(str, represent_text)


def emit(data: dict[str, Any]) -> bytes:
    """One YAML document as UTF-8 bytes."""
    text = yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=-1)
    return str(text).encode("utf-8")
