"""What is wrong with the text of a template."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """One finding: the line of the text, counted from 1, a stable code, and what to do."""

    line: int
    code: str
    message: str
