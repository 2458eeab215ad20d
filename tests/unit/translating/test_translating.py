"""Translations: every text goes out with its place and comes back to it, and to no other."""

import contextlib
import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.model import Block, Choice, Language, Option, Page, Site, Snippet, component_id
from metadata.text import Text
from runtime.translating import catalogues
from runtime.translating.catalogues import LARGEST, NoCatalogue, read, written
from runtime.translating.phrases import phrases_of, site_of, tongues_of, translated
from runtime.translating.places import texts_of, with_texts
from runtime.translating.taking import take
from support.generated_metadata import components

SITE = Site(key="shop", label=Text.of("Shop"), default_language="en-US", languages=("en-US", "sv-SE", "en-XA"))


def page(*texts, key="home", label="Home"):
    return Page(key=key, label=Text.of(label), blocks=tuple(Block(type="text", text=Text.of(text)) for text in texts))


def of(*components):
    return {component_id(item): item for item in (SITE, *components)}


def tongues(into="sv-SE", site=SITE):
    return tongues_of(site, into)


def filled(components, say=str.upper):
    """The file of these components, each text translated."""
    phrases = phrases_of(components, tongues())
    found = read(written(phrases, tongues(), "shop")).entries
    assert not found  # nothing is translated yet
    return read(written([_with(phrase, say(phrase.source)) for phrase in phrases], tongues(), "shop"))


def _with(phrase, translation):
    return type(phrase)(phrase.component, phrase.path, phrase.source, translation)


TEXTS = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters='\n\t"\\'), min_size=1).filter(
        lambda text: text.strip()
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_whatever_a_text_says_it_comes_back_as_it_was_translated(texts):
    there = of(page(*texts))
    entries = filled(there, say=lambda text: f"så: {text}").entries
    taken = take(there, tongues(), entries)
    (made,) = (item for item in taken.components if isinstance(item, Page))
    assert [block.text.in_language("sv-SE") for block in made.blocks] == [f"så: {text}" for text in texts]
    assert [block.text.in_language("en-US") for block in made.blocks] == texts
    assert not taken.outdated
    after = {**there, **{component_id(item): item for item in taken.components}}
    assert not take(after, tongues(), entries).components


def test_every_text_of_every_part_goes_out_but_names_of_languages():
    choice = Choice(key="state", label=Text.of("State"), options=(Option(value="open", label=Text.of("Open")),))
    contexts = [phrase.context for phrase in phrases_of(of(choice, Language(key="sv-SE", label=Text.of("Svenska"))), tongues())]
    assert contexts == ["choice state label", "choice state options.0.label", "site shop label"]


def test_a_text_that_has_changed_since_is_left_and_told():
    before = of(page("Old words", "Others"))
    entries = filled(before).entries
    taken = take(of(page("New words", "Others")), tongues(), entries)
    assert taken.outdated == ("page home blocks.0.text",)
    (made,) = (item for item in taken.components if isinstance(item, Page))
    assert [dict(block.text.values).get("sv") for block in made.blocks] == [None, "OTHERS"]


def test_a_text_that_has_moved_within_its_component_is_found_by_what_it_says():
    entries = filled(of(page("First", "Second"))).entries
    taken = take(of(page("Second", "New", "First")), tongues(), entries)
    (made,) = (item for item in taken.components if isinstance(item, Page))
    assert [dict(block.text.values).get("sv") for block in made.blocks] == ["SECOND", None, "FIRST"]


def test_a_translation_is_kept_where_there_is_one_and_for_the_region_where_two_share_a_language():
    own = of(Snippet(key="a", value=Text.of({"any": "Yes", "sv-SE": "Ja"})))
    taken = take(own, tongues(), {"snippet a value": read_one("Yes", "Jo")})
    assert dict(taken.components[0].value.values) == {"": "Yes", "sv-SE": "Jo"}
    both = Site(key="shop", default_language="en-US", languages=("en-US", "en-GB"))
    assert tongues("en-GB", both).key == "en-GB"
    assert tongues().key == "sv"


def read_one(source, translation):
    data = f'msgctxt "snippet a value"\nmsgid "{source}"\nmsgstr "{translation}"\n'.encode()
    return read(data).entries["snippet a value"]


def test_what_is_unsure_is_counted_and_left():
    found = read(b'#, fuzzy\nmsgctxt "snippet a value"\nmsgid "Yes"\nmsgstr "Ja"\n')
    assert (found.unsure, dict(found.entries)) == (1, {})


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200) | st.text('msgidstrctx "\\n[]01#,~|', max_size=200).map(str.encode))
def test_a_file_that_is_none_is_refused_with_words(data):
    with contextlib.suppress(NoCatalogue):  # any other fault would come through
        read(data)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(NoCatalogue) as refused:
        read(b"#" * (LARGEST + 1))
    assert refused.value.key == "too_large"


def test_the_pseudo_locale_is_not_translated_into_and_one_of_several_sites_is_named():
    assert translated(SITE) == ("sv-SE",)
    assert site_of(of()) == SITE
    with pytest.raises(LookupError, match="other, shop"):
        site_of(of(Site(key="other")))


def test_the_pieces_of_a_file_are_the_file_however_many_texts_one_holds(monkeypatch):
    phrases = phrases_of(of(*(page(f"100 %s {number}", key=f"p{number}") for number in range(7))), tongues())
    whole = written(phrases, tongues(), "shop")
    monkeypatch.setattr(catalogues, "TOGETHER", 2)
    found = list(catalogues.pieces(iter(phrases), tongues(), "shop"))
    assert b"".join(found) == whole
    assert len(found) == 1 + -(-len(phrases) // 2)
    assert len(read(whole.replace(b'msgstr ""\n\n', b'msgstr "x"\n\n')).entries) == len(phrases)


def every_text(value, path=""):
    """The same as `texts_of`, through every property there is."""
    if isinstance(value, Text):
        yield path, value
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from every_text(item, f"{path}.{place}" if path else str(place))
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from every_text(getattr(value, field.name), f"{path}.{field.name}" if path else field.name)


@given(components)
def test_no_text_is_passed_over_where_only_properties_that_can_hold_one_are_looked_through(component):
    assert list(texts_of(component)) == list(every_text(component))
    marked = {path: Text.of({"sv": path}) for path, _ in texts_of(component)}
    assert dict(every_text(with_texts(component, marked))) == marked
