"""What the metadata of a SAML provider must name before people can sign out with it, or have its assertions encrypted."""

import dataclasses

import pytest

pytest.importorskip("saml2", reason="needs the extra test")

from metadata.checks import check
from metadata.model import IdentityProvider, component_id
from metadata.text import Text
from support.town_hall import ENTITY, SEAL

HALL = IdentityProvider(
    key="hall",
    label=Text((("", "the town hall"),)),
    protocol="saml",
    issuer=ENTITY,
    sign_in_url="https://hall.town.example/sso",
    certificates=(SEAL.certificate,),
)
SLO = "https://hall.town.example/slo"


@pytest.mark.parametrize(
    ("more", "amiss"),
    [
        ({}, []),
        ({"sign_out": True, "sign_out_url": SLO, "key_pair": "${KEY}", "encrypted": True}, []),
        ({"sign_out": True, "key_pair": "${KEY}"}, ["sign_out_url"]),
        ({"sign_out": True, "sign_out_url": "http://elsewhere.example/slo", "key_pair": "${KEY}"}, ["sign_out_url"]),
        ({"sign_out": True, "sign_out_url": SLO}, ["key_pair"]),
        ({"signed_requests": True}, ["key_pair"]),
        ({"signed_requests": True, "key_pair": "${KEY}"}, []),
        ({"encrypted": True}, ["key_pair"]),
    ],
)
def test_a_saml_provider_names_where_people_sign_out_and_the_key_that_this_takes(more, amiss):
    provider = dataclasses.replace(HALL, **more)
    found = [(problem.position.path, problem.severity) for problem in check({component_id(provider): provider})]
    assert [one for one in found if one[0] in ("sign_out_url", "key_pair")] == [(path, "error") for path in amiss]
