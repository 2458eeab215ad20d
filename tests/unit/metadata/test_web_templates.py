"""What a check says of web templates, with the line of the file, and their way out and in again."""

from dataclasses import replace

import pytest

from metadata.checks import check
from metadata.files import read_folder, write_folder
from metadata.model import WebTemplate

GARDEN = """\
kind: site
key: garden
---
kind: entity
key: plant
primary_name: name
attributes:
- {key: name, type: text}
- {key: height, type: decimal}
---
kind: page
key: home
label: Home
partial_url: /
blocks:
- type: component
  web_template: card
  parameters: {title: Roses}
---
kind: web_template
key: card
parameters:
- {key: title, required: true}
- {key: size, type: integer, default: 1}
source: |
  <p>{{ title }}</p>
"""
START = GARDEN.count("\n") + 5


def findings(folder, source, **more):
    parts = "".join(f"{name}: {value}\n" for name, value in more.items())
    text = "".join(f"  {line}\n" for line in source.splitlines())
    (folder / "garden.yaml").write_text(f"{GARDEN}---\nkind: web_template\nkey: other\n{parts}source: |\n{text}")
    reading = read_folder(folder)
    components = dict(zip(reading.positions, reading.components, strict=True))
    problems = (*reading.problems, *check(components, reading.positions))
    return [(item.position.line - START + 1, item.code, item.message) for item in problems]


