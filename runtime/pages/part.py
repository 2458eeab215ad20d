"""What a block is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from flask import Response
from markupsafe import Markup

from metadata.model import Block
from metadata.snapshot import PageNode
from runtime.context import RequestContext
from runtime.pages.freshness import Freshness
from runtime.pages.queries import Query
from runtime.passing import passing
from runtime.records.details import Record
from runtime.render import Action
from runtime.render.whole import Sketch


@passing
class Head:
    """What a block adds to the head of its page: a pill beside the heading, facts under it, the data's age, actions."""

    status: str | Markup = ""
    facts: tuple[str | Markup, ...] = ()
    freshness: Freshness | None = None
    actions: tuple[Action, ...] = ()
    title: str = ""


@passing
class Part:
    """A block ready to be dressed: the theme's template for it and the view model that the template knows as `view`.

    `html` is there where the block has dressed itself already, `sketch` instead of a view
    where views differ little from request to request.
    A `response` replaces the whole page: a redirect after a post, or a page of its own. `failed` puts “Error:” before the
    page's title; `status` is the page's HTTP status, `headers` go with the page.
    """

    template: str = ""
    view: object = None
    head: Head = field(default_factory=Head)
    response: Response | None = None
    status: int = 200
    failed: bool = False
    html: Markup | None = None
    headers: tuple[tuple[str, str], ...] = ()
    sketch: Sketch | None = None


@passing
class BlockAsk:
    """What a block works with: the request, its page, its place on it, and the page's record if it has one.

    `keys` are the record keys of the page's address; `query` knows the block's own arguments. `first` says that no block
    of its type stands before it. `posted` says that the request is a POST for this block.
    """

    context: RequestContext
    node: PageNode
    block: Block
    index: int
    query: Query
    keys: tuple[str, ...] = ()
    record: Record | None = None
    first: bool = True
    posted: bool = False


class Show(Protocol):
    """Shows a block. Raises the errors of records and of this package, which the application turns into pages."""

    def __call__(self, ask: BlockAsk) -> Part:
        """The block, ready to be dressed."""
        ...


def no_arguments(context: RequestContext, block: Block) -> frozenset[str]:
    """The arguments of a block that has none."""
    return frozenset()


def no_paths(context: RequestContext, block: Block) -> tuple[str, ...]:
    """The attributes of the page's record that a block needs, when it needs none."""
    return ()


@dataclass(frozen=True, slots=True)
class BlockHandler:
    """How a type of block is shown.

    `arguments` gives the names that it takes from the query string; `paths` the attributes of the page's record that it
    needs, so that the page fetches the record once for all its blocks; `posts` says that it answers POST.
    """

    show: Show
    arguments: Callable[[RequestContext, Block], frozenset[str]] = no_arguments
    paths: Callable[[RequestContext, Block], tuple[str, ...]] = no_paths
    posts: bool = False


Handlers = Mapping[str, BlockHandler]
