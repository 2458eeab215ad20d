"""What checks find is told by templates, in every language that the engine speaks."""

import copy
import pickle

import orjson
import pytest

from metadata.checks import check
from metadata.errors import Problem
from metadata.model import Form, FormField, Section, Tab, View, ViewColumn, component_id
from metadata.told import Called, Told, all_of, as_sentence, joined, one_of, retold, told
from runtime.render.texts import SOURCE_LANGUAGE, engine_languages, engine_texts, spoken
from runtime.studio.sentences import Speech, findings
from support.findings import bare_in, bare_sentences, placeholders, templates, without_template

OTHERS = [language for language in spoken() if language != SOURCE_LANGUAGE]
NO_WORDS = frozenset({"{message}.", "; {mend}", "{{{path}}}: {error}"})
"""Templates in which no language says anything of its own."""


def speech(tag):
    return Speech(tag, engine_texts(tag), engine_languages(tag, None))


def test_every_finding_is_told_by_a_template():
    assert (bare_sentences(), without_template()) == ((), ())


def test_a_sentence_that_is_not_told_is_found():
    bare = 'message = f"The form {form.key} has no fields."\nyield world.problem(form, "", "", message)'
    assert bare_in(bare) == ("f'The form {form.key} has no fields.'",)
    assert bare_in('world.problem(form, "", "", "The form has no fields.")') == ("'The form has no fields.'",)
    assert bare_in('world.problem(form, "", "", told("The form has no fields."))') == ()


@pytest.mark.parametrize("language", OTHERS)
def test_every_template_has_its_sentence_in_every_language_and_none_is_left_over(language):
    said = set(findings(language))
    assert (sorted(set(templates()) - said), sorted(said - set(templates()))) == ([], [])


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_shows_just_the_values_of_its_template(language):
    differing = [english for english, own in findings(language).items() if placeholders(own) != placeholders(english)]
    assert differing == []


