"""A client library of others reads and writes through the door for programs, over a port, as it would anywhere."""

import datetime as dt
from decimal import Decimal

import requests
from odata.service import ODataService

from runtime.identity.api_tokens import NewToken, give
from support.archive import SITE
from support.marina_site import served


def test_a_client_library_finds_changes_and_deletes_rows(site):
    site.score("S1", title="Mass", price=Decimal("2.5"), bought=dt.date(2024, 2, 29))
    site.score("T1", "low", title="Theirs")
    with site.engine.begin() as connection:
        new = NewToken(site.people["alma"], SITE, "client", (), False, dt.timedelta(days=1))
        _, token = give(connection, new)
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {token}", "Prefer": "return=representation"})
    with served(site.app) as address:
        service = ODataService(f"{address}/_api/", session=session, reflect_entities=True)
        score, composer = service.entities["scores"], service.entities["composers"]
        assert set(service.entities) == {"scores", "composers", "concerts", "loans", "choirs"}
        (found,) = list(service.query(score).filter(score.title.startswith("Mas")).order_by(score.number.asc()))
        assert (found.number, Decimal(found.price), str(found.bought)) == ("S1", Decimal("2.5"), "2024-02-29")
        made = composer()
        made.name = "Elgar"
        service.save(made)
        assert [row.name for row in service.query(composer)] == ["Elgar"]
        found.title = "Great mass"
        service.save(found)
        assert site.stored("score", found.id)["title"] == "Great mass"
        service.delete(found)
        assert site.stored("score", found.id) is None
    assert site.count("score") == 1
