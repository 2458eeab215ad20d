"""Somebody on the way through a multistep form of the pottery."""

import re

from support.portal import Browser
from support.pottery import Pottery, hidden

BOOK = "/firings/book"


class Walk:
    """Somebody going through the steps without JavaScript: posts what a page holds, follows where it leads."""

    def __init__(self, browser: Browser, path: str = BOOK) -> None:
        self.browser, self.path = browser, path
        self.answer = browser.get(path)

    @property
    def text(self) -> str:
        """The page."""
        found: str = self.answer.text
        return found

    def press(self, action: str = "next", **fields: str) -> "Walk":
        """Press a button with these fields typed, and follow where it leads."""
        kept = {name: value for name, value in hidden(self.text).items() if "__n__" not in name}
        data = {**kept, **self.typed(), **fields, "_action": action}
        self.answer = self.browser.client.post(self.path, data=data)
        if self.answer.status_code == 303:
            self.answer = self.browser.get(self.answer.location)
        return self

    def typed(self) -> dict[str, str]:
        """What stands in the text inputs of the page."""
        page = self.text.split("<template")[0]
        found = re.findall(r'<input class="form-control[^>]*? name="([^"]+)" value="([^"]*)"', page)
        return dict(found)

    @property
    def step(self) -> str:
        """The key of the step that is shown."""
        return hidden(self.text).get("_step", "")


def line(pottery: Pottery, number: int, glaze: str = "Celadon", coats: str = "2", **more: str) -> dict[str, str]:
    """What is typed in one row of pieces."""
    given = {"glaze": str(pottery.ids[glaze]), "coats": coats, "glaze__q": "", "glaze__found": "", **more}
    return {f"lines-{number}-{key}": value for key, value in given.items()}