@pytest.mark.parametrize(
    ("source", "line", "code", "hint"),
    [
        ("<p>\n{% if %}", 2, "template-syntax", "Expected an expression"),
        ("\n\n{{ user.name|uper }}", 3, "unknown-filter", "upper"),
        ("{{ usr.name }}", 1, "unknown-name", "usr"),
        ('\n{% include "crad" title=1 %}', 2, "unknown-template", "card"),
        ('{% extends "nothing" %}', 1, "unknown-template", "nothing"),
        ('{% include "card" %}', 1, "template-parameter", "needs the parameter title"),
        ('{% include "card" title="a" size="b" %}', 1, "template-parameter", "of type integer"),
        ('{% include "card" title="a" sise=2 %}', 1, "template-parameter", "size"),
        ('<p>\n{% query r = entity "plnt" columns "name" %}', 2, "unknown-entity", "plant"),
        ('{% query r = view "tall" %}', 1, "unknown-reference", "tall"),
        ('{% query r = entity "plant" columns "nam" %}', 1, "unknown-attribute", "name"),
        ('{% query r = entity "plant" columns "name" where heigt > 1 %}', 1, "unknown-attribute", "height"),
        ('{% query r = entity "plant" columns "name" where height > "tall" %}', 1, "value", "tall"),
        ('{% query r = entity "plant" columns "name" order "height" %}', 1, "sort", "add height"),
        ('{% query r = entity "plant" columns "name" limit 5000 %}', 1, "template-syntax", "200"),
        ('{% query r = entity "plant" columns "name" where name == 1 or name == 2 %}', 1, "template-syntax", "compares"),
        ('{% include "other" %}', 1, "template-cycle", "itself"),
        ("{% set user = 1 %}", 1, "template-forbidden", "another"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, source, line, code, hint):
    found = findings(tmp_path, source)
    assert [item[:2] for item in found] == [(line, code)]
    assert hint in found[0][2]


def test_what_is_right_is_found_right(tmp_path):
    source = '{% query r = entity "plant" columns "name" %}\n{% for p in r %}{% include "card" title=p.name %}{% endfor %}'
    assert findings(tmp_path, source) == []


def test_only_answers_that_a_browser_does_not_run_may_be_given(tmp_path):
    assert "choice" in [item[1] for item in findings(tmp_path, "x", media_type="text/javascript", bare="true")]
    assert "choice" in [item[1] for item in findings(tmp_path, "x", media_type="image/svg+xml", bare="true")]
    assert [item[1] for item in findings(tmp_path, "x", media_type="text/xml")] == ["template-media"]


@pytest.mark.parametrize(
    "source",
    [
        "<ul>\n  {% for a in range(3) %}\n    <li>{{ a }}</li>\n  {% endfor %}\n</ul>\n",
        "one line",
        "no end\n  here",
        "\n  begins and ends with space  \n\n\n",
        '"quotes" and: colons # no comment\n- é漢\n',
        "\ttabs\r\nand returns\n",
    ],
)
def test_a_text_comes_back_as_it_was_byte_by_byte(tmp_path, source):
    item = WebTemplate(key="card", site="garden", source=source)
    write_folder([item], tmp_path)
    first = (tmp_path / "sites/garden/web-templates/card.yaml").read_bytes()
    back = [one for one in read_folder(tmp_path).components if isinstance(one, WebTemplate)]
    assert [replace(one, site="garden") for one in back] == [item]
    write_folder(back, tmp_path / "again")
    assert (tmp_path / "again/sites/garden/web-templates/card.yaml").read_bytes() == first


def test_an_indented_text_is_exported_as_a_block(tmp_path):
    write_folder([WebTemplate(key="card", site="garden", source="<p>\n  {{ x }}\n</p>\n")], tmp_path)
    assert b"source: |\n  <p>\n    {{ x }}\n  </p>\n" in (tmp_path / "sites/garden/web-templates/card.yaml").read_bytes()


RUN = '<script nonce="{{ request.csp_nonce }}">\n'
WITHIN, ASIDE = "A value within a script or style", "request.csp_nonce stands in the tag"


@pytest.mark.parametrize(
    ("source", "line", "hint"),
    [
        (RUN + "let a = '{{ user.name }}';\n</script>", 2, WITHIN),
        (RUN + "{% if user %}\nlet a = {{ request.path }};{% endif %}</SCRIPT>", 3, WITHIN),
        (RUN + '{% include "card" title="x" %}</script>', 2, WITHIN),
        (RUN + "{% block js %}{% endblock %}</script>", 2, WITHIN),
        ('<style nonce="{{ request.csp_nonce }}">p { color: {{ user.name }} }</style>', 1, WITHIN),
        ('<script nonce="{{ request.csp_nonce }}" src="{{ request.query.src }}"></script>', 1, WITHIN),
        ("<script data-a='>' nonce={{ request.csp_nonce }}>{{ user.name }}</script>", 1, WITHIN),
        ("<p>{{ request.csp_nonce }}</p>", 1, ASIDE),
        ("<p>{{ request['csp_nonce'] }}</p>", 1, ASIDE),
        ("{% set kept = request.csp_nonce %}<script nonce='{{ kept }}'>{{ user.name }}</script>", 1, ASIDE),
        ('{% include "card" title=request.csp_nonce %}', 1, ASIDE),
        (RUN + "let a = '{{ request.csp_nonce }}'</script>", 2, WITHIN),
    ],
)
def test_no_value_stands_in_a_script_that_runs(tmp_path, source, line, hint):
    found = findings(tmp_path, source)
    assert [item[:2] for item in found if item[2].startswith(hint)] == [(line, "template-script")], found


@pytest.mark.parametrize(
    "source",
    [
        RUN + "let a = document.body.dataset.name;\n</script><p>{{ user.name }}</p>",
        "<p data-name='{{ user.name }}'></p>" + RUN + "{% if user %}let a = 1 < 2;{% endif %}</script >{{ page.title }}",
        '<STYLE nonce="{{ request.csp_nonce }}">p > b { color: red }</STYLE><b>{{ user.name }}</b>',
        "<scripture>{{ user.name }}</scripture>" + RUN + "</script>",
        "<script>let a = '{{ user.name }}';</script>",  # which no browser runs
    ],
)
def test_scripts_and_values_beside_each_other_are_sound(tmp_path, source):
    assert findings(tmp_path, source) == []
