"""Choice values as words, or as status pills where the option has a tone or a mark."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import escape

from metadata.model import Choice, Option
from metadata.text import in_words


def option_html(option: Option, language: str) -> str:
    """An option as people see it: a pill with a mark and a word, or the word alone."""
    label = escape(option.label.in_language(language) or in_words(option.value))
    if not option.tone and not option.mark:
        return str(label)
    tone = f" status-{option.tone}" if option.tone not in ("", "neutral") else ""
    mark = f" status-{option.mark}" if option.mark not in ("", "dot") else ""
    return f'<span class="status{tone}{mark}">{label}</span>'


def choice_html(choice: Choice | None, language: str) -> Callable[[str], str]:
    """Writes one value of a choice. A value that is no option any more is shown as it is stored."""
    known = {option.value: option_html(option, language) for option in (choice.options if choice else ())}
    return lambda value: known[value] if value in known else str(escape(value))


def choices_html(choice: Choice | None, language: str) -> Callable[[tuple[str, ...]], str]:
    """Writes several values of a choice, with commas between words and spaces between pills."""
    one = choice_html(choice, language)
    has_pills = any(option.tone or option.mark for option in (choice.options if choice else ()))
    between = " " if has_pills else ", "
    return lambda values: between.join(map(one, values))
