"""Roles that everybody holds: a site has one of each, or none, never several."""

import pytest

from metadata.checks import check
from metadata.compiler import compile_snapshot
from metadata.model import Language, Site, WebRole, component_id
from metadata.text import Text
from runtime.access import Person, Principal

BASE = (Language(key="en-US", label=Text.of("English")), Site(key="one"), WebRole(key="given", site="one"))


def holds(*roles):
    snapshot = compile_snapshot((*BASE, *roles))
    told = check({component_id(one): one for one in (*BASE, *roles)})
    signed_in = Principal.signed_in(snapshot, "one", Person(1), {"given"})
    return [problem.code for problem in told], set(Principal.anonymous(snapshot, "one").roles), set(signed_in.roles)


def test_a_site_may_do_without_either_and_then_nobody_holds_more_than_was_given():
    assert holds() == ([], set(), {"given"})


@pytest.mark.parametrize(("default", "nobody", "somebody"), [("anonymous", {"all"}, set()), ("authenticated", set(), {"all"})])
def test_it_may_have_one_of_them_alone(default, nobody, somebody):
    assert holds(WebRole(key="all", site="one", default=default)) == ([], nobody, {"given", *somebody})


def test_two_of_one_sort_are_refused_with_the_one_that_is_there():
    roles = [WebRole(key=key, site="one", default="authenticated") for key in ("all", "more")]
    found = check({component_id(one): one for one in (*BASE, *roles)})
    assert [(item.code, item.position.path, item.severity) for item in found] == [("default-role", "default", "error")]
    assert "all" in str(found[0].message)


def test_each_site_has_its_own():
    roles = (WebRole(key="all", site="one", default="anonymous"), WebRole(key="all", site="two", default="anonymous"))
    snapshot = compile_snapshot((*BASE, Site(key="two", hosts=("two.example",)), *roles))
    assert [set(Principal.anonymous(snapshot, site).roles) for site in ("one", "two")] == [{"all"}, {"all"}]
