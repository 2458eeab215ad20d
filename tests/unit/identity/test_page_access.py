"""Which pages a set of roles may read: restrictions add up on the way down, who may change may read, drafts are hidden."""

import pytest

from metadata.compiler import compile_snapshot
from metadata.model import Page, PageAccessRule, Site, WebRole
from metadata.text import Text
from runtime.sitemap import Verdict, readable_pages, verdicts

PAGES = (
    Page(key="home", site="s", label=Text.of("Home"), partial_url="/"),
    Page(key="a", site="s", label=Text.of("A"), partial_url="a", parent="home"),
    Page(key="b", site="s", label=Text.of("B"), partial_url="b", parent="a"),
    Page(key="draft", site="s", label=Text.of("Draft"), partial_url="draft", parent="a", state="draft"),
    Page(key="below", site="s", label=Text.of("Below"), partial_url="below", parent="draft"),
)
ROLES = (*(WebRole(key=key, site="s") for key in ("one", "two")), WebRole(key="preview", site="s", preview=True))


def readable(rules, *roles):
    named = tuple(PageAccessRule(**{"key": f"rule{number}", "site": "s", **rule}) for number, rule in enumerate(rules))
    snapshot = compile_snapshot((Site(key="s"), *PAGES, *ROLES, *named))
    return readable_pages(snapshot, snapshot.sites["s"], frozenset(roles))


ON_A = {"page": "a", "roles": ("one",)}
ON_B = {"page": "b", "roles": ("two",)}
CHANGE_HOME = {"page": "home", "roles": ("two",), "right": "grant_change"}


@pytest.mark.parametrize(
    ("rules", "roles", "pages"),
    [
        ([], (), {"home", "a", "b"}),
        ([], ("preview",), {"home", "a", "b", "draft", "below"}),
        ([ON_A], (), {"home"}),
        ([ON_A], ("one",), {"home", "a", "b"}),
        ([ON_A, ON_B], ("one",), {"home", "a"}),
        ([ON_A, ON_B], ("two",), {"home"}),
        ([ON_A, ON_B], ("one", "two"), {"home", "a", "b"}),
        ([ON_A, CHANGE_HOME], ("two",), {"home", "a", "b"}),
        ([ON_A, {**ON_A, "roles": ("two",)}], ("two",), {"home", "a", "b"}),
        ([{**ON_A, "active": False}], (), {"home", "a", "b"}),
        ([{**ON_A, "roles": ()}], ("one", "two"), {"home"}),
        ([{**ON_A, "state": "draft"}], (), {"home", "a", "b"}),
        ([{**ON_A, "state": "draft"}], ("preview",), {"home", "a", "b", "below"}),
        ([ON_A], ("preview",), {"home"}),
    ],
)
def test_what_a_set_of_roles_may_read(rules, roles, pages):
    assert readable(rules, *roles) == pages


def test_hidden_and_denied_are_told_apart():
    rule = PageAccessRule(key="r", site="s", **ON_A)
    snapshot = compile_snapshot((Site(key="s"), *PAGES, *ROLES, rule))
    judged = verdicts(snapshot, snapshot.sites["s"], frozenset())
    assert (judged["a"], judged["draft"], judged["home"]) == (Verdict.RESTRICTED, Verdict.UNPUBLISHED, Verdict.OPEN)
    assert verdicts(snapshot, snapshot.sites["s"], frozenset()) is judged
