"""Both sides are changed at once, by many, while a worker goes on: nothing echoes, both end alike, and no value is lost unseen.

FOYER_TEST_TWO_WAY says how many edits there are, half of them on each side.
"""

import contextlib
import datetime as dt
import os
import random
import threading
from collections import Counter, defaultdict
from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors.conflicts import read_conflicts
from connectors.errors import Retriable
from connectors.outbox import count_owed
from connectors.protocol import Receipt
from connectors.sql.adapter import SqlAdapter
from connectors.sql.names import changelog_name
from connectors.tablemap import compiled_maps
from metadata.model import AttributeMap
from runtime.access import Principal
from runtime.database import writing
from runtime.records.hooks import Listeners
from runtime.records.write import update
from runtime.sync import steering
from runtime.sync.homes import home_of
from runtime.sync.listener import keep_outbox
from support.harbour import boat_row, boats, eventually
from support.scene import TRACKED, Scene
from support.seeds import seed
from support.sql_outside import OUTSIDE_BOATS, effects, note_effects

EDITS = int(os.environ.get("FOYER_TEST_TWO_WAY", "300"))
PATIENCE = 60 + EDITS / 20
EDITORS = 2
"""Threads of our side; outside there is one more."""
CONTESTED = 25
"""Boats that everybody edits: few, so that edits meet."""
BOTH = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="name", column="name", direction="both"),
    AttributeMap(attribute="berth", column="external_id", direction="both"),
)
POLICIES = [
    ("portal", "portal"),
    ("outside", "outside"),
    ("portal", "outside"),
    ("newest", "newest"),
    ("manual", "manual"),
]
MAY_WIN = {"portal": {"portal"}, "outside": {"outside"}, "newest": {"portal", "outside"}, "manual": {"portal", "outside"}}
OURS_OF = {"name": "name", "external_id": "berth"}
LISTENERS = Listeners((keep_outbox,))


def fleet(there, count):
    """So many boats outside, without harbours, all of which have come to us."""
    with there.outside.begin() as connection:
        connection.execute(sa.delete(OUTSIDE_BOATS))
        rows = [{**boat_row(no, harbour=None), "price": 1.5, "external_id": "none"} for no in range(1, count + 1)]
        connection.execute(sa.insert(OUTSIDE_BOATS), rows)
    table = there.snapshot.entities["boat"].table
    asked = sa.select(sa.func.count()).where(table.c.berth == "none")
    assert eventually(lambda: there.ours(asked)[0][0] == count, PATIENCE)


def edit_ours(there, no, attribute, value):
    """Somebody changes a boat here; what it had before."""
    table = there.snapshot.entities["boat"].table
    chosen = sa.select(table.c.id, table.c.version, table.c[attribute]).where(table.c.number == no).with_for_update()
    with writing(there.engine).begin() as connection:
        row = connection.execute(chosen).one()
        system = Principal.system("portal")
        update(connection, there.snapshot, system, "boat", row.id, row.version, {attribute: value}, listeners=LISTENERS)
    return row[2]


def edit_theirs(there, no, column, value):
    """Somebody changes a boat outside; what it had before."""
    with there.outside.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(sa.text("BEGIN IMMEDIATE"))
        before = connection.execute(
            sa.select(OUTSIDE_BOATS.c[column]).where(OUTSIDE_BOATS.c.no == no).with_for_update()
        ).scalar_one()
        values = {column: value, "changed": dt.datetime.now(dt.UTC).replace(tzinfo=None)}
        connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(values))
        connection.commit()
    return before


def together(*deeds):
    """Do these at once; what goes wrong in one of them is raised."""
    faults = []

    def guarded(deed):
        try:
            deed()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def settled(there):
    """Whether both sides have the same and nothing waits."""
    with there.engine.connect() as connection:
        if count_owed(connection):
            return False
    table = there.snapshot.entities["boat"].table
    ours = sa.select(table.c.number, table.c.name, table.c.berth).order_by(table.c.number)
    theirs = sa.select(*(OUTSIDE_BOATS.c[name] for name in ("no", "name", "external_id"))).order_by(OUTSIDE_BOATS.c.no)
    return there.ours(ours) == there.theirs(theirs)


