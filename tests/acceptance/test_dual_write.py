"""The published maps of dual-write, all of them: each line told of, each condition and value map working both ways."""

import os
from pathlib import Path

import pytest

from connectors.mapping import backward
from connectors.tablemap import compiled_map
from metadata.checks import check
from metadata.compiler import compile_snapshot
from metadata.model import TableMap, component_id
from runtime.dualwrite.converting import convert, read_maps
from runtime.dualwrite.definitions import Definitions, read_definitions

DATA = Path(os.environ.get("FOYER_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
MAPS, MODEL = DATA / "dual-write-maps", DATA / "cdm"
pytestmark = pytest.mark.skipif(not MAPS.is_dir(), reason=f"no published maps at {MAPS}")


@pytest.fixture(scope="module", params=["maps alone", "with definitions"])
def found(request):
    if request.param == "maps alone":
        return convert(read_maps(MAPS), Definitions(), "dynamics")
    if not MODEL.is_dir():
        pytest.skip(f"no entity definitions at {MODEL}")
    return convert(read_maps(MAPS), read_definitions(MODEL), "dynamics")


def test_all_76_maps_pass_the_check_and_compile(found):
    assert check({component_id(item): item for item in found.components}) == ()
    snapshot = compile_snapshot(found.components)
    assert len([compiled_map(snapshot, key) for key in snapshot.table_maps]) == 76


def test_each_of_the_1182_lines_is_told_of_once(found):
    fields = [part for report in found.reports for part in report.parts if part.part == "field"]
    assert len(fields) == 1182
    assert all(part.reason for part in fields if part.verdict != "converted")
    assert sum(part.verdict == "by hand" for part in fields) <= 8


def test_conditions_are_taken_over_or_their_map_is_inactive(found):
    maps = {item.key: item for item in found.components if isinstance(item, TableMap)}
    for report in found.reports:
        by_hand = any(part.part in ("filter", "key") and part.verdict == "by hand" for part in report.parts)
        assert maps[report.name].active == report.active
        assert not (by_hand and report.active), report.name
    conditions = [part for report in found.reports for part in report.parts if part.part == "filter"]
    assert len(conditions) == 23
    assert sum(part.verdict == "by hand" for part in conditions) <= 2


def test_every_two_way_value_map_leads_back_to_where_it_came_from(found):
    snapshot = compile_snapshot(found.components)
    pairs = 0
    for key in snapshot.table_maps:
        table_map = compiled_map(snapshot, key)
        inward = {item.attribute: item for item in table_map.inward}
        for item in table_map.outward:
            model = next(one for one in table_map.model.attributes if one.attribute == item.attribute)
            for pair in model.values if item.attribute in inward else ():
                assert backward(item, inward[item.attribute].convert(pair.outside)) == pair.outside, (key, pair)
                pairs += 1
    assert pairs > 500
