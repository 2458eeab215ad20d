"""The types of blocks and what shows each of them. A new type is a line here and a template in the theme."""

from __future__ import annotations

from metadata.model import Block
from runtime.loading import Later
from runtime.pages.content import show_snippet, show_text
from runtime.pages.form import FORM_BLOCK, PROFILE_BLOCK
from runtime.pages.form_source import SOURCED_BLOCK
from runtime.pages.lists import list_arguments, show_list
from runtime.pages.part import BlockHandler
from runtime.pages.record_block import RECORD_BLOCK
from runtime.pages.templating.drawing import COMPONENT_BLOCK
from runtime.pages.tiles import show_tiles

BLOCKS: dict[str, BlockHandler] = {
    "text": BlockHandler(show_text),
    "snippet": BlockHandler(show_snippet),
    "tiles": BlockHandler(show_tiles),
    "charts": BlockHandler(Later("runtime.pages.charts:show_charts")),
    "list": BlockHandler(show_list, arguments=list_arguments, posts=True),
    "form": RECORD_BLOCK,
    "form.insert": FORM_BLOCK,
    "form.edit": FORM_BLOCK,
    "form.sourced": SOURCED_BLOCK,
    "profile": PROFILE_BLOCK,
    "multistep_form": BlockHandler(
        Later("runtime.pages.multistep:show_multistep"), Later("runtime.pages.multistep:multistep_arguments"), posts=True
    ),
    "component": COMPONENT_BLOCK,
    "search": BlockHandler(Later("runtime.pages.search:show_search"), arguments=Later("runtime.pages.search:search_arguments")),
}
"""By the type of the block; forms by their mode as well, such as `form.edit`, where it is not read, or as sourced.

What few pages have is loaded with the first of them.
"""


def handler_of(block: Block) -> BlockHandler:
    """What shows a block. Raises KeyError for a type that this installation cannot show."""
    if block.type == "form" and block.record is not None:
        return BLOCKS["form.sourced"]
    if block.type == "form" and block.mode != "read":
        return BLOCKS[f"form.{block.mode}"]
    return BLOCKS[block.type]
