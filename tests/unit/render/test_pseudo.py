"""The pseudo-locale: all that people read is marked, and nothing else is touched."""

import pytest

from metadata.pseudo import CLOSE, OPEN, is_pseudo, pseudo
from metadata.text import Text
from runtime.render.texts import engine_texts


@pytest.mark.parametrize(
    "kept",
    [
        "{count}",
        "{{ page.title }}",
        "{% if it %}",
        "<strong class='a'>",
        "&amp;",
        "](/orders/new)",
        "`code`",
        "https://a.example/b?c",
        "ann@sail.example",
    ],
)
def test_what_is_no_word_stays(kept):
    assert kept in pseudo(f"Before {kept} after")


def test_each_line_is_marked_behind_its_head_and_longer():
    said = pseudo("# Orders\n\n- All of them\n<hr>")
    head, empty, item, rule = said.split("\n")
    assert head.startswith(f"# {OPEN}")
    assert head.endswith(CLOSE)
    assert "Orders" not in head
    assert item.startswith(f"- {OPEN}")
    assert len(item) > len("- All of them") + 2
    assert (empty, rule) == ("", "<hr>")
    assert pseudo(said) == said


def test_a_text_is_read_in_a_pseudo_locale_of_its_language_unless_it_has_one_of_its_own():
    text = Text.of({"en": "Order", "sv": "Beställning"})
    assert text.in_language("en-XA") == pseudo("Order") != "Order"
    assert text.in_language("sv-XA", "en") == pseudo("Beställning")
    assert Text.of({"en-XA": "Own"}).in_language("en-XA") == "Own"
    assert Text().in_language("en-XA") == ""
    assert not is_pseudo("en-US")


def test_the_engine_speaks_it_too_with_numbers_and_names_in_their_places():
    say = engine_texts("en-XA")
    assert say("studio.exchange").startswith(OPEN)
    assert "1,234" in say("studio.exchange_save", count=1234)
    assert "{" not in say("studio.exchange_save", count=2)
