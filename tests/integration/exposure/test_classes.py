"""What a maker says of how much protection an attribute needs, and everything by which such values are reached."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from metadata.compiler import assign_site, compile_snapshot
from metadata.files import write_folder
from metadata.model import Attribute, Entity
from runtime.cli import main
from runtime.exposure.lock import comparison, lock_problems, signed_off
from support.marina import MARINA

CLASSED = {"note": "confidential", "fee": "internal"}
VAULT = Attribute(key="vault", type="text", classification="personal")


def classed(component):
    if not isinstance(component, Entity) or component.key != "booking":
        return component
    attributes = [replace(one, classification=CLASSED.get(one.key, "")) for one in component.attributes]
    return replace(component, attributes=(*attributes, VAULT))


@pytest.fixture
def folder(tmp_path):
    write_folder(assign_site([classed(one) for one in MARINA]), tmp_path)
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(main, ["exposure", *map(str, arguments)])
    return done.exit_code, done.output


def test_everything_that_reaches_values_of_a_class_is_told(folder):
    code, whole = run(folder)
    assert code == 0
    _, told = run(folder, "--class", "internal")
    of_fee = [line for line in whole.splitlines() if "  booking.fee  " in line or "  booking.*  " in line]
    assert told.splitlines() == [line for line in of_fee if not line.startswith("(class)")]
    assert any("page:" in line for line in of_fee)
    _, hidden = run(folder, "--class", "confidential")
    assert "booking.fee" not in hidden
    assert "master  booking.note  read" in hidden


def test_what_no_view_shows_is_told_by_the_rights_that_reach_it_and_a_class_of_nothing_says_so(folder):
    _, told = run(folder, "--class", "personal", "--json")
    found = json.loads(told)
    assert found["class"] == "personal"
    assert {item["surface"].split(":")[0] for item in found["exposures"] if item["attribute"] == "booking.vault"} >= {"rights"}
    assert run(folder, "--class", "public") == (0, "No attribute is public.\n")


def test_a_class_is_one_of_those_that_there_are_and_no_lock_is_of_one_alone(folder):
    assert run(folder, "--class", "secret")[0] == 1
    for more in ("--check", "--write"):
        code, said = run(folder, "--class", "personal", more)
        assert (code, "A lock is about everything" in said) == (1, True)
    entity = folder / "entities" / "booking.yaml"
    entity.write_text(entity.read_text("utf-8").replace("classification: personal", "classification: privat"), "utf-8")
    code, said = run(folder)
    assert code == 1
    assert "classification" in said


def locked(**classes):
    """The marina with these classes, and what its lock says of what was signed off with others."""
    return compile_snapshot([of_booking(one, classes) for one in assign_site(MARINA)])


def of_booking(component, classes):
    if not isinstance(component, Entity) or component.key != "booking":
        return component
    return replace(
        component, attributes=tuple(replace(one, classification=classes.get(one.key, "")) for one in component.attributes)
    )


def held(signed, now):
    """What is told of a site whose classes were signed off so, and are so now."""
    before = locked(**signed)
    lock = signed_off(before, before.sites["marina"])
    after = compile_snapshot([*(of_booking(one, now) for one in assign_site(MARINA)), lock])
    return {(problem.severity, str(problem.message)) for problem in lock_problems(after)}


def test_a_class_that_promises_less_than_the_one_that_was_signed_off_is_refused():
    for before, after in (("personal", ""), ("confidential", "internal"), ("personal", "confidential"), ("internal", "public")):
        ((severity, said),) = held({"note": before}, {"note": after})
        assert severity == "error"
        assert f"The class of booking.note was signed off as {before} and is {after or 'none'}." in said
    assert held({"note": "personal"}, {"note": "personal"}) == set()


def test_a_class_that_asks_for_more_is_free_and_the_lock_is_said_not_to_hold_it():
    for before, after in (("", "public"), ("", "personal"), ("internal", "confidential"), ("public", "internal")):
        ((severity, said),) = held({"note": before}, {"note": after})
        assert (severity, "the lock does not hold yet: booking.note." in said) == ("warning", True), (before, after)


def test_a_class_of_an_attribute_that_is_gone_is_reached_no_more_and_nothing_else():
    before = locked(note="personal")
    lock = signed_off(before, before.sites["marina"])
    assert "(class)  booking.note  class  values  personal" in lock.lines.splitlines()
    found = comparison(*_without_note(lock))
    assert (found.loosened, found.raised) == ((), ())
    assert "(class)  booking.note  class  values  personal" in found.stale


def _without_note(lock):
    kept = [one for one in assign_site(MARINA) if isinstance(one, Entity | type(lock)) or type(one).__name__ == "Site"]
    fewer = [
        replace(one, attributes=tuple(item for item in one.attributes if item.key != "note"))
        if isinstance(one, Entity) and one.key == "booking"
        else one
        for one in kept
    ]
    snapshot = compile_snapshot([*fewer, lock])
    return snapshot, snapshot.sites["marina"]


def test_the_command_writes_classes_into_the_lock_and_tells_those_that_it_does_not_hold(folder):
    assert run(folder, "--write")[0] == 0
    assert run(folder, "--check")[0] == 0
    entity = folder / "entities" / "booking.yaml"
    text = entity.read_text("utf-8")
    entity.write_text(text.replace("classification: personal", "classification: internal"), "utf-8")
    code, said = run(folder, "--check")
    assert (code, "+ (class)  booking.vault  class  values  internal" in said) == (1, True)
    entity.write_text(text.replace("classification: internal", "classification: confidential"), "utf-8")
    code, said = run(folder, "--check")
    assert (code, "~ (class)  booking.fee  class  values  confidential" in said) == (0, True)
    assert run(folder, "--write")[0] == 0
    assert "~" not in run(folder, "--check")[1]
