"""The key of a map: the one that is told, or a guess from the names of its columns."""

from __future__ import annotations

import re

from runtime.dualwrite.source import SourceMap

LINE = re.compile(r"(LINENUMBER|SEQUENCENUMBER|LINECREATIONSEQUENCENUMBER)$")
NAMING = re.compile(r"(NUMBER|ID|CODE|ACCOUNT|NAME|PHRASE|TITLE|SYMBOL)$")
COMPANY_PATH = "msdyn_company.cdm_companycode"


def key_columns(source: SourceMap) -> tuple[str, ...]:
    """Columns and paths of our side that name a row."""
    return source.key or _guess(source)


def _guess(source: SourceMap) -> tuple[str, ...]:
    named_twice = [item for item in source.fields if item.inside and item.outside and not item.untold]
    coming = [item for item in named_twice if item.direction != "out"] or named_twice
    lookups = [item.inside for item in coming if item.is_lookup]
    lines = [item.inside for item in coming if LINE.search(item.outside.upper()) and not item.is_lookup]
    named = [item.inside for item in coming if NAMING.search(item.outside.upper()) and not item.is_lookup]
    every = [item.inside for item in coming]
    chosen = [*lookups, *lines[:1]] if lines else named[:1] or lookups or every[:1]
    return (*dict.fromkeys(chosen), *((COMPANY_PATH,) if source.company else ()))
