"""What a person is told of their own sign-in: each thing that the trail says of it has a sentence of its own."""

import ast
from pathlib import Path

import runtime
from runtime.identity.events import LOGINS, TOLD
from runtime.identity.second_factor import APP, MAIL, PASSKEY, RECOVERY
from runtime.render.texts import catalogue, spoken

WAYS = (APP, MAIL, PASSKEY, RECOVERY)


def said_of(function):
    """What the engine writes down by calls of a function, as far as it stands there; gaps are given as {}."""
    for path in Path(runtime.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
                yield from _texts(node.args[-1])


def _texts(node):
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.Constant):
        yield node.value


def test_whatever_is_noted_of_a_second_factor_is_told():
    noted = {text.replace("{}", way) for text in said_of("note_factor") for way in WAYS}
    known = {text for text in noted if text in TOLD}
    assert noted - known <= {"on by passkey", "on by recovery"}, "these are no methods that are proposed"
    assert len(noted) > 15


def test_whatever_is_noted_of_a_sign_in_with_a_provider_is_told():
    noted = set(said_of("note_login"))
    assert noted
    assert [text for text in noted if not text.startswith(tuple(LOGINS))] == []


def test_each_has_a_sentence_in_each_language():
    keys = [f"security.event.second_factor.{one}" for one in TOLD.values()]
    keys += [f"security.event.external_login.{one}" for one in LOGINS.values()]
    for language in spoken():
        assert [key for key in keys if key not in catalogue(language)] == [], language
