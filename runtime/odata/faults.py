"""What is wrong with a text of OData."""

from __future__ import annotations


class SyntaxFault(ValueError):
    """The text is no OData. `at` counts characters from 0, to the place that is wrong; `option` is where it was given."""

    def __init__(self, message: str, at: int = 0, option: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.option = option


class NotOffered(ValueError):
    """OData has this, and this server has not. The message names it."""

    def __init__(self, what: str, option: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.option = option