@pytest.mark.parametrize("language", OTHERS)
def test_parts_of_sentences_begin_and_end_as_their_templates_do(language):
    """A part that is appended brings its own blank, and one in the middle no full stop."""

    def edges(text):
        return text[: len(text) - len(text.lstrip())], text.rstrip().endswith("."), text[len(text.rstrip()) :]

    assert [english for english, own in findings(language).items() if edges(own) != edges(english)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_finding_is_left_in_english(language):
    long = [english for english in findings(language) if len(english.split()) > 3 and english not in NO_WORDS]
    assert [english for english in long if findings(language)[english] == english] == []


def test_a_told_sentence_is_its_english_string_to_whoever_takes_it_for_one():
    sentence = told("The entity {entity} has no attribute {attribute!r}.{hint}", entity="order", attribute="nam", hint="")
    english = "The entity order has no attribute 'nam'."
    assert (sentence, hash(sentence), {english: 1}[sentence]) == (english, hash(english), 1)
    assert f"{sentence}" == str(sentence) == english
    assert type(str(sentence)) is str
    assert orjson.loads(orjson.dumps({"message": sentence})) == {"message": english}


def test_a_told_sentence_keeps_its_values_when_it_is_copied_or_sent_elsewhere():
    inner = told(" Did you mean {word!r}?", word="name")
    sentence = told("There is no {kind} {key!r}.{hint}", kind=Called("view", "kind"), key="x", hint=inner)
    for same in (pickle.loads(pickle.dumps(sentence)), copy.deepcopy(sentence)):
        assert isinstance(same, Told)
        assert (same, same.template, dict(same.values)) == (sentence, sentence.template, dict(sentence.values))
        assert same.values["kind"].of == "kind"


def test_all_parts_of_a_sentence_are_told_again():
    words = {"{what} is {how}.": "{what} ist {how}.", "good": "gut", "{before} and {last}": "{before} und {last}"}
    whole = told("{what} is {how}.", what=all_of(("a", "b", "c")), how=told("good"))
    again = retold(whole, lambda english: words.get(english, english), str)
    assert (whole, again) == ("a and b and c is good.", "a und b und c ist gut.")


def test_parts_are_joined_and_begin_as_they_do_in_their_language():
    words = {"the text ends": "der Text endet", "{before} or {last}": "{before} oder {last}"}
    say = {"sentence": lambda english: words.get(english, english), "word": str}
    assert retold(as_sentence(told("the text ends")), **say) == "Der Text endet"
    assert retold(joined((told("the text ends"), "{x}"), "; "), **say) == "der Text endet; {x}"
    assert retold(one_of(("a", "b")), **say) == "a oder b"
    assert retold(told("the text ends") + told("{before} or {last}", before="a", last="b"), **say) == "der Text endeta oder b"


def test_a_sentence_that_begins_with_a_name_elsewhere_leaves_the_name_as_it_is():
    words = {"There is no {path}.": "{path} finns inte.", "{wanted} was expected": "{wanted} väntades", "a value": "ett värde"}
    words["There is no {kind} {key!r}."] = "{kind} {key!r} finns inte."
    say = {"sentence": lambda english: words.get(english, english), "word": {"view": "vy"}.__getitem__}
    assert retold(as_sentence(told("There is no {path}.", path="name")), **say) == "name finns inte."
    assert retold(as_sentence(told("{wanted} was expected", wanted=told("a value"))), **say) == "Ett värde väntades"
    assert retold(told("There is no {kind} {key!r}.", kind=Called("view", "kind"), key="x"), **say) == "Vy 'x' finns inte."


def test_a_translation_that_asks_for_other_values_gives_way_to_english():
    message = told("The tab {tab} is there twice.", tab="main")
    assert retold(message, lambda english: "Fliken {flik} finns två gånger.", str) == "The tab main is there twice."
    assert retold(message, lambda english: "Fliken {tab finns", str) == "The tab main is there twice."


@pytest.mark.parametrize(("tag", "size"), [("en", "3,000,000"), ("sv", "3\u00a0000\u00a0000"), ("nl", "3.000.000")])
def test_thousands_are_told_apart_as_the_language_does_and_other_numbers_stay(tag, size):
    template = (
        "{file} has {size:,} bytes; a web file has {most} MB at most. Make it smaller, or keep it elsewhere and link to it."
    )
    said = speech(tag).finding(told(template, file="a.png", size=3_000_000, most=2))
    assert said.startswith("a.png ")
    assert f" {size} byte" in said
    assert " 2 MB" in said


def test_what_was_never_told_stays_as_it_is():
    assert speech("sv").finding("Disk full.") == "Disk full."


def found_in(*components) -> tuple[Problem, ...]:
    return check({component_id(item): item for item in components})


def test_a_finding_of_a_real_check_is_told_in_the_language_of_the_person():
    form = Form(key="f", entity="contact", tabs=(Tab(key="t", sections=(Section(fields=(FormField(attribute="emial"),)),)),))
    message = next(problem.message for problem in found_in(form) if problem.code == "unknown-attribute")
    assert message == "The entity contact has no attribute 'emial'. Did you mean 'email'?"
    assert speech(SOURCE_LANGUAGE).finding(message) == message
    for language in OTHERS:
        said = speech(language).finding(message)
        assert "'emial'" in said
        assert "'email'" in said
        assert "Did you mean" not in said
        assert "has no attribute" not in said


def test_a_finding_names_kinds_by_the_words_of_the_studio():
    view = View(key="v", entity="parcel", columns=(ViewColumn(attribute="name"),))
    message = next(problem.message for problem in found_in(view) if problem.code == "unknown-reference")
    assert message == "There is no entity 'parcel'."
    assert "Entitet 'parcel'" in speech("sv").finding(message)
    assert "Entiteit 'parcel'" in speech("nl").finding(message)
