"""Which page numbers a list offers."""

from __future__ import annotations

from functools import lru_cache

GAP = None


@lru_cache(maxsize=1024)
def page_window(page: int, pages: int, near: int = 1) -> tuple[int | None, ...]:
    """The numbers to offer around `page`: the ends, its neighbours, and GAP where numbers are left out.

    A gap of a single number is filled, because the dots would take its place anyway.
    """
    wanted = {1, pages, *range(page - near, page + near + 1)}
    shown = sorted(number for number in wanted if 1 <= number <= pages)
    window: list[int | None] = []
    for number in shown:
        last = window[-1] if window else 0
        if last is not None and number - last == 2:
            window.append(number - 1)
        elif last is not None and number - last > 2:
            window.append(GAP)
        window.append(number)
    return tuple(window)
