"""The sentences at fields and the words to choose from, in every language that the engine speaks."""

import re
from dataclasses import replace

import pytest

from metadata.checks.settings import SETTINGS
from metadata.connector_settings import CONNECTOR_SETTINGS
from metadata.model import KINDS, Filter, WebRole
from runtime.render.texts import SOURCE_LANGUAGE, catalogue, engine_languages, engine_texts, spoken
from runtime.studio.entries import Surroundings, entries_of
from runtime.studio.sentences import OPTION, Speech, about, option_key, sentences
from runtime.studio.shapes import shapes_of

OTHERS = [language for language in spoken() if language != SOURCE_LANGUAGE]
KEPT = re.compile(r"@\w+|\$\{\w+\}|\{[\w.:]*\}|<\w+>|\d+|%\S+|/\S+\.\S+|SAML|https|JSON")
"""What stands in a sentence as it is typed, whatever the language."""
OF_PEOPLE = re.compile(r"[a-z][a-z_]*")
"""A word of ours; others, such as POST and text/html, are those of standards and stay as they are."""


def models(model, found):
    if model not in found:
        found.append(model)
        for shape in shapes_of(model):
            if shape.model:
                models(shape.model, found)
    return found


def all_shapes():
    found = []
    for kind in KINDS.values():
        models(kind.model, found)
    return [shape for model in found for shape in shapes_of(model)]


def all_sentences():
    of_settings = {setting.help for settings in CONNECTOR_SETTINGS.values() for setting in settings}
    wanted = {told for _, told in SETTINGS.values()}
    return {shape.help for shape in all_shapes() if shape.help} | {about(kind) for kind in KINDS} | of_settings | wanted


def speech(tag):
    return Speech(tag, engine_texts(tag), engine_languages(tag, None))


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_said_in_every_language_and_none_is_left_over(language):
    said = set(sentences(language))
    assert (sorted(all_sentences() - said), sorted(said - all_sentences())) == ([], [])


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_typed_stays_as_it_is_in_every_sentence(language):
    differing = [english for english, told in sentences(language).items() if lost(english, told)]
    assert differing == []


def lost(english, told):
    bare = re.sub(r"\d[\d,.\N{NO-BREAK SPACE} ]*\d", "", told)  # a number is written as its language writes numbers
    return [word for word in KEPT.findall(re.sub(r"\d[\d,.]*\d", "", english)) if word not in bare]


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_empty_or_left_in_english(language):
    told = sentences(language)
    long = [english for english in told if len(english.split()) > 3]
    assert [english for english in told if not told[english].strip()] == []
    assert [english for english in long if told[english] == english] == []


def test_every_word_to_choose_from_is_said_and_none_is_left_over():
    words = {(shape.name, str(word)) for shape in all_shapes() for word in shape.rules.get("choices") or () if word}
    ours = {option_key(name, word) for name, word in words if OF_PEOPLE.fullmatch(word)}
    told = catalogue(SOURCE_LANGUAGE)
    left_over = {key for key in told if key.startswith(f"{OPTION}.")} - ours
    assert (sorted(ours - set(told)), sorted(left_over)) == ([], [])


def test_every_setting_of_a_connection_has_a_name_for_people_and_none_is_left_over():
    names = {f"studio.connector_setting.{setting.name}" for settings in CONNECTOR_SETTINGS.values() for setting in settings}
    assert {key for key in catalogue(SOURCE_LANGUAGE) if key.startswith("studio.connector_setting.")} == names


@pytest.mark.parametrize(("tag", "said"), [("sv-SE", "är ingen av"), ("nl", "is geen van"), ("en-US", "is none of")])
def test_a_word_to_choose_is_shown_as_the_person_says_it(tag, said):
    entries = {entry.path: entry for entry in entries_of(Filter, {}, Surroundings({}, [tag], speech=speech(tag)))}
    assert ("not_in", said) in entries["operator"].lines[0].options


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("sv-SE", "Hur attributet jämförs."),
        ("nl-NL", "Hoe het attribuut wordt vergeleken."),
        ("en-US", "How the attribute is compared."),
        ("fi", "How the attribute is compared."),
        ("sv-XA", "⟦"),
    ],
)
def test_a_field_is_told_in_the_language_of_the_person(tag, said):
    entries = {entry.path: entry for entry in entries_of(Filter, {}, Surroundings({}, [tag], speech=speech(tag)))}
    assert entries["operator"].help.startswith(said)


def test_marks_and_yes_and_no_are_said_too():
    around = Surroundings({}, ["sv-SE"], speech=speech("sv-SE"))
    entries = {entry.path: entry for entry in entries_of(WebRole, {"studio": ["publish", "nonsense"]}, around)}
    assert entries["studio"].lines[0].options[6:7] == (("publish", "Publicera"),)
    assert entries["studio"].lines[0].options[-1] == ("nonsense", "nonsense")


def test_a_sentence_that_no_file_has_is_said_as_the_model_says_it():
    assert speech("sv").sentence("Nobody ever wrote this.") == "Nobody ever wrote this."
    assert replace(speech("sv"), languages=("en",)).sentence("Which rows.") == "Which rows."
