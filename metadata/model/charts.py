"""Charts: what the rows of a view come to, drawn."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import COMPONENT_KEY, prop
from metadata.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The rows of a view in groups, each with a figure, drawn with a table beside it. Kind `chart`.

    The figures are of the rows that the person may read, worked out by the database in one statement.
    """

    key: str = prop(help="Name of the chart.", pattern=COMPONENT_KEY)
    site: str = prop("", "Site that owns it.", ref="site")
    label: Text = prop(Text(), "Heading; the view's label where missing.")
    text: Text = prop(Text(), "Sentence under the heading.")
    view: str = prop(help="View whose rows count.", ref="view")
    type: str = prop("bar", "How it is drawn; a number has no groups.", choices=("bar", "line", "pie", "number"))
    group: str = prop(
        "", "Attribute, or path over lookups such as customer.region, whose values make the groups.", attribute="self"
    )
    by: str = prop(
        "",
        "Span of time that makes a group of dates or date-times.",
        choices=("", "day", "week", "month", "quarter", "year"),
    )
    groups: int = prop(
        12,
        "Groups shown at most: of dates the last ones, of others the largest; the rest is one group of its own.",
        min=1,
        max=60,
    )
    aggregate: str = prop(
        "count",
        "Figure of a group: the number of its rows, or of an attribute.",
        choices=("count", "sum", "average", "min", "max"),
    )
    attribute: str = prop("", "Whole number, decimal or money from which the figure is made (all but count).", attribute="self")
    page: str = prop("", "Page with a list of the view's rows, to which the figures lead.", ref="page")
    filter: str = prop("", "Filter of that list, by the attribute of the groups, with which a group leads to its own rows.")
    empty: Text = prop(Text(), "Said where there are no rows.")
