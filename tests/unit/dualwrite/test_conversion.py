"""Maps of a boatyard, as published and as exported: what becomes of their lines, conditions and keys, and what is refused."""

import json

import pytest
from click.testing import CliRunner

from connectors.mapping import backward, convert_records
from connectors.tablemap import compiled_map
from metadata.checks import check
from metadata.compiler import compile_snapshot
from metadata.errors import MetadataError
from metadata.model import Choice, Entity, Filter, TableMap, component_id
from runtime.cli import main
from runtime.dualwrite.conditions import NotSaid, outside_condition
from runtime.dualwrite.converting import convert, read_maps
from runtime.dualwrite.definitions import Definitions, read_definitions, read_service

COMPANY = """
source_entity: Legal entities
target_table: cdm_company
integration_key: {columns: [cdm_companycode]}
fields:
- {source: LEGALENTITYID, target: cdm_companycode, direction: '='}
"""
SLIPS = """
name: Boat slips (yrd_slip)
source_entity: Boat slips V2
source_entity_technical_name: YardSlipEntity
target_table: yrd_slip
scope: {value: company}
integration_key: {columns: [yrd_slipnumber, msdyn_company.cdm_companycode]}
filters: {source: '(SLIPKIND == "Dry" || SLIPKIND == YardKind::Wet) && (SLIPNAME != "")', target_odata: yrd_open eq true}
fields:
- {source: SLIPNUMBER, target: yrd_slipnumber, direction: '='}
- {source: SLIPNAME, target: yrd_name, direction: '='}
- source: ISOPEN
  target: yrd_open
  direction: <>
  transform: {type: value_map, map: {'No': false, 'Yes': true}}
- source: SLIPKIND
  target: yrd_kind
  direction: <>
  transform: {type: value_map, map: {Dry: 192350000, Wet: 192350001}}
- {source: DEPTH, target: yrd_depth, direction: '>'}
- {source: OWNERCODE, target: null, direction: '<', transform: {type: default, value: Yard}}
- {source: null, target: yrd_origin, direction: '>', transform: {type: default, value: 7}}
- {source: PIERCODE, target: yrd_pier.yrd_piercode, direction: '=', lookup: {table: yrd_pier}}
- {source: KEEPERID, target: yrd_keeper.yrd_keeperid, direction: '=', lookup: {table: yrd_keeper}}
- {source: TARIFF, target: yrd_tariff, direction: '<>', transform: {type: unspecified}}
- {source: SECONDNAME, target: yrd_name, direction: '='}
"""
PIERS = """
name: Piers
source_entity: Piers
target_table: yrd_pier
scope: {value: company}
filters: {source: 'PIERCODE != "P9"'}
fields:
- {source: PIERCODE, target: yrd_piercode, direction: '='}
"""


def line(source, target, direction=3, **more):
    return {"sourceField": source, "destinationField": target, "syncDirection": direction, **more}


def export(*lines, **more):
    leg = {"sourceSchema": "Moorings", "destinationSchema": "yrd_moorings", "sourceEnvironmentType": "AX"}
    mapping = {"legs": [{**leg, "destinationEnvironmentType": "CRM", "fieldMappings": list(lines), **more}]}
    return {"value": [{"msdyn_displayname": "Moorings", "msdyn_version": "1.0.0.3", "msdyn_mapping": json.dumps(mapping)}]}


def converted(folder, definitions=None, **files):
    for name, text in files.items():
        ending = "json" if isinstance(text, (dict, list)) else "yaml"
        (folder / f"{name}.{ending}").write_text(json.dumps(text) if ending == "json" else text)
    found = convert(read_maps(folder), definitions or Definitions(), "yard")
    problems = check({component_id(item): item for item in found.components})
    assert [str(problem) for problem in problems if problem.severity == "error"] == []
    return found


def of(found, kind, key):
    return next(item for item in found.components if isinstance(item, kind) and item.key == key)


def verdicts(found, name):
    report = next(report for report in found.reports if report.name == name)
    return {(part.part, part.outside or part.inside): (part.verdict, part.reason) for part in report.parts}


@pytest.fixture
def slips(tmp_path):
    return converted(tmp_path, slips=SLIPS, piers=PIERS, companies=COMPANY)


def test_a_row_goes_through_a_converted_map_and_back(slips):
    table_map = compiled_map(compile_snapshot(slips.components), "slips")
    row = {"SLIPNUMBER": "S1", "SLIPNAME": "A", "ISOPEN": "Yes", "SLIPKIND": "Wet", "DEPTH": "2", "KEEPERID": "K7"}
    (mapped,), refused = convert_records(table_map, [{**row, "PIERCODE": "P1", "dataAreaId": "usmf"}])
    assert refused == []
    assert mapped.values["yrd_open"] is True
    assert (mapped.values["yrd_kind"], mapped.values["yrd_origin"], mapped.values["yrd_keeper"]) == ("192350001", 7, "K7")
    assert (mapped.values["yrd_pier"], mapped.values["company"]) == (("P1", "usmf"), ("usmf",))
    back = {item.attribute: backward(item, mapped.values[item.attribute]) for item in table_map.outward if item.lookup is None}
    assert (back["yrd_open"], back["yrd_kind"]) == ("Yes", "Wet")


