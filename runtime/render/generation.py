"""The first of two stages: a `*.gen.html` template and metadata in, the source of an ordinary template out.

The first stage is written `<% %>`, `<< >>` and `<# #>`. What it prints is text of the second stage, so everything that
comes from metadata is escaped for HTML, and so are the characters with which the second stage could begin to read code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

from runtime.render.code import CodeSharing

_SPECIAL = {"{": "&#123;", "}": "&#125;", "%": "&#37;", "#": "&#35;", "\\": "&#92;"}
_TEXT = str.maketrans(_SPECIAL | {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})
_MARKUP = str.maketrans({mark: _SPECIAL[mark] for mark in "{}\\"})


class Source(str):
    """Text of the second stage that the theme itself wrote, such as what a macro of a gen template returned."""

    __slots__ = ()


def inert(value: Any) -> str:
    """A value as the second stage may hold it: shown literally, never read as code, never as markup.

    Markup stays markup but cannot begin code; Source stays as it is.
    """
    if isinstance(value, Source):
        return value
    if isinstance(value, Markup):
        return str(value).translate(_MARKUP)
    return str(value).translate(_TEXT)


def resolver(generator: Environment) -> Callable[[str], str]:
    """What replaces the first-stage marks in an ordinary template by what they come to for a site and a language."""

    def resolve(text: str) -> str:
        return generator.from_string(text).render() if "<<" in text or "<%" in text else text

    return resolve


class GeneratorEnvironment(CodeSharing):
    """The first stage: templates that make templates."""

    stage = "generator"


def generator(loader: BaseLoader, *, auto_reload: bool) -> Environment:
    """The environment of the first stage. Macros return plain text there: print them with `<< cell(column)|source >>`."""
    environment = GeneratorEnvironment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        finalize=inert,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=loader,
        auto_reload=auto_reload,
    )
    environment.filters["source"] = Source
    return environment
