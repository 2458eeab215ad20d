"""Several calls in one: as JSON and as multipart, with groups that happen all together or not at all."""

import email.parser
import email.policy
import json

import sqlalchemy as sa


def json_batch(program, *requests, **headers):
    answer = program.send("POST", "$batch", {"requests": list(requests)}, **headers)
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.get_json()["responses"]}


def ask(name, method, url, body=None, **more):
    given = {"id": name, "method": method, "url": url, **more}
    return {**given, "body": body} if body is not None else given


def refused_of(site):
    """What the audit trail says was refused."""
    lines = sa.text("SELECT entity, changes FROM foyer_audit WHERE privilege = 'refused' ORDER BY id")
    with site.engine.connect() as connection:
        return [(entity, json.loads(changes)) for entity, changes in connection.execute(lines)]


def test_calls_as_json_refer_to_rows_made_before(site):
    alma, choir = site.as_("alma"), f"choirs({site.choirs['high']})"
    score = {"number": "N1", "keeper@odata.bind": choir, "price": 1.25}
    found = json_batch(
        alma,
        ask("c", "post", "composers", {"name": "Bach"}, atomicityGroup="g"),
        ask("s", "post", "/_api/scores", {**score, "composer@odata.bind": "$c"}, atomicityGroup="g"),
        ask("l", "POST", "$s/loans", {"number": "L1"}, dependsOn=["s"]),
        ask(
            "r", "get", "http://localhost/_api/scores?$select=number,price&$expand=composer($select=name),loans($select=number)"
        ),
    )
    assert [found[name]["status"] for name in "cslr"] == [204, 204, 204, 200]
    (row,) = found["r"]["body"]["value"]
    assert (row["price"], row["composer"]["name"], row["loans"][0]["number"]) == (1.25, "Bach", "L1")
    assert found["s"]["headers"]["OData-EntityId"].endswith(f"/scores({row['id']})")
    assert found["s"]["atomicityGroup"] == "g"


def test_a_group_is_undone_as_a_whole_and_the_rest_waits(site):
    alma, choir = site.as_("alma"), f"choirs({site.choirs['high']})"
    calls = (
        ask("a", "post", "scores", {"number": "N0", "keeper@odata.bind": choir}),
        ask("b", "post", "composers", {"name": "Gone"}, atomicityGroup="g"),
        ask("c", "post", "scores", {"title": "no number", "keeper@odata.bind": choir}, atomicityGroup="g"),
        ask("d", "get", "scores/$count"),
        ask("e", "get", "scores/$count", dependsOn=["g"]),
    )
    found = json_batch(alma, *calls)
    assert [found[name]["status"] for name in "abcde"] == [204, 424, 400, 424, 424]
    assert (site.count("score"), site.count("composer")) == (1, 0)
    found = json_batch(alma, *calls[1:], Prefer="odata.continue-on-error")
    assert (found["d"]["status"], found["d"]["body"], found["e"]["status"]) == (200, "1", 424)
    assert site.count("composer") == 0


def test_a_batch_has_no_more_rights_than_its_calls(site):
    theirs = site.score("T1", "low")
    alma = site.as_("alma")
    found = json_batch(
        alma,
        ask("1", "get", f"scores({theirs})"),
        ask("2", "patch", f"scores({theirs})", {"title": "x"}),
        ask("3", "post", "$batch", {"requests": []}),
        ask("4", "get", "ledger"),
        Prefer="odata.continue-on-error",
    )
    assert [found[name]["status"] for name in "1234"] == [404, 404, 501, 404]
    assert refused_of(site) == [
        ("scores", {"method": "GET", "path": f"/_api/scores({theirs})", "status": 404}),
        ("scores", {"method": "PATCH", "path": f"/_api/scores({theirs})", "status": 404}),
        ("ledger", {"method": "GET", "path": "/_api/ledger", "status": 404}),
    ]
    for requests in (
        [{"id": "1"}],
        [ask("1", "get", "scores"), ask("1", "get", "scores")],
        [ask(str(n), "get", "scores") for n in range(101)],
        [ask("1", "get", "scores", atomicityGroup="g")],
        [ask(n, "post", "composers", {}, atomicityGroup=g) for n, g in (("1", "g"), ("2", "h"), ("3", "g"))],
    ):
        assert alma.send("POST", "$batch", {"requests": requests}).status_code == 400
    assert alma.send("POST", "$batch", b"x", Content_Type="text/plain").status_code == 415
    assert alma.get("$batch").status_code == 405


MIXED = """\
--outer
Content-Type: application/http
Content-Transfer-Encoding: binary

GET /_api/scores?$select=number HTTP/1.1
Accept: application/json

--outer
Content-Type: multipart/mixed; boundary=inner

--inner
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 1

POST composers HTTP/1.1
Content-Type: application/json

{"name": "Bach"}
--inner
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 2

POST scores HTTP/1.1
Content-Type: application/json;odata.metadata=minimal

{"number": "N1", "keeper@odata.bind": "choirs(KEEPER)", "composer@odata.bind": "$1" LAST}
--inner--

--outer
Content-Type: application/http
Content-Transfer-Encoding: binary

GET scores/$count HTTP/1.1


--outer--
"""


def parts_of(answer):
    text = f"Content-Type: {answer.content_type}\r\n\r\n".encode() + answer.data
    return email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(text).get_payload()


def test_calls_as_multipart_with_a_change_set(site):
    alma = site.as_("alma")
    body = MIXED.replace("KEEPER", str(site.choirs["high"]))
    wrong = body.replace("LAST", ', "pages": "many"').replace("\n", "\r\n").encode()
    kind = "multipart/mixed; boundary=outer"
    refused = alma.send("POST", "$batch", wrong, Content_Type=kind, Prefer="odata.continue-on-error")
    assert refused.status_code == 200
    first, second, third = parts_of(refused)
    assert first.get_payload().startswith("HTTP/1.1 200 OK")
    assert second.get_content_type() == "application/http"
    assert second.get_payload().startswith("HTTP/1.1 400 Bad Request")
    assert third.get_payload().rstrip().endswith("0")
    assert site.count("composer") == 0
    answer = alma.send("POST", "$batch", body.replace("LAST", "").encode(), Content_Type=kind)
    assert answer.content_type.startswith("multipart/mixed; boundary=")
    _, changed, counted = parts_of(answer)
    inner = changed.get_payload()
    assert [(one["Content-ID"], one.get_payload()[:12]) for one in inner] == [("1", "HTTP/1.1 204"), ("2", "HTTP/1.1 204")]
    assert counted.get_payload().rstrip().endswith("1")
    assert alma.rows("scores?$expand=composer")[0]["composer"]["name"] == "Bach"
