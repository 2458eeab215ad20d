"""Writing through the door for programs: with the rights of the caller, in one transaction, and each refusal with its code."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest

from metadata.model import AttributePermission, AttributeRight, EntityPermission, SiteSetting
from metadata.store import MetadataStore
from runtime.forms.ports import Accepted, Refusal
from support.archive import open_archive

METADATA = Path(__file__).parent / "archive.yaml"


@pytest.fixture
def alma(site):
    return site.as_("alma")


def code(answer):
    return answer.status_code, answer.get_json()["error"]["code"]


def new(site, number="N1", **more):
    return {"number": number, "keeper@odata.bind": f"/choirs({site.choirs['high']})", **more}


def test_a_row_alone_is_made_by_one_statement_where_one_can_write_two_tables(site, alma):
    if site.engine.dialect.name != "postgresql":
        pytest.skip("a statement of SQLite writes one table")
    for number in ("N1", "N2"):
        with site.counting() as seen:
            assert alma.send("POST", "scores", new(site, number)).status_code == 204
        writes = [statement for statement in seen if "INSERT" in statement]
        assert ["foyer_audit" in statement for statement in writes] == [True], writes


def test_a_row_is_made_changed_and_deleted(site, alma):
    body = new(
        site,
        title="Mass",
        price=Decimal("0"),
        pages=3,
        worn=True,
        bought="2026-05-31",
        counted_at="2026-05-31T12:00:00+02:00",
        mark="6f1c2a52-7f9b-4a7e-9d0c-0f2f0f5a8f10",
        voices=["alto", "bass"],
    )
    text = json.dumps(body, default=str).replace('"price": "0"', '"price": 1234567890123.4567')
    made = alma.send("POST", "scores", text.encode())
    assert (made.status_code, made.data) == (204, b""), made.text
    row = int(made.headers["entityid"])
    assert made.headers["Location"] == made.headers["OData-EntityId"] == f"http://localhost/_api/scores({row})"
    stored = site.stored("score", row)
    assert (stored["price"], stored["voices"], stored["state"]) == (Decimal("1234567890123.4567"), ("alto", "bass"), "shelf")
    assert stored["counted_at"] == dt.datetime(2026, 5, 31, 10, tzinfo=dt.UTC)
    assert (stored["created_from"], stored["created_by"]) == ("api", site.people["alma"])

    changed = alma.send("PATCH", f"scores({row})", {"title": "Great mass", "@odata.etag": 'W/"9"'})
    assert (changed.status_code, changed.headers["ETag"]) == (204, 'W/"2"')
    shown = alma.send("PATCH", f"scores({row})?$select=pages", {"pages": 4}, Prefer="return=representation")
    assert (shown.status_code, shown.get_json()["pages"], shown.headers["ETag"]) == (200, 4, 'W/"3"')
    assert alma.send("PUT", f"scores({row})/title", {"value": "Small mass"}).status_code == 204
    assert alma.send("DELETE", f"scores({row})/pages").status_code == 204
    assert alma.send("DELETE", f"scores({row})/keeper/$ref").status_code == 403  # it would leave the caller's reach
    stored = site.stored("score", row)
    assert (stored["title"], stored["pages"], stored["version"]) == ("Small mass", None, 5)
    assert alma.send("DELETE", f"scores({row})").status_code == 204
    assert site.stored("score", row) is None
    assert code(alma.send("DELETE", f"scores({row})")) == (404, "9004010C")

    again = alma.send("POST", "scores?$select=number&$expand=keeper($select=name)", new(site), Prefer="return=representation")
    assert (again.status_code, again.headers["ETag"], again.headers["Preference-Applied"]) == (
        201,
        'W/"1"',
        "return=representation",
    )
    assert again.get_json()["keeper"]["name"] == "High"


def test_a_version_that_was_named_must_still_be_there(site, alma):
    row = site.score("S1", title="old")
    assert alma.send("PATCH", f"scores({row})", {"title": "new"}, If_Match='W/"1"').status_code == 204
    for headers in ({"If_Match": 'W/"1"'}, {"If_Match": 'W/"1", W/"7"'}, {"If_Match": '"nonsense"'}, {"If_None_Match": "*"}):
        assert code(alma.send("PATCH", f"scores({row})", {"title": "late"}, **headers)) == (412, "PreconditionFailed")
    assert code(alma.send("DELETE", f"scores({row})", If_Match='W/"1"')) == (412, "PreconditionFailed")
    assert site.stored("score", row)["title"] == "new"
    assert alma.send("PATCH", f"scores({row})", {"title": "any"}, If_Match="*").status_code == 204
    assert alma.send("DELETE", f"scores({row})", If_Match='W/"3"').status_code == 204


def test_a_row_with_a_key_is_made_or_changed(site, alma):
    there = f"/choirs({site.choirs['high']})"
    assert alma.send("PATCH", "scores(number='K1')", {"title": "one", "keeper@odata.bind": there}).status_code == 204
    assert alma.send("PATCH", "scores(number='K1')", {"title": "two"}).status_code == 204
    assert [(row["title"], row["@odata.etag"]) for row in alma.rows("scores")] == [("two", 'W/"2"')]
    assert code(alma.send("PATCH", "scores(number='K2')", {"title": "x"}, If_Match="*")) == (404, "9004010C")
    assert code(alma.send("PATCH", "scores(4711)", {"title": "x"})) == (404, "9004010C")
    assert site.count("score") == 1


def test_rows_are_made_with_all_that_is_within_them_or_not_at_all(site, alma):
    body = new(
        site,
        composer={"name": "Elgar", "born": "1857-06-02"},
        loans=[{"number": "L1", "copies": 2}, {"number": "L2"}],
        concerts=[{"name": "Proms"}],
    )
    assert alma.send("POST", "scores", body).status_code == 204
    (row,) = alma.rows("scores?$expand=composer,loans($orderby=number),concerts")
    assert (row["composer"]["name"], [loan["number"] for loan in row["loans"]]) == ("Elgar", ["L1", "L2"])
    assert [concert["name"] for concert in row["concerts"]] == ["Proms"]
    before = {name: site.count(name) for name in ("score", "composer", "loan", "concert")}
    body = new(site, "N2", composer={"name": "Nobody"}, loans=[{"number": "L3"}, {"copies": 1}], concerts=[{"name": "Never"}])
    refused = alma.send("POST", "scores", body)
    assert code(refused) == (400, "9004010D")
    assert refused.get_json()["error"]["details"] == [{"code": "required", "target": "number", "message": "number: required"}]
    assert {name: site.count(name) for name in before} == before
    related = alma.send("POST", f"scores({row['id']})/loans", {"number": "L4"})
    assert related.status_code == 204
    assert alma.get(f"scores({row['id']})/loans/$count").text == "3"
    bound = new(site, "N3", **{"composer@odata.bind": f"http://localhost/_api/composers({row['composer']['id']})"})
    bound["concerts@odata.bind"] = [f"concerts({row['concerts'][0]['id']})"]
    assert alma.send("POST", "scores", bound).status_code == 204
    assert len(alma.rows(f"concerts({row['concerts'][0]['id']})/score_concerts")) == 2


def test_links_are_set_and_taken_away(site, alma):
    row, other = site.score("S1"), site.score("S2")
    bach, day, loan = (
        site.add("composer", name="Bach"),
        site.add("concert", name="Spring"),
        site.add("loan", number="L1", score=other),
    )
    assert alma.send("PUT", f"scores({row})/composer/$ref", {"@odata.id": f"/_api/composers({bach})"}).status_code == 204
    assert alma.get(f"scores({row})/composer/name/$value").text == "Bach"
    assert alma.send("DELETE", f"scores({row})/composer/$ref").status_code == 204
    assert site.stored("score", row)["composer"] is None
    assert alma.send("PATCH", f"scores({row})", {"composer@odata.bind": f"composers({bach})"}).status_code == 204
    assert alma.send("PATCH", f"scores({row})", {"composer@odata.bind": None}).status_code == 204
    assert site.stored("score", row)["composer"] is None
    for _ in range(2):  # what is linked already stays so
        assert alma.send("POST", f"scores({row})/concerts/$ref", {"@odata.id": f"concerts({day})"}).status_code == 204
    assert len(alma.rows(f"scores({row})/concerts")) == 1
    assert alma.send("DELETE", f"scores({row})/concerts({day})/$ref").status_code == 204
    assert code(alma.send("DELETE", f"scores({row})/concerts/$ref?$id=concerts({day})")) == (404, "9004010C")
    assert alma.send("POST", f"scores({row})/loans/$ref", {"@odata.id": f"loans({loan})"}).status_code == 204
    assert site.stored("loan", loan)["score"] == row
    assert code(alma.send("DELETE", f"scores({other})/loans({loan})/$ref")) == (404, "9004010C")


def test_every_missing_right_has_its_code(site, alma):
    theirs, mine = site.score("T1", "low"), site.score("S1")
    loan = site.add("loan", number="L1", score=mine)
    low = f"/choirs({site.choirs['low']})"
    rut, cleo, nil = site.as_("rut"), site.as_("cleo"), site.as_("nil")
    assert code(rut.send("PATCH", f"scores({mine})", {"title": "x"})) == (403, "90040102")
    assert code(rut.send("POST", "scores", {"number": "N"})) == (403, "90040103")
    assert code(rut.send("DELETE", f"scores({mine})")) == (403, "90040104")
    assert code(alma.send("DELETE", f"composers({site.add('composer', name='Bach')})")) == (403, "90040104")
    assert code(alma.send("POST", "scores", {"number": "N", "keeper@odata.bind": low})) == (403, "90040106")
    assert code(alma.send("PATCH", f"loans({loan})", {"score@odata.bind": f"scores({theirs})"})) == (403, "90040106")
    assert code(alma.send("POST", "scores", {"number": "N"})) == (403, "90040103")  # it would be nobody's
    assert code(alma.send("PATCH", f"scores({theirs})", {"title": "x"})) == (404, "9004010C")
    assert code(cleo.send("DELETE", f"scores({mine})")) == (404, "9004010C")
    assert code(nil.send("POST", "scores", {"number": "N"})) == (403, "90040103")
    assert code(alma.send("PATCH", f"scores({mine})", {"insured": 1})) == (403, "90040102")
    assert code(alma.send("PATCH", f"scores({mine})", {"secret": "x"})) == (403, "90040101")
    assert code(alma.send("PATCH", f"scores({mine})", {"nonsense": "x"})) == (400, "90040100")
    assert (site.stored("score", mine)["version"], site.stored("score", theirs)["version"]) == (1, 1)


def test_of_the_two_rights_that_a_lookup_takes_the_missing_one_is_named(database_url, tmp_path):
    loans = EntityPermission(
        key="loans-of-choir",
        site="archive",
        entity="loan",
        scope="parent",
        relationship="score",
        parent="scores-of-choir",
        privileges=("read", "write", "create"),
        roles=("singer",),
    )
    with open_archive(database_url, tmp_path, METADATA, loans) as site:
        alma, mine, theirs = site.as_("alma"), site.score("S1"), site.score("T1", "low")
        loan, other = site.add("loan", number="L1", score=mine), site.score("S2")
        # The row that holds the lookup has not the right to point anywhere, wherever the lookup is to lead.
        for score in (other, theirs):
            answer = alma.send("PATCH", f"loans({loan})", {"score@odata.bind": f"/scores({score})"})
            assert code(answer) == (403, "90040105")
            assert answer.get_json()["error"]["target"] == "score"
            assert "append permission" in answer.get_json()["error"]["message"]
        assert code(alma.send("POST", "loans", {"number": "L2", "score@odata.bind": f"/scores({mine})"})) == (403, "90040105")
        assert code(alma.send("PUT", f"loans({loan})/score/$ref", {"@odata.id": f"scores({other})"})) == (403, "90040105")
        # Of scores it is there; the choir that the lookup leads to does not let itself be named.
        low = f"/choirs({site.choirs['low']})"
        answer = alma.send("PATCH", f"scores({mine})", {"keeper@odata.bind": low})
        assert (code(answer), answer.get_json()["error"]["target"]) == ((403, "90040106"), "keeper")
        assert "append to permission" in answer.get_json()["error"]["message"]
        assert (site.stored("loan", loan)["score"], site.count("loan")) == (mine, 1)


def test_nothing_is_taken_for_no_value_where_a_new_row_has_none_yet(site, alma):
    nothing = dict.fromkeys(("id", "value", "lent", "created_from", "_composer_value", "_holder_value", "_holder_entity"))
    score = {"number": "N1", "keeper@odata.bind": f"choirs({site.choirs['high']})", **nothing}
    assert alma.send("POST", "scores", score).status_code == 204
    for name in ("value", "_composer_value"):
        assert alma.send("POST", "scores", {**score, "number": "N2", name: 1}).status_code == 400, name
        assert alma.send("PATCH", "scores(1)", {name: None}).status_code == 400, name
    assert alma.send("POST", "scores", {**score, "number": "N2", "secret": None}).status_code == 403
    assert site.count("score") == 1
    assert alma.send("POST", "concerts", {"name": "Proms", "programme": None}).status_code == 204
    assert alma.send("POST", "concerts", {"name": "Proms", "programme": 1}).status_code == 501


def test_bodies_that_cannot_be_used_are_refused(site, alma):
    mine = site.score("S1")
    for body in (
        {"pages": "12"},
        {"pages": True},
        {"pages": 1.5},
        {"worn": "yes"},
        {"bought": "31.5.2026"},
        {"counted_at": "2026-05-31T12:00:00"},
        {"mark": "x"},
        {"title": 5},
        {"voices": "alto"},
        {"price": "much"},
        {"id": 5},
        {"created_from": "me"},
        {"value": 3},
        {"_composer_value": 1},
        {"composer@odata.bind": "/scores(1)"},
        {"composer@odata.bind": "http://elsewhere.example/composers(1)"},
        {"composer@odata.bind": 5},
        {"loans": {}},
    ):
        assert code(alma.send("PATCH", f"scores({mine})", body)) == (400, "BadRequest"), body
    for body, detail in (({"pages": 0}, "too_small"), ({"voices": ["drum"]}, "option"), ({"number": None}, "required")):
        refused = alma.send("PATCH", f"scores({mine})", body)
        assert (code(refused), refused.get_json()["error"]["details"][0]["code"]) == ((400, "9004010D"), detail)
    for data in (b"{", b"[]", b'{"pages": NaN}', b"\xff", b"[" * 5000):
        assert code(alma.send("PATCH", f"scores({mine})", data)) == (400, "BadRequest")
    assert code(alma.send("PATCH", f"scores({mine})", b"<a/>", Content_Type="text/xml")) == (415, "UnsupportedMediaType")
    assert code(alma.send("PUT", f"scores({mine})", {"title": "x"})) == (501, "NotImplemented")
    refused = alma.send("PATCH", "scores", {"title": "x"})
    assert (code(refused), refused.headers["Allow"]) == ((405, "MethodNotAllowed"), "GET, POST")
    assert alma.send("PATCH", f"scores({mine})", {"loans": [{"number": "L"}]}).status_code == 501
    assert site.stored("score", mine)["version"] == 1
    site.add("loan", number="L1", score=mine)
    refused = alma.send("DELETE", f"scores({mine})")
    assert (code(refused), refused.get_json()["error"]["details"][0]["code"]) == ((400, "9004010D"), "referenced")


class Asked:
    """An outside system that has to agree to new scores, and says what a test has it say."""

    def __init__(self, *answers):
        self.answers, self.heard = list(answers), []

    def concerns(self, snapshot, entity):
        return entity == "score"

    def knows(self, snapshot, entity, key):
        return False

    def prepare(self, connection, snapshot, entity, record_id, key):
        self.heard.append(entity)
        return self

    sent = ""

    def announce(self, connection):
        pass

    def conclude(self, connection, reply):
        pass

    def ask(self):
        return self.answers.pop(0)

    def settle(self, connection, record_id):
        return Accepted()


def test_an_outside_system_is_asked_before_a_row_counts(database_url, tmp_path):
    outside = Asked()
    with open_archive(database_url, tmp_path, METADATA, submission=outside) as site:
        alma = site.as_("alma")
        outside.answers += [Refusal("Not with us.", attribute="title"), outside]
        refused = alma.send("POST", "scores", new(site))
        assert (code(refused), refused.get_json()["error"]["message"]) == ((400, "9004010D"), "Not with us.")
        assert site.count("score") == 0
        assert alma.send("POST", "scores", new(site, loans=[{"number": "L1"}])).status_code == 204
        assert (site.count("score"), site.count("loan"), outside.heard) == (1, 1, ["score", "score"])
        group = {"id": "1", "method": "POST", "url": "scores", "atomicityGroup": "g", "body": new(site, "N2")}
        (one,) = alma.send("POST", "$batch", {"requests": [group]}).get_json()["responses"]
        assert one["status"] == 501
        assert alma.send("POST", "composers", {"name": "X", "scores": [new(site, "N3")]}).status_code == 501
        assert (site.count("score"), site.count("composer")) == (1, 0)


def test_who_writes_sends_the_token_of_the_session(site, alma):
    mine = site.score("S1")
    token, alma.token = alma.token, ""
    for program in (alma, site.stranger()):
        assert code(program.send("POST", "scores", new(site))) == (401, "90040107")
        assert code(program.send("DELETE", f"scores({mine})")) == (401, "90040107")
        assert code(program.send("POST", "$batch", {"requests": []})) == (401, "90040107")
        assert code(program.send("PATCH", f"scores({mine})", {}, X_CSRFToken="wrong")) == (401, "90040107")
    assert alma.get("scores").status_code == 200
    older = {"__RequestVerificationToken": token}  # the name that scripts of other portals send
    assert alma.send("PATCH", f"scores({mine})", {"title": "x"}, **older).status_code == 204
    assert alma.send("PATCH", f"scores({mine})", {"title": "y"}, X_CSRFToken=token).status_code == 204


def test_what_is_inside_is_told_only_where_the_site_says_so(site, alma):
    mine = site.score("S1")
    told = alma.send("PATCH", f"scores({mine})", {"pages": 0}).get_json()["error"]
    assert "innererror" not in told
    setting = SiteSetting(key="api/inner_error", site="archive", value="true")
    MetadataStore(site.engine).publish("tester", components=(setting,))
    told = alma.send("PATCH", f"scores({mine})", {"pages": 0}).get_json()["error"]
    assert told["innererror"]["type"] == "Invalid"


def test_what_is_not_seen_is_not_found_out_by_writing_it(database_url, tmp_path):
    shut = AttributePermission(
        key="insurance",
        site="archive",
        entity="score",
        roles=("singer",),
        others=("read", "create", "update"),
        attributes=(AttributeRight(attribute="insured", update=True),),
    )
    with open_archive(database_url, tmp_path, METADATA, shut) as site:
        alma, lib = site.as_("alma"), site.people["lib"]
        row = site.score("A1", holder=site.choirs["low"], holder__entity="account", insured=Decimal(50), composer=None)
        assert alma.get(f"scores({row})").get_json().get("_holder_value") is None
        answers = [
            alma.send("PATCH", f"scores({row})", {f"holder_{kind}@odata.bind": f"/{name}({number})"})
            for kind, name, number in (
                ("account", "choirs", site.choirs["low"]),
                ("account", "choirs", 999),
                ("contact", "people", lib),
            )
        ]
        assert len({(answer.status_code, answer.text) for answer in answers}) == 1, [answer.text for answer in answers]
        assert code(answers[0]) == (403, "90040106")
        own = {"keeper@odata.bind": f"/choirs({site.choirs['high']})", "number": "A1"}
        assert alma.send("PATCH", f"scores({row})", own).headers["ETag"] == 'W/"1"', "what one sees is not written again"
        tags = [alma.send("PATCH", f"scores({row})", {"insured": value}).headers["ETag"] for value in (50, 50, 60)]
        assert tags == ['W/"2"', 'W/"3"', 'W/"4"']
