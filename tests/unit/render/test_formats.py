"""Values as people read them, by language, zone and currency."""

import datetime as dt
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from metadata.compiler import compile_snapshot
from metadata.model import Attribute, Choice, Entity, Option
from metadata.text import Text
from metadata.types import TYPES
from runtime.render.formats import MoneyRule, formats_for
from support.scenes import site_components

STATE = Choice(
    key="state",
    options=(
        Option(value="new", label=Text.of({"en": "New & <b>", "sv": "Ny"}), tone="neutral", mark="open"),
        Option(value="part", label=Text.of("Partly"), tone="info", mark="part"),
        Option(value="held", label=Text.of("Held"), tone="bad", mark="square"),
    ),
)
PLAIN = Choice(key="plain", options=(Option(value="a", label=Text.of("A<")), Option(value="b", label=Text.of("B"))))

THING = Entity(
    key="thing",
    primary_name="text_",
    attributes=(
        *(
            Attribute(key=f"{name}_", type=name, target="account" if name == "lookup" else "")
            for name in TYPES
            if name not in ("choice", "choices")
        ),
        Attribute(key="choice_", type="choice", choice="state"),
        Attribute(key="choices_", type="choices", choice="plain"),
        Attribute(key="states", type="choices", choice="state"),
        Attribute(key="rate", type="decimal", scale=3),
        Attribute(key="year", type="integer", ungrouped=True),
        Attribute(key="price", type="money", currency="JPY"),
        Attribute(key="foreign", type="money", currency="text_"),
    ),
)
SNAPSHOT = compile_snapshot(site_components(STATE, PLAIN, THING))
NOW_YEAR = dt.datetime.now(dt.UTC).year


def shown(key, value, *, language="en-GB", zone="UTC", currency="SEK", full=False):
    formats = formats_for(language, zone, currency)
    return formats.html(SNAPSHOT.entities["thing"].attributes[key], SNAPSHOT, full=full)(value)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_of_attribute_has_a_format_for_no_value(name):
    assert shown(f"{name}_", None) == ""
    assert "No value" in shown(f"{name}_", None, full=True)


@pytest.mark.parametrize(
    ("key", "value", "language", "expected"),
    [
        ("integer_", 1234567, "en-GB", "1,234,567"),
        ("integer_", 1234567, "sv-SE", "1\u00a0234\u00a0567"),
        ("integer_", -1234, "sv-SE", "\u22121\u00a0234"),
        ("integer_", 1234567, "nl-NL", "1.234.567"),
        ("integer_", 1234567, "fr-FR", "1\u202f234\u202f567"),
        ("integer_", 1234567, "en-IN", "12,34,567"),
        ("decimal_", Decimal("1.500000"), "sv-SE", "1,5"),
        ("decimal_", Decimal("100.000000"), "en-GB", "100"),
        ("rate", Decimal("1.5"), "nl-NL", "1,500"),
        ("money_", Decimal("86412.5000"), "sv-SE", "86\u00a0412,50"),
        ("money_", Decimal("86412.5000"), "en-GB", "86,412.50"),
        ("price", Decimal("1200.0000"), "en-GB", "1,200"),
        ("year", 1999, "en-GB", "1999"),
        ("year", -44, "sv-SE", "\N{MINUS SIGN}44"),
    ],
)
def test_numbers_have_the_marks_of_the_language(key, value, language, expected):
    assert shown(key, value, language=language) == expected


def test_money_in_full_names_its_currency_without_a_break():
    assert shown("money_", Decimal("6120"), language="sv-SE", full=True) == "6\u00a0120,00\u00a0SEK"
    assert shown("foreign", Decimal("6120"), language="sv-SE", full=True) == "6\u00a0120,00"
    assert formats_for("sv-SE", "UTC").money(Decimal("6120"), "EUR") == "6\u00a0120,00\u00a0EUR"


def test_the_currency_is_the_attributes_the_rows_or_the_sites():
    attributes = SNAPSHOT.entities["thing"].attributes
    formats = formats_for("en-GB", "UTC", "SEK")
    assert formats.money_rule(attributes["price"]) == MoneyRule(code="JPY")
    assert formats.money_rule(attributes["foreign"]) == MoneyRule(attribute="text_")
    assert formats.money_rule(attributes["money_"]) == MoneyRule(code="SEK")


