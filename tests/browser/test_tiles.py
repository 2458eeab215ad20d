"""Tiles stand in rows of about the same length, and the main action among them is seen to be it."""

from itertools import groupby

import pytest

from runtime.pages.tiles import TilesView, TileView
from runtime.render.chain import BUILT_IN, read_chain
from support.axe import assert_no_axe_violations
from support.scenes import renderer, visit
from support.screens import sideways

CHAIN = read_chain((BUILT_IN,), "base")
SHEETS = ("vendor/bootstrap/bootstrap.min.css", *CHAIN.styles)


def show(page, number, width, scheme="light"):
    tiles = tuple(TileView(f"Things {n}", "All of them.", "/", "house", "12", primary=n == 0) for n in range(number))
    block = renderer().block(visit(), "blocks/tiles.html", view=TilesView("Things", tiles))
    tokens = renderer().tokens(visit().snapshot, "main")
    style = "\n".join([*(CHAIN.asset(sheet)[1].read_text(encoding="utf-8") for sheet in SHEETS), tokens.text if tokens else ""])
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(
        f'<!doctype html><html lang="en" data-bs-theme="{scheme}"><title>Tiles</title><style>{style}</style>'
        f'<body class="site"><main class="site-main"><div class="wrap"><h1>Home</h1>{block}</div></main>'
    )


def rows(page):
    tops = page.eval_on_selector_all(".tile", "all => all.map(one => Math.round(one.getBoundingClientRect().top))")
    return [len(list(row)) for _, row in groupby(tops)]


@pytest.mark.parametrize(
    ("number", "wide", "middle", "phone"),
    [
        (1, [1], [1], [1]),
        (2, [2], [2], [2]),
        (3, [3], [3], [2, 1]),
        (4, [4], [2, 2], [2, 2]),
        (5, [3, 2], [3, 2], [2, 2, 1]),
        (6, [3, 3], [3, 3], [2, 2, 2]),
        (7, [4, 3], [2, 2, 2, 1], [2, 2, 2, 1]),
        (8, [4, 4], [2, 2, 2, 2], [2, 2, 2, 2]),
    ],
)
def test_rows_of_tiles_are_about_the_same_length(page, number, wide, middle, phone):
    for width, expected in ((1280, wide), (900, middle), (360, phone)):
        show(page, number, width)
        assert rows(page) == expected
        assert sideways(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_main_tile_is_filled_with_the_accent_and_can_be_read(page, scheme):
    show(page, 6, 1280, scheme)
    grounds = page.eval_on_selector_all(".tile", "all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert grounds[0] not in grounds[1:]
    assert len(set(grounds[1:])) == 1
    assert_no_axe_violations(page)
    page.locator(".tile").first.hover()
    assert_no_axe_violations(page)