def test_conditions_constants_and_keys_are_taken_over(slips):
    made = of(slips, TableMap, "slips")
    assert made.table == "BoatSlipsV2"
    assert made.integration_key == ("yrd_slipnumber", "company")
    assert dict(made.filter) == {"SLIPKIND": ("Dry", "Wet"), "SLIPNAME": "@set"}
    assert made.outgoing == Filter(attribute="yrd_open", value=True)
    assert made.constants == (("OWNERCODE", "Yard"),)
    assert made.active
    assert of(slips, Entity, "yrd_slip").keys[0].attributes == ("yrd_slipnumber", "company")
    assert [option.value for option in of(slips, Choice, "yrd_slip_yrd_kind").options] == ["192350000", "192350001"]


def test_every_line_has_its_verdict_and_what_is_by_hand_its_reason(slips):
    told = verdicts(slips, "slips")
    assert len([part for part, _ in told if part == "field"]) == 11
    assert told["field", "ISOPEN"] == ("converted", "")
    assert told["field", "PIERCODE"] == ("converted", "")
    assert told["field", "DEPTH"][0] == "approximated"
    assert "no map brings yrd_keeper" in told["field", "KEEPERID"][1]
    assert told["field", "TARIFF"] == ("by hand", "its transform is unspecified: the map does not tell what it does")
    assert told["field", "SECONDNAME"] == ("by hand", "yrd_name is filled by SLIPNAME already; it can be filled once")


def test_a_condition_that_cannot_be_said_leaves_the_map_inactive(slips):
    assert not of(slips, TableMap, "piers").active
    assert "PIERCODE ne 'P9' cannot be said" in verdicts(slips, "piers")["filter", 'PIERCODE != "P9"'][1]
    assert "is our guess" in verdicts(slips, "piers")["key", "yrd_piercode, msdyn_company.cdm_companycode"][1]


def test_an_export_is_read_with_its_directions_values_and_key(tmp_path):
    lines = (
        line("MOORINGID", "yrd_mooringid"),
        line("STATE", "yrd_state", 1, valueTransforms=[{"transformType": "ValueMap", "valueMap": {"In": "1", "Out": "2"}}]),
        line("", "yrd_public", 1, valueTransforms=[{"transformType": "Default", "defaultValue": "true"}]),
        line("NOTE", "yrd_note", "Backward"),
        line("X", "yrd_x", 3, valueTransforms=[{"transformType": "Truncate"}]),
    )
    schema = {"name": "yrd_moorings", "keys": [{"isIntegrationKey": True, "fields": ["yrd_mooringid"]}]}
    data = export(*lines, sourceFilter='STATE == "In"')
    data["value"][0]["environments"] = [{"schemas": [schema]}]
    found = converted(tmp_path, moorings=data)
    made = of(found, TableMap, "moorings")
    assert made.active
    assert made.integration_key == ("yrd_mooringid",)
    assert {item.attribute: item.direction for item in made.attributes} == {
        "yrd_mooringid": "both", "yrd_state": "in", "yrd_public": "in", "yrd_note": "out",
    }  # fmt: skip
    assert [(pair.outside, pair.inside) for pair in made.attributes[1].values] == [("In", "1"), ("Out", "2")]
    assert verdicts(found, "moorings")["field", "X"][0] == "by hand"


def test_a_leg_that_begins_on_our_side_is_turned(tmp_path):
    turned = export(line("yrd_mooringid", "MOORINGID", 1), sourceSchema="yrd_moorings", destinationSchema="Moorings",
                    sourceEnvironmentType="CRM", reversedSourceFilter="MOORINGID != ''")  # fmt: skip
    made = of(converted(tmp_path, moorings=turned), TableMap, "moorings")
    assert (made.table, made.entity, made.filter) == ("Moorings", "yrd_mooring", (("MOORINGID", "@set"),))
    assert [(item.column, item.direction) for item in made.attributes] == [("MOORINGID", "out")]


def test_definitions_give_types_labels_and_spellings(tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "entities.csv").write_text("source,entity,logicalName,displayName\ndataverse,Slip,Yrd_Slip,Slip\n")
    head = "source,entity,document,attribute,logicalName,dataType,maxLength,lookupTargets,displayName,description\n"
    rows = "dataverse,Slip,d,depth,yrd_depth,decimal,,,Depth,How deep\ndataverse,Slip,d,Built,yrd_built,date,,,Built,\n"
    rows += "fno-entity,YardSlipEntity,d,SlipNumber,,string,,,,\n"
    (model / "attributes.csv").write_text(head + rows)
    (model / "options.csv").write_text("document,attribute,value,label\n")
    maps = tmp_path / "maps"
    maps.mkdir()
    found = converted(maps, read_definitions(model), slips=SLIPS, piers=PIERS, companies=COMPANY)
    attributes = {item.key: item.type for item in of(found, Entity, "yrd_slip").attributes}
    assert (attributes["yrd_depth"], attributes["yrd_built"]) == ("decimal", "date")
    assert of(found, TableMap, "slips").attributes[1].column == "SlipNumber"
    assert verdicts(found, "slips")["field", "DEPTH"] == ("converted", "")


