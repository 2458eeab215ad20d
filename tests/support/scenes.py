"""A small site and requests to it, for tests of what pages look like. No database, no application."""

from dataclasses import dataclass, field

from metadata.compiler import compile_snapshot
from metadata.model import (
    Component,
    Language,
    Page,
    Site,
    WebLink,
    WebLinkSet,
)
from metadata.snapshot import CompiledSite, PageNode, Snapshot
from metadata.text import Text
from runtime.render import Frame, Renderer

LANGUAGES = (
    Language(key="en-GB", label=Text.of("English")),
    Language(key="sv-SE", label=Text.of("Svenska")),
    Language(key="ar", label=Text.of("العربية")),
)


def site_components(*more: Component, **site: object) -> list[Component]:
    """A site `main` with a home, a page `things` and one only for the role `boss`, and a menu of them."""
    given: dict[str, object] = {
        "key": "main",
        "label": Text.of("Tools & Co"),
        "default_language": "en-GB",
        "languages": ("en-GB", "sv-SE", "ar"),
        "menu": "main",
        "footer_menu": "foot",
        "currency": "SEK",
    }
    return [
        *LANGUAGES,
        Site(**{**given, **site}),  # type: ignore[arg-type]
        Page(key="home", site="main", label=Text.of({"en": "Home", "sv": "Hem"}), partial_url="/", icon="house"),
        Page(key="things", site="main", label=Text.of({"en": "Things", "sv": "Saker"}), parent="home", partial_url="things"),
        Page(key="secret", site="main", label=Text.of("Secret"), parent="home", partial_url="secret"),
        Page(key="terms", site="main", label=Text.of("Terms"), parent="home", partial_url="terms"),
        WebLinkSet(
            key="main",
            site="main",
            links=(
                WebLink(page="home"),
                WebLink(page="things"),
                WebLink(page="secret"),
                WebLink(label=Text.of("More"), links=(WebLink(page="terms"), WebLink(page="secret"))),
                WebLink(label=Text.of("Shop"), url="https://shop.example", new_window=True),
            ),
        ),
        WebLinkSet(key="foot", site="main", links=(WebLink(page="terms"),)),
        *more,
    ]


@dataclass(frozen=True)
class Somebody:
    """Who asks."""

    kind: str = "contact"
    roles: frozenset[str] = frozenset()
    name: str = "Jane Lindqvist"


NOBODY = Somebody("anonymous", frozenset(), "")


@dataclass(frozen=True)
class Visit:
    """A request as the renderer sees it."""

    snapshot: Snapshot
    principal: Somebody = field(default_factory=Somebody)
    language: str = "en-GB"
    csrf: str = "token-of-the-page"
    frame: Frame = field(default_factory=Frame)

    @property
    def site(self) -> CompiledSite:
        return self.snapshot.sites["main"]


def may_open(visit: Visit, node: PageNode) -> bool:
    """Everything is open but the page `secret`, which is for the role `boss`."""
    return node.page.key != "secret" or "boss" in visit.principal.roles


def visit(*more: Component, **values: object) -> Visit:
    """A visit to the site, with more components if need be."""
    return Visit(compile_snapshot(site_components(*more)), **values)  # type: ignore[arg-type]


def renderer() -> Renderer[Visit]:
    """A renderer for visits."""
    return Renderer(lambda visit: visit.frame, may_open)
