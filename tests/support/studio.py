"""The studio of the marina: people with rights there, who fill in its forms as a browser without scripts does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from metadata.model import Component, WebRole
from metadata.model.security import STUDIO_RIGHTS
from metadata.store import MetadataStore
from runtime.identity.roles import grant_roles
from support.marina_site import Marina, open_marina
from support.portal import Browser
from support.visitor import Form, forms_of

RIGHTS = {"dora": ("chief",), "carol": ("writer",), "bob": ("modeller",)}
ROLES = (
    WebRole(key="chief", studio=STUDIO_RIGHTS),
    WebRole(key="writer", studio=("content", "publish")),
    WebRole(key="modeller", studio=("data", "design")),
)


@contextmanager
def open_studio(database_url: str, folder: Path, *changed: Component) -> Iterator[Marina]:
    """The marina with Dora, who may do everything, Carol, who writes and publishes pages, and Bob, who models."""
    with open_marina(database_url, folder, *ROLES, *changed) as site:
        with site.engine.begin() as connection:
            for name, roles in RIGHTS.items():
                grant_roles(connection, site.people[name], "marina", roles)
        yield site


@dataclass
class Maker:
    """Somebody at the studio."""

    browser: Browser

    @classmethod
    def of(cls, site: Marina, name: str) -> Maker:
        return cls(site.as_(name))

    def get(self, path: str) -> TestResponse:
        return self.browser.get(f"/studio/{path}")

    def form(self, path: str, holding: str) -> Form:
        """The form of a page that has an input of this name."""
        return form_of(self.get(path), holding)

    def form_in(self, answer: TestResponse, holding: str = "base") -> Form:
        """The form of a page that came back."""
        return form_of(answer, holding)

    def send(self, path: str, form: Form, button: tuple[str, str] = ("do", "save"), **typed: str) -> TestResponse:
        """Post a form as it was read, with some of it typed over and a button pressed. `__` stands for a dot."""
        changed = {name.replace("__", "."): value for name, value in typed.items()}
        kept = [(name, value) for name, value in form.fields if name not in changed]
        data: dict[str, list[str]] = {}
        for name, value in (*kept, *changed.items(), button):
            data.setdefault(name, []).append(value)
        return self.browser.client.post(form.action or f"/studio/{path}", data=data)

    def edit(self, name: str, button: tuple[str, str] = ("do", "save"), **typed: str) -> TestResponse:
        """Open the editor of a component such as `view/mine`, type, and press a button."""
        return self.send(f"edit/{name}", self.form(f"edit/{name}", "base"), button, **typed)

    def publish(self, button: str = "publish", **typed: str) -> TestResponse:
        """Publish all that waits."""
        return self.send("publish", self.form("publish", "chosen"), ("do", button), **typed)


def data_of(site: Marina, kind: str, key: str) -> Any:
    """The data of a component as it lies on the workbench."""
    store = MetadataStore(site.engine)
    standing = store.standing()
    heads = {(name.kind, name.key): head for name, head in {**standing.released, **standing.drafts}.items()}
    head = heads[kind, key]
    return store.data([head.id])[head.id]


def step(maker: Maker, name: str, do: str, **typed: str) -> TestResponse:
    """Press a button of a designer, or save its panel; `at` is the part that is chosen."""
    at = typed.pop("at", "")
    page = f"design/{name}" + (f"?at={at}" if at else "")
    form = maker.form(page, "at") if do == "set" else maker.form(page, "base")
    return maker.send(page, form, ("do", do), **typed)


def form_of(answer: TestResponse, holding: str) -> Form:
    below_the_bar = answer.text.partition("<main")[2]
    found = [form for form in forms_of(below_the_bar) if holding in dict(form.fields)]
    assert found, f"{answer.status_code} {answer.request.path} has no form with {holding}"
    return found[0]


def words(answer: TestResponse) -> str:
    """The words of the main part of a page."""
    main = answer.text.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())
