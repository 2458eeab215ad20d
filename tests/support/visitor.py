"""Somebody at a browser without scripts: keeps cookies, reads the forms of a page, sends them as a browser would."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

SECONDS = 30.0
REDIRECTS = (301, 302, 303, 307, 308)
SWITCHES = ("radio", "checkbox")
UNTYPED = ("submit", "button", "file", "image", "reset")


@dataclass
class Form:
    """A form of a page: where it goes, what stands in it, and the values of its buttons by name."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Takes the visible words and the forms out of a page; what a template holds is not in it."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._hidden = 0
        self._select = ""
        self._chosen: str | None = None
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("template", "script", "style"):
            self._hidden += 1
        if self._hidden:
            return
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(self._form, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value, type_ = given.get("name", ""), given.get("value", ""), given.get("type", "text")
        if tag == "button":
            form.buttons.append((name, value))
        elif tag == "select":
            self._select, self._chosen = name, None
        elif tag == "option" and (self._chosen is None or "selected" in given):
            self._chosen = value
        elif tag == "textarea":
            self._area = name
            form.fields.append((name, ""))
        elif tag == "input" and name and type_ not in UNTYPED and (type_ not in SWITCHES or "checked" in given):
            form.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("template", "script", "style"):
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select" and self._form is not None:
            self._form.fields.append((self._select, self._chosen or ""))

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.words.append(data)
        if self._area and self._form is not None:
            self._form.fields[-1] = (self._area, self._form.fields[-1][1] + data)


@dataclass(frozen=True)
class Answer:
    """What came back, after the redirects."""

    status: int
    url: str
    body: str
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """The words of the page, single-spaced."""
        return re.sub(r"\s+", " ", " ".join(_read(self.body).words))

    def form(self, holding: str) -> Form:
        """The form that has an input of this name."""
        forms = _read(self.body).forms
        found = [form for form in forms if holding in dict(form.fields)]
        assert found, f"{self.status} {self.url} has no form with {holding}: {self.text[:400]}"
        return found[0]

    def links(self) -> list[str]:
        """Where the page leads."""
        return re.findall(r'<a\b[^>]*\bhref="([^"]+)"', self.body)


def _read(body: str) -> _Reader:
    reader = _Reader()
    reader.feed(body)
    return reader


def forms_of(body: str) -> list[Form]:
    """The forms of a page, with the first line break of a textarea left out, as browsers do."""
    forms = _read(body).forms
    for form in forms:
        form.fields = [(name, value.removeprefix("\n")) for name, value in form.fields]
    return forms


class Visitor:
    """A person with cookies of his own."""

    def __init__(self, url: str, **headers: str) -> None:
        self.url = url
        self._cookies: dict[str, str] = {}
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def get(self, path: str, *, follow: bool = True) -> Answer:
        """Ask for an address, as it is or relative to the site."""
        return self._follow(self._send("GET", path, ""), follow=follow)

    def post(self, path: str, fields: list[tuple[str, str]] | dict[str, str], *, follow: bool = True) -> Answer:
        """Send a form."""
        return self._follow(self._send("POST", path, urlencode(fields)), follow=follow)

    def send(self, answer: Answer, holding: str, _button: tuple[str, str] | None = None, **typed: Any) -> Answer:
        """Fill in a page's form and press a button of it."""
        form = answer.form(holding)
        names = {name for name, _ in form.fields}
        fields = [(name, typed.get(name, value)) for name, value in form.fields]
        fields += [(name, value) for name, value in typed.items() if name not in names]
        return self.post(urljoin(answer.url, form.action), [*fields, *([_button] if _button else [])])

    def sign_in(self, email: str, password: str) -> Answer:
        """Sign in at the site's form."""
        page = self.get("/signin")
        return self.send(page, "password", email=email, password=password)

    def _follow(self, answer: Answer, *, follow: bool) -> Answer:
        for _ in range(5):
            if not follow or answer.status not in REDIRECTS:
                return answer
            answer = self._send("GET", urljoin(answer.url, answer.headers["location"]), "")
        raise AssertionError(f"{answer.url} redirects without end")

    def _send(self, method: str, path: str, body: str) -> Answer:
        url = urljoin(self.url, path)
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {**self._headers, "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.url}
        connection = http.client.HTTPConnection(parts.netloc, timeout=SECONDS)
        try:
            connection.request(method, target, body.encode() if body else None, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self._cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}
        return Answer(response.status, url, text, {name.lower(): value for name, value in response.getheaders()})
