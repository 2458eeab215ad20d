"""What the engine says: the same keys in every language, and a site's own words before its own."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import runtime
from metadata.compiler import compile_snapshot
from metadata.model import Snippet
from metadata.text import Text
from runtime.errors import RequestError
from runtime.render.texts import SOURCE_LANGUAGE, UnknownText, catalogue, engine_texts, spoken, texts
from support.scenes import site_components

RUNTIME = Path(runtime.__file__).parent
ASKED = re.compile(r"""\bsay\(["']([a-z_]+\.[a-z_.]+)["']""")
PARAMETER = re.compile(r"\{(\w+)\}")


def parameters(text: str | Mapping[str, str]) -> list[set[str]]:
    forms = [text] if isinstance(text, str) else [text["other"]]
    return [set(PARAMETER.findall(form)) for form in forms]


@pytest.mark.parametrize("language", spoken())
def test_every_language_has_every_text(language):
    assert list(catalogue(language)) == list(catalogue(SOURCE_LANGUAGE))


@pytest.mark.parametrize("language", spoken())
def test_every_language_uses_the_same_parameters(language):
    source = catalogue(SOURCE_LANGUAGE)
    differing = [key for key, text in catalogue(language).items() if parameters(text) != parameters(source[key])]
    assert differing == []


@pytest.mark.parametrize("language", spoken())
def test_every_plural_has_its_other_form(language):
    plurals = {key: text for key, text in catalogue(language).items() if not isinstance(text, str)}
    assert [key for key, forms in plurals.items() if "other" not in forms] == []


@pytest.mark.parametrize("language", spoken())
def test_no_text_is_empty_or_excited(language):
    flat = [form for text in catalogue(language).values() for form in ([text] if isinstance(text, str) else text.values())]
    assert [text for text in flat if not isinstance(text, str) or not text.strip() or "!" in text] == []


@pytest.mark.parametrize(
    ("language", "count", "expected"),
    [("en", 1, "1 row"), ("en", 1234, "1,234 rows"), ("sv-SE", 1234, "1\u00a0234 rader"), ("nl", 1, "1 rij")],
)
def test_a_plural_follows_its_language(language, count, expected):
    assert engine_texts(language)("list.rows", count=count) == expected


def test_a_language_that_the_engine_does_not_speak_is_answered_in_english():
    assert engine_texts("fi")("action.save") == "Save"


def test_an_unknown_text_is_a_mistake():
    with pytest.raises(UnknownText, match=r"no\.such"):
        engine_texts("en")("no.such")


def test_a_missing_parameter_is_a_mistake():
    with pytest.raises(UnknownText, match="site"):
        engine_texts("en")("signin.to")


def test_a_snippet_replaces_the_text_of_its_key():
    snippet = Snippet(key="text.signin.title", site="main", value=Text.of({"en": "Come in, {0.__class__}", "sv": "Kom in"}))
    snapshot = compile_snapshot(site_components(snippet))
    site = snapshot.sites["main"]
    assert texts(snapshot, site, "sv-SE")("signin.title") == "Kom in"
    assert texts(snapshot, site, "en-GB")("signin.title") == "Come in, {0.__class__}"


def test_the_code_asks_for_known_texts_only():
    asked = {key: path.name for path in RUNTIME.rglob("*.py") for key in ASKED.findall(path.read_text(encoding="utf-8"))}
    assert {key: path for key, path in asked.items() if key not in catalogue(SOURCE_LANGUAGE)} == {}


def causes(cause: type[RequestError]) -> set[type[RequestError]]:
    return {cause}.union(*map(causes, cause.__subclasses__()))


def test_every_refusal_has_its_sentence():
    assert {f"error.{cause.code}" for cause in causes(RequestError)} - set(catalogue(SOURCE_LANGUAGE)) == set()


def test_texts_are_made_once_per_snapshot_site_and_language():
    snapshot = compile_snapshot(site_components())
    site = snapshot.sites["main"]
    assert texts(snapshot, site, "sv-SE") is texts(snapshot, site, "sv-SE")
