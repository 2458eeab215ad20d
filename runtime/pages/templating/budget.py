"""How far the templates of one request may go, whoever wrote them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from jinja2 import TemplateRuntimeError

LONGEST_OUTPUT = 1_000_000
LONGEST_TEXT = 100_000
MOST_ROUNDS = 20_000
MOST_QUERIES = 10
MOST_INCLUDES = 500
DEEPEST = 10
SECONDS = 1.0
LARGEST = 10**18


class TemplateStopped(TemplateRuntimeError):
    """A template went further than it may."""


class Budget:
    """What is left of a request's allowance. Every method raises TemplateStopped where there is nothing left."""

    def __init__(self) -> None:
        self.output = self.rounds = self.queries = self.includes = self.depth = 0
        self.left = SECONDS
        self.deadline = 0.0

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Takes the time of what is done inside."""
        self.deadline = time.monotonic() + self.left
        self.depth = 0
        try:
            yield
        finally:
            self.left = self.deadline - time.monotonic()

    def tick(self) -> None:
        """Looks at the clock."""
        if time.monotonic() > self.deadline:
            raise TemplateStopped(f"it takes more than {SECONDS:g} second")

    def write(self, letters: int) -> None:
        """Counts what is written."""
        self.tick()
        self.output = count(self.output + letters, LONGEST_OUTPUT, "letters")

    def round(self, letters: int) -> None:
        """Counts a round of a loop, which writes at least so many letters."""
        self.rounds = count(self.rounds + 1, MOST_ROUNDS, "rounds of loops")
        self.write(letters)

    def query(self) -> None:
        """Counts a question to the database."""
        self.tick()
        self.queries = count(self.queries + 1, MOST_QUERIES, "queries")

    def enter(self, letters: int) -> None:
        """Begins an included template."""
        self.includes = count(self.includes + 1, MOST_INCLUDES, "includes")
        self.depth = count(self.depth + 1, DEEPEST, "includes inside each other")
        self.write(letters)

    def leave(self) -> None:
        """Ends an included template."""
        self.depth -= 1

    def waited(self, seconds: float) -> None:
        """What the database took is not the template's."""
        self.deadline += seconds


def count(number: int, most: int, what: str) -> int:
    """The number, if it is not too large."""
    if number > most:
        raise TemplateStopped(f"it has more than {most:,} {what}")
    return number