def test_a_date_of_this_year_needs_no_year():
    assert shown("date_", dt.date(NOW_YEAR, 11, 9)) == "9\u00a0Nov"
    assert shown("date_", dt.date(2019, 11, 9)) == "9\u00a0Nov\u00a02019"
    assert shown("date_", dt.date(2019, 11, 9), full=True) == "9 November 2019"
    assert shown("date_", dt.date(2019, 11, 9), language="sv-SE", full=True) == "9 november 2019"


def test_a_moment_is_told_on_the_persons_clock():
    moment = dt.datetime(2019, 12, 31, 23, 30, tzinfo=dt.UTC)
    assert shown("datetime_", moment, zone="Europe/Stockholm") == "1\u00a0Jan\u00a02020\u00a000:30"
    assert shown("datetime_", moment, zone="No/Where", full=True) == "31 December 2019, 23:30"


def test_a_choice_is_a_pill_where_it_has_a_tone_and_a_word_elsewhere():
    assert shown("choice_", "part") == '<span class="status status-info status-part">Partly</span>'
    assert shown("choice_", "new") == '<span class="status status-open">New &amp; &lt;b&gt;</span>'
    assert shown("choice_", "new", language="sv-SE") == '<span class="status status-open">Ny</span>'
    assert shown("choices_", ("a", "b")) == "A&lt;, B"
    assert shown("states", ("held", "part")).count('<span class="status') == 2


def test_a_value_that_is_no_option_any_more_is_shown_as_stored():
    assert shown("choice_", "<old>") == "&lt;old&gt;"


def test_a_boolean_is_a_word():
    assert (shown("boolean_", True), shown("boolean_", False, language="sv-SE")) == ("Yes", "Nej")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("email_", "jane@x.example", '<a href="mailto:jane@x.example">jane@<wbr>x.example</a>'),
        ("email_", "not one", "not one"),
        ("phone_", "+46 31-12 34", '<a class="nowrap" href="tel:+46311234">+46 31-12 34</a>'),
        ("phone_", "ext.", "ext."),
        ("url_", "https://x.example/", '<a href="https://x.example/" rel="noopener noreferrer">x.example</a>'),
        ("url_", "javascript:alert(1)", "javascript:alert(1)"),
        ("url_", "//x.example", "//x.example"),
        ("url_", "https://[", "https://["),
    ],
)
def test_only_safe_addresses_become_links(key, value, expected):
    assert shown(key, value) == expected


def test_a_long_text_keeps_its_lines_in_full():
    assert shown("long_text_", "a\r\n<b>\nc", full=True) == "a<br>&lt;b&gt;<br>c"


@pytest.mark.parametrize("key", ["text_", "long_text_", "email_", "phone_", "url_", "auto_number_", "lookup_", "choice_"])
@given(value=st.text(min_size=1))
def test_no_text_is_markup(key, value):
    html = shown(key, value)
    inner = html.replace("<a ", "").replace("</a>", "")
    assert "<" not in inner
    assert html.count('"') % 2 == 0


def test_the_markup_variant_escapes_the_same():
    write = formats_for("en-GB", "UTC").for_attribute(SNAPSHOT.entities["thing"].attributes["text_"], SNAPSHOT)
    assert escape(write("<b>")) == "&lt;b&gt;"


def test_formats_are_made_once():
    assert formats_for("sv-SE", "Europe/Stockholm", "SEK") is formats_for("sv-SE", "Europe/Stockholm", "SEK")
    attribute = SNAPSHOT.entities["thing"].attributes["text_"]
    formats = formats_for("sv-SE", "UTC", "SEK")
    assert formats.html(attribute, SNAPSHOT) is formats.html(attribute, SNAPSHOT)


def test_a_page_of_cells_is_written_in_no_time():
    keys = ["auto_number_", "text_", "date_", "choice_", "integer_", "money_", "datetime_", "boolean_"]
    formats = formats_for("sv-SE", "Europe/Stockholm", "SEK")
    writers = [formats.html(SNAPSHOT.entities["thing"].attributes[key], SNAPSHOT) for key in keys]
    moment = dt.datetime(2026, 11, 9, 14, 20, tzinfo=dt.UTC)
    rows = [
        (f"A-{n}", f"Name {n}", dt.date(2026, 1, 1 + n), "part", n, Decimal(n) * 1000 / 7, moment + dt.timedelta(hours=n), True)
        for n in range(25)
    ]

    def once() -> float:
        started = time.process_time()
        for row in rows:
            for write, value in zip(writers, row, strict=True):
                write(value)
        return time.process_time() - started

    best = min(once() for _ in range(50))
    print(f"200 cells in {best * 1e6:.0f} µs")
    assert best < 0.002