SERVICE = """<edmx:Edmx Version="4.0" xmlns:edmx="e"><edmx:DataServices><Schema Namespace="N" xmlns="s">
<EntityType Name="Slip"><Key><PropertyRef Name="SlipNumber"/></Key><Property Name="SlipNumber" Type="Edm.String"/>
<Property Name="SlipName" Type="Edm.String"/><Property Name="IsOpen" Type="N.NoYes"/><Property Name="Depth" Type="Edm.Decimal"/>
<Property Name="SlipKind" Type="N.Kind"/><Property Name="PierCode" Type="Edm.String"/>
<Property Name="dataAreaId" Type="Edm.String"/>
<Property Name="OwnerCode" Type="Edm.String"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="BoatSlipsV2" EntityType="N.Slip"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


def test_a_description_of_the_service_gives_spellings_and_types_and_tells_what_is_not_there(tmp_path):
    description = tmp_path / "metadata.xml"
    description.write_text(SERVICE)
    maps = tmp_path / "maps"
    maps.mkdir()
    found = converted(maps, Definitions(service=read_service(description)), slips=SLIPS, piers=PIERS, companies=COMPANY)
    made = of(found, TableMap, "slips")
    columns = {item.attribute: item.column for item in made.attributes}
    assert (columns["yrd_slipnumber"], columns["yrd_depth"], made.constants) == (
        "SlipNumber",
        "Depth",
        (("OwnerCode", "Yard"),),
    )
    assert dict(made.filter).keys() == {"SlipKind", "SlipName"}
    assert {item.key: item.type for item in of(found, Entity, "yrd_slip").attributes}["yrd_depth"] == "decimal"
    told = verdicts(found, "slips")
    assert told["field", "KEEPERID"] == ("by hand", "BoatSlipsV2 has no property KEEPERID")
    assert (told["field", "DEPTH"], told["table", "Boat slips V2"]) == (("converted", ""), ("converted", ""))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('A like "b*"', "cannot be read"),
        ("(A == 1", "cannot be read"),
        ('A == "1" && A == "2"', "compared twice"),
        ("A > 3", "a gt 3 cannot be said"),
        ('A == "x" ; B', "cannot be read"),
        ('A == "x', "at character 6"),
    ],
)
def test_a_condition_that_is_none_is_refused_with_its_piece(text, told):
    with pytest.raises(NotSaid, match="(?i)" + told):
        outside_condition(text)


def test_all_that_is_wrong_with_files_is_told_with_its_place(tmp_path):
    (tmp_path / "a.yaml").write_text("source_entity: A\nfields:\n- {source: B, direction: '~'}\n- 4\n")
    (tmp_path / "b.json").write_text(json.dumps(export(line("", ""), line("A", "b", "up"))))
    (tmp_path / "c.json").write_text('{"legs": [')
    with pytest.raises(MetadataError) as wrong:
        read_maps(tmp_path)
    told = [str(problem) for problem in wrong.value.problems]
    assert len(told) == 6
    assert any(item.startswith("a.yaml:3 fields.0.direction: There is no direction '~'") for item in told)
    assert any("target_table is missing" in item for item in told)
    assert any(item.startswith("b.json value.0.msdyn_mapping.legs.0.fieldMappings.1.syncDirection") for item in told)
    assert any(item.startswith("c.json:1") for item in told)


def test_the_command_writes_files_that_check_passes_and_leaves_an_edited_connection_alone(tmp_path):
    maps, out = tmp_path / "maps", tmp_path / "out"
    maps.mkdir()
    (maps / "slips.yaml").write_text(SLIPS)

    def foyer(*arguments):
        done = CliRunner().invoke(main, [str(item) for item in arguments])
        return done.exit_code, done.output

    code, said = foyer("import", "dual-write", maps, "--dry-run", "--json")
    assert (code, json.loads(said)["maps"][0]["counts"]["by hand"], out.exists()) == (0, 2, False)
    assert foyer("import", "dual-write", maps)[0] == 1
    assert foyer("import", "dual-write", maps, "--to", out)[0] == 0
    assert foyer("check", out)[0] == 0
    connection = out / "connections" / "dynamics.yaml"
    assert "${DYNAMICS_CLIENT_SECRET}" in connection.read_text()
    connection.write_text("kind: connection\nkey: dynamics\nconnector: memory\n")
    assert foyer("import", "dual-write", maps, "--to", out)[0] == 0
    assert "memory" in connection.read_text()
    (out / "entities" / "broken.yaml").write_text("kind: entity\nkey: [\n")
    assert foyer("import", "dual-write", maps, "--to", out)[0] == 1
