"""What a maker says of how much protection an attribute needs, and everything by which such values are reached."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from metadata.compiler import assign_site
from metadata.files import write_folder
from metadata.model import Attribute, Entity
from runtime.cli import main
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
    assert told.splitlines() == of_fee
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