@pytest.mark.timeout(180 + EDITS // 5)
def test_edits_of_both_sides_go_over_once_and_none_comes_back(scene):
    there = scene(boats(**TRACKED, attributes=BOTH))
    count = EDITS // 2
    fleet(there, count)
    note_effects(there.outside, "name")
    table, log = there.snapshot.entities["boat"].table, sa.table(changelog_name("boats"))
    versions = sa.select(table.c.number, table.c.version)
    taken = sa.text("SELECT sum(updated) FROM foyer_sync_batch WHERE map = 'boats'")
    before, taken_before = dict(there.ours(versions)), there.ours(taken)[0][0] or 0
    numbers = list(range(1, count + 1))
    shuffled = {side: random.Random(f"{seed()}{side}").sample(numbers, count) for side in ("ours", "theirs")}

    def ours(part):
        for no in shuffled["ours"][part::EDITORS]:
            edit_ours(there, no, "name", f"Ours {no}")

    def theirs():
        for no in shuffled["theirs"]:
            edit_theirs(there, no, "external_id", f"Theirs {no}")

    together(theirs, *(lambda part=part: ours(part) for part in range(EDITORS)))
    assert eventually(lambda: settled(there), PATIENCE)
    told = sa.select(sa.func.count()).select_from(log)
    assert eventually(lambda: there.theirs(told)[0][0] == 0, PATIENCE), "what our own writes have told outside was not read"
    assert effects(there.outside) == dict.fromkeys(numbers, 1)
    assert dict(there.ours(versions)) == {no: version + 2 for no, version in before.items()}  # edited here, and there
    sent = sa.text("SELECT count(*) FROM foyer_outbox")
    assert there.ours(sent) == [(count,)]
    assert there.ours(taken)[0][0] - taken_before == count


def decide_all(there, chance):
    """An operator decides every conflict that waits, this way and that; how many."""
    with there.engine.connect() as connection:
        waiting = [found for found in read_conflicts(connection, ["boats"]) if not found.winner]
    home, maps = home_of(there.engine, there.snapshot), compiled_maps(there.snapshot)
    for found in waiting:
        steering.resolve(home, maps, found.id, chance.choice(sorted(MAY_WIN["manual"])))
    return len(waiting)


@pytest.mark.timeout(180 + EDITS // 5)
@pytest.mark.parametrize("policies", POLICIES, ids=" ".join)
def test_edits_of_the_same_rows_end_alike_by_policy_and_each_value_that_lost_is_kept(scene, policies):
    number, name, berth = BOTH
    by_policy = [AttributeMap(attribute=item.attribute, column=item.column, direction="both", conflict=policy)
                 for item, policy in zip((name, berth), policies, strict=True)]  # fmt: skip
    there = scene(boats(**{**TRACKED, "change_column": "changed"}, attributes=(number, *by_policy)))
    fleet(there, CONTESTED)
    written, replaced = defaultdict(set), defaultdict(set)

    def editor(who):
        chance = random.Random(f"{seed()}{who}")
        for at in range(EDITS // 2 // (1 if who == "theirs" else EDITORS)):
            no, column = chance.randint(1, CONTESTED), chance.choice(sorted(OURS_OF))
            value = f"{who} {at}"
            place = no, OURS_OF[column]
            if who == "theirs":
                replaced[place].add(edit_theirs(there, no, column, value))
            else:
                replaced[place].add(edit_ours(there, no, OURS_OF[column], value))
            written[place].add(value)

    chance, over = random.Random(f"{seed()}decides"), threading.Event()

    def editors():
        try:
            together(*(lambda who=who: editor(who) for who in ("theirs", *(f"ours{at}" for at in range(EDITORS)))))
        finally:
            over.set()

    def operator():
        while not over.wait(0.05):
            decide_all(there, chance)

    together(editors, operator)
    assert eventually(lambda: not decide_all(there, chance) and settled(there), PATIENCE)
    table = there.snapshot.entities["boat"].table
    final = {
        row[0]: {"name": row[1], "berth": row[2]} for row in there.ours(sa.select(table.c.number, table.c.name, table.c.berth))
    }
    ids = dict(there.ours(sa.select(table.c.id, table.c.number)))
    kept, winners = defaultdict(set), defaultdict(set)
    told = there.ours(sa.text("SELECT record_id, attribute, winner, ours, theirs FROM foyer_sync_conflict"))
    for record, attribute, winner, mine, others in told:
        winners[attribute].add(winner)
        kept[ids[record], attribute] |= {mine, others}
    for place, values in written.items():
        no, attribute = place
        lost = {value for value in values if value != final[no][attribute]} - replaced[place]
        assert {value for value in lost if f'"{value}"' not in kept[place] and value not in kept[place]} == set()
    assert set(winners) == {"name", "berth"}
    assert winners["name"] <= MAY_WIN[policies[0]]
    assert winners["berth"] <= MAY_WIN[policies[1]]


ADDED = (
    AttributeMap(attribute="number", column="no"),
    AttributeMap(attribute="price", column="price", direction="both", conflict="additive"),
)
MARKED = {**TRACKED, "attributes": ADDED, "receipt_column": "external_id"}


def add_ours(there, no, more):
    """Somebody adds to the price of a boat here."""
    table = there.snapshot.entities["boat"].table
    chosen = sa.select(table.c.id, table.c.version, table.c.price).where(table.c.number == no).with_for_update()
    with writing(there.engine).begin() as connection:
        row = connection.execute(chosen).one()
        system, values = Principal.system("portal"), {"price": row.price + more}
        update(connection, there.snapshot, system, "boat", row.id, row.version, values, listeners=LISTENERS)


def add_theirs(there, no, more):
    """Somebody adds to the price of a boat outside."""
    with there.outside.begin() as connection:
        grown = OUTSIDE_BOATS.c.price + float(more)
        connection.execute(sa.update(OUTSIDE_BOATS).where(OUTSIDE_BOATS.c.no == no).values(price=grown))


def forgetful(monkeypatch, chance):
    """Have the outside give no answer now and then, to what it has done and to what it has not; how often each was so."""
    push_many, counted = SqlAdapter.push_many, Counter()

    def answer(adapter, changes):
        fate = chance.random()
        if fate < 0.05:
            counted["not done"] += 1
            return [Retriable("it cannot be reached", after=0.01)]
        found = push_many(adapter, changes)
        if fate < 0.2 and any(isinstance(verdict, Receipt) for verdict in found):
            counted["lost"] += 1
            return [Retriable("it does not answer", after=0.01)]
        return found

    monkeypatch.setattr(SqlAdapter, "push_many", answer)
    return counted


def in_step(there, sums):
    """Whether nothing waits, and both sides have come to these sums."""
    with there.engine.connect() as connection:
        if count_owed(connection):
            return False
    table = there.snapshot.entities["boat"].table
    ours = dict(there.ours(sa.select(table.c.number, table.c.price)))
    theirs = {no: Decimal(str(price)) for no, price in there.theirs(sa.select(OUTSIDE_BOATS.c.no, OUTSIDE_BOATS.c.price))}
    return ours == theirs == sums


@pytest.fixture(params=["alike", "mariadb"])
def adding(request, database_url, scene):
    """Boats with a price to which both sides add; on databases of one kind, or with MariaDB outside."""
    if request.param == "alike":
        yield scene(boats(**MARKED))
        return
    with contextlib.closing(Scene(database_url, request.getfixturevalue("mariadb_url"), boats(**MARKED))) as found:
        yield found


@pytest.mark.timeout(240 + EDITS // 5)
def test_what_is_added_on_both_sides_is_the_sum_of_all_on_both_although_answers_are_lost(adding, monkeypatch):
    there = adding
    with there.outside.begin() as connection:
        connection.execute(sa.delete(OUTSIDE_BOATS))
        rows = [{**boat_row(no, harbour=None), "price": 100.0} for no in range(1, CONTESTED + 1)]
        connection.execute(sa.insert(OUTSIDE_BOATS), rows)
    begun = dict.fromkeys(range(1, CONTESTED + 1), Decimal(100))
    assert eventually(lambda: in_step(there, begun), PATIENCE)
    missing = forgetful(monkeypatch, random.Random(f"{seed()}forgets"))
    sums = defaultdict(Decimal, begun)
    adds = threading.Lock()

    def editor(who):
        chance = random.Random(f"{seed()}{who}")
        for _ in range(EDITS // 2 // (1 if who == "theirs" else EDITORS)):
            no, more = chance.randint(1, CONTESTED), Decimal(chance.choice((1, 1, -1, 2, 12.25, -7.5)))
            (add_theirs if who == "theirs" else add_ours)(there, no, more)
            with adds:
                sums[no] += more

    together(*(lambda who=who: editor(who) for who in ("theirs", *(f"ours{at}" for at in range(EDITORS)))))
    assert eventually(lambda: in_step(there, sums), 2 * PATIENCE)
    told = there.ours(sa.text("SELECT winner, count(*) FROM foyer_sync_conflict GROUP BY winner"))
    assert [winner for winner, _ in told] == ["both"]
    assert missing["lost"]
    assert missing["not done"]
