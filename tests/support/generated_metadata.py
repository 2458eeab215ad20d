"""Hypothesis strategies for components of every kind, derived from the dataclasses and their rules."""

import dataclasses
import hashlib
import re
import sys
import types
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from metadata.model import KINDS, Content, component_id
from metadata.text import Text

STORABLE = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"))
WORDS = st.one_of(
    st.text(STORABLE, max_size=12),
    st.text(st.sampled_from("aA: #-'\"\n\t\r {}[]&*!|>%@`,?~\\\x85\u2028\ufeff"), max_size=12),
    st.sampled_from(["no", "true", "null", "~", "1e5", "1.5", "010", "2024-01-01", "=", "<<", "a\n\nb\n", "# x\ny", "1:30"]),
)
TAGS = st.sampled_from(["any", "en", "en-US", "sv-SE", "nl", "sv-se"])
NUMBERS = st.one_of(st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none())
SCALARS = st.one_of(WORDS, NUMBERS)
BYTES: dict[str, bytes] = {}
"""What the contents of generated components hold, by their digests."""


def content_of(held: bytes) -> Content:
    digest = hashlib.sha256(held).hexdigest()
    BYTES[digest] = held
    return Content(sha256=digest, size=len(held))


SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    Any: st.one_of(SCALARS, st.lists(SCALARS, max_size=3).map(tuple)),
    Text: st.one_of(WORDS, st.dictionaries(TAGS, WORDS, max_size=3)).map(Text.of),
    Content: st.binary(max_size=40).map(content_of),
}
DEEPEST = 3


def of_model(model: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Any value of a dataclass that its schema allows."""
    annotations = get_type_hints(model, globalns=vars(sys.modules[model.__module__]), localns={})
    required, optional = {}, {}
    for field in dataclasses.fields(model):
        strategy = of_hint(annotations[field.name], field.metadata, depth)
        if field.default is dataclasses.MISSING:
            required[field.name] = strategy
        else:
            optional[field.name] = strategy
    return st.fixed_dictionaries(required, optional=optional).map(lambda values: model(**values))


def of_hint(hint: Any, rules: Any, depth: int) -> st.SearchStrategy[Any]:
    if get_origin(hint) in (Union, types.UnionType):
        inner = next(arm for arm in get_args(hint) if arm is not types.NoneType)
        return st.none() | of_hint(inner, rules, depth)
    if hint in SIMPLE:
        return SIMPLE[hint]
    if hint is str:
        return of_word(rules)
    if hint in (int, float):
        return of_number(hint, rules)
    if dataclasses.is_dataclass(hint):
        return st.deferred(lambda: of_model(hint, depth + 1))
    item = get_args(hint)[0]
    if get_origin(item) is tuple:
        values = of_hint(get_args(item)[1], {}, depth)
        return st.dictionaries(WORDS, values, max_size=3).map(lambda found: tuple(found.items()))
    if dataclasses.is_dataclass(item) and depth >= DEEPEST:
        return st.just(())
    return st.lists(of_hint(item, rules, depth), max_size=2).map(tuple)


def of_word(rules: Any) -> st.SearchStrategy[str]:
    if rules.get("choices"):
        return st.sampled_from(rules["choices"])
    if rules.get("pattern"):
        pattern = (
            rules["pattern"]
            .replace(r"[^/?#!%\s]*", "[a-zA-ZåÅ._~-]{0,8}")
            .replace(r"[^/?#!%\s]+", "[a-zA-ZåÅ._~-]{1,8}")
            .replace("118", "6")
            .replace("58", "6")
        )
        return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(lambda word: "\n" not in word)
    return WORDS


def of_number(kind: type, rules: Any) -> st.SearchStrategy[Any]:
    low, high = rules.get("min", -1000), rules.get("max", 10**6)
    if "choices" in rules:
        return st.sampled_from(rules["choices"])
    return st.integers(low, high) if kind is int else st.floats(low, high)


components = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: of_model(KINDS[kind].model))


def component_sets(max_size: int = 8) -> st.SearchStrategy[list[Any]]:
    """Components of any kinds, each address once, all of a site that is among them."""
    return st.lists(components, max_size=max_size, unique_by=component_id)
