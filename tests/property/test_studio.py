"""The studio's promises over random edits: editors keep what they show, merging loses nothing, and neither do many at once."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import MetadataError
from metadata.model import KIND_OF_MODEL, Snippet, component_id
from metadata.schema import dump
from metadata.store import MetadataStore, checked_snapshot
from runtime.studio.bench import Workshop
from runtime.studio.entries import Surroundings, entries_of
from runtime.studio.merging import MISSING, Merge, same
from runtime.studio.posted import SORT, read_form
from runtime.studio.saving import Collision, Draft, data_at, head_of, save
from support.generated_metadata import component_sets
from support.marina import MARINA

KEYS = st.sampled_from("abcdefg")
VALUES = st.recursive(
    st.integers(0, 3) | st.sampled_from(["x", "y"]) | st.booleans(),
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=4)
        | st.lists(st.fixed_dictionaries({"key": KEYS}, optional={"n": inner}), max_size=4, unique_by=lambda item: item["key"])
    ),
    max_leaves=12,
)
DATA = st.dictionaries(KEYS, VALUES, max_size=5)


def fields_of(entries):
    """What a browser would post of entries that nobody touched."""
    for entry in entries:
        if entry.form in ("words", "pairs", "parts") or (entry.form == "part" and entry.parts):
            yield f"p.{entry.path}.~", "1"
        for part in entry.parts:
            yield f"p.{part.path}.~", "1"
            yield from fields_of(part.entries)
        for line in entry.lines:
            yield from posted(entry, line)


def posted(entry, line):
    if entry.form == "marks":
        yield from ((line.name, word) for word in line.checked)
    elif entry.form == "pairs":
        yield from ((f"{line.name}.name", line.value), (f"{line.name}.value", line.second))
        yield from ((f"{line.name}.{SORT}", sort) for sort in line.checked)
    elif entry.form == "scalar":
        yield from ((line.second, line.checked[0]), (line.name, line.value))
    elif entry.form == "flag":
        yield from ((line.name, "false"), *([(line.name, "true")] if line.value else []))
    elif entry.form == "select":
        words = [word for word, _ in line.options]
        shown = line.value or entry.shape.default or ""
        yield line.name, shown if shown in words else words[0]
    else:
        assert entry.form in ("area", "areas", "yaml") or "\n" not in line.value
        yield line.name, line.value
        if entry.shape.form == "text" and line.second:
            yield line.second, "1"


NOTHING = ("", {}, [])


def bare(value):
    """The data without what is empty, which an editor cannot tell from what is not there, and with one kind of line breaks."""
    if isinstance(value, dict):
        return {key: inner for key, given in value.items() if (inner := bare(given)) not in NOTHING}
    if isinstance(value, list):
        return [inner for item in value if (inner := bare(item)) not in NOTHING]
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


@settings(max_examples=80, deadline=None)
@given(component_sets(max_size=3))
def test_an_editor_of_any_component_keeps_what_it_shows(components):
    for component in components:
        data = dump(component)
        fields = list(fields_of(entries_of(type(component), data, Surroundings({}, ["en-US", "sv-SE"]))))
        own = {key: data[key] for key in ("key", "site") if key in data}
        assert bare({**own, **read_form(type(component), fields)}) == bare(data), KIND_OF_MODEL[type(component)].name


@given(DATA, DATA)
def test_what_only_one_has_changed_is_merged_without_a_question(before, after):
    assert same(Merge().merged(before, after, before), after)
    assert same(Merge().merged(before, before, after), after)
    assert same(Merge().merged(before, after, after), after)


@given(DATA, DATA, DATA)
def test_merging_takes_each_value_from_one_of_both_and_asks_where_both_differ(before, mine, theirs):
    merge = Merge()
    merged = merge.merged(before, mine, theirs)
    asked = {clash.path.partition(".")[0].partition("[")[0] for clash in merge.clashes}
    for key in {*mine, *theirs, *before} - asked:
        sides = [side.get(key, MISSING) for side in (before, mine, theirs)]
        got = merged.get(key, MISSING)
        if same(sides[1], sides[0]):
            assert same(got, sides[2])
        elif same(sides[2], sides[0]):
            assert same(got, sides[1])
    decided = Merge({clash.path: "theirs" for clash in merge.clashes})
    decided.merged(before, mine, theirs)
    assert decided.clashes == []


ADMINS, TURNS = 100, 1
AT_ONCE = 16
"""As many as a pool has connections: servers let the others wait."""


def tag_of(number, turn):
    """A language that is nobody else's."""
    letters = "abcdefghij"
    return f"x{letters[number // 10]}{letters[number % 10]}-{turn}000"


@pytest.mark.timeout(600)
def test_many_admins_at_once_lose_nothing_and_publish_only_what_compiles(engine):
    """Each of a hundred adds texts to the same component, and some publish; what others saved meanwhile stays."""
    store = MetadataStore(engine)
    store.create()
    store.publish("tester", components=MARINA)
    name = component_id(next(item for item in MARINA if isinstance(item, Snippet)))
    workshops = [Workshop(engine) for _ in range(4)]  # as many processes
    failures: list[BaseException] = []

    def work(number: int) -> None:
        workshop, chance = workshops[number % len(workshops)], random.Random(number)
        try:
            for turn in range(TURNS):
                head = head_of(workshop.bench(), name)
                data = data_at(store, name, head.number)
                value = data.get("value")
                texts = {"any": value} if isinstance(value, str) else dict(value or {})
                texts[tag_of(number, turn)] = f"{number}.{turn}"
                outcome = save(workshop, Draft(name, {**data, "value": texts}, head.number), f"admin {number}")
                assert not isinstance(outcome, Collision)
                if chance.random() < 0.1:
                    try:
                        store.publish(f"admin {number}")
                    except MetadataError as error:
                        raise AssertionError(str(error)) from error
        except BaseException as error:
            failures.append(error)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(work, range(ADMINS)))
    assert failures == []
    head = head_of(Workshop(engine).bench(), name)
    kept = data_at(store, name, head.number)["value"]
    assert {text for tag, text in kept.items() if tag.startswith("x")} == {
        f"{number}.{turn}" for number in range(ADMINS) for turn in range(TURNS)
    }
    for release in store.releases():
        checked_snapshot(store.released(release.id).values(), release.id)
