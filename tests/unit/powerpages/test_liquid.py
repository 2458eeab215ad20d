"""Liquid in the template language of Foyer: the same where both can say it, refused with its place where not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.templates import read
from runtime.powerpages.liquid import translated
from runtime.powerpages.values import Names, Untold

NAMES = Names({"card": "card"}, {"footer": "footer", "header/title": "header-title"}, {"default": "default"})


@pytest.mark.parametrize(
    ("liquid", "ours"),
    [
        ("<b>{{ page.title }}</b>", "<b>{{ page.title }}</b>"),
        ("{{ user.fullname | escape }}", "{{ user.name }}"),
        ("{{- page.title | upcase -}}", "{{ page.title | upper }}"),
        ("{{ page.title | default: 'None' }}", "{{ page.title | default('None', true) }}"),
        ("{% if user %}a{% elsif page.title == 'b' %}b{% else %}c{% endif %}", None),
        ("{% unless user %}in{% endunless %}", "{% if not (user) %}in{% endif %}"),
        ("{% assign n = 3 | plus: 2 %}{{ n }}", "{% set n = (3 + 2) %}{{ n }}"),
        ("{% if page.title contains 'x' %}y{% endif %}", "{% if 'x' in page.title %}y{% endif %}"),
        ("{% case page.title %}{% when 'a', 'b' %}1{% else %}2{% endcase %}", None),
        ("{% capture k %}v{% endcapture %}{{ k }}", "{% set k %}v{% endset %}{{ k }}"),
        ("{{ snippets['Header/Title'] }}", '{{ snippets["header-title"] }}'),
        ("{% editable snippets 'Footer' type: 'html' %}", '{{ snippets["footer"] }}'),
        ("{{ sitemarkers['Page Not Found'].url }}", '{{ sitemarkers["not_found"].url }}'),
        ("{{ request.params['id'] }}", "{{ request.query.id }}"),
        ("{% include 'Card' title: page.title %}", '{% include "card" title=page.title %}'),
        ("{% comment %}{{ nothing }}{% endcomment %}x", "x"),
        ("{% raw %}{{ x }}{% endraw %}", "{% raw %}{{ x }}{% endraw %}"),
        (
            "{% for l in weblinks['Default'].weblinks %}{{ l.name }} {{ forloop.index }}{% endfor %}",
            '{% for l in weblinks["default"] %}{{ l.label }} {{ loop.index }}{% endfor %}',
        ),
        ("{% for i in (1..3) %}{{ i }}{% endfor %}", "{% for i in range(1, 3 + 1) %}{{ i }}{% endfor %}"),
    ],
)
def test_what_both_can_say_says_the_same(liquid, ours):
    made = translated(liquid, NAMES)
    assert read(made).faults == ()
    assert ours is None or made == ours


@pytest.mark.parametrize(
    ("liquid", "said"),
    [
        ("a\n{% fetchxml q %}<fetch/>{% endfetchxml %}", "line 2: the tag fetchxml"),
        ("{{ entities.account['1'].name }}", "the object entities"),
        ("{{ user.emailaddress1 }}", r"user\.emailaddress1"),
        ("{{ page.title | date: '%Y' }}", "the filter date"),
        ("{% if a and b or c %}{% endif %}", "right to left"),
        ("{% for x in page.children limit: 3 %}{% endfor %}", "limits or an order"),
        ("{% include 'Missing' %}", "Missing"),
        ("{{ snippets['Missing'] }}", "Missing"),
        ("{% if user %}never closed", "line 1"),
        ("{% when 'a' %}", "outside of case"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_place(liquid, said):
    with pytest.raises(Untold, match=said):
        translated(liquid, NAMES)


PIECES = st.sampled_from(
    [
        "{% ",
        " %}",
        "{{ ",
        " }}",
        "if ",
        "for x in ",
        "user",
        "page.title",
        "|",
        ":",
        "'",
        "contains",
        "[",
        "]",
        "\n",
        "assign a = ",
        ".",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_whatever_is_written_is_a_template_or_refused(liquid):
    try:
        made = translated(liquid, NAMES)
    except Untold:
        return
    assert read(made).faults == ()
