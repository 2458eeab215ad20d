"""Regular expressions that people write into metadata: they compile, and no input makes them run for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Attribute, FormField
from metadata.patterns import compiled, takes_long, unsound
from metadata.told import told

LONGEST = 500
REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
CATEGORIES = {codes.CATEGORY_DIGIT: "1", codes.CATEGORY_WORD: "a1", codes.CATEGORY_SPACE: " ", codes.CATEGORY_NOT_SPACE: "a"}
MOST_LETTERS = 8
ROUNDS = 100
END = "\u2603"


def patterns(world: World) -> Iterator[Problem]:
    """Patterns of attributes and fields can be used safely."""
    for leaf in world.leaves:
        if leaf.path.rpartition(".")[2] == "pattern" and isinstance(leaf.owner, Attribute | FormField):
            fault = fault_in_pattern(leaf.value)
            if fault:
                yield world.problem(leaf.component, leaf.path, "pattern", fault)


def fault_in_pattern(pattern: str) -> str:
    """What is wrong with a regular expression, "" where nothing is."""
    if len(pattern) > LONGEST:
        return told("The pattern has {count} characters; at most {most} are allowed.", count=len(pattern), most=LONGEST)
    try:
        re.compile(pattern)
        compiled(pattern)
        runaway = is_runaway(parser.parse(pattern))
    except (re.error, unsound(), OverflowError, RecursionError) as error:
        return told("The pattern is no regular expression: {error}.", error=error)
    if runaway:
        return told("The pattern repeats a repetition, which can take for ever; write the inner part without + or *.")
    if slow := slow_text(pattern):
        return told(
            "The pattern can take for ever, such as on {text!r} many times over; let its parts begin differently.",
            text=slow[:6],
        )
    return ""


def slow_text(pattern: str) -> str:
    """A text on which the pattern takes too long, "" where none of those that are tried is one.

    Tried are letters that the pattern takes, one or two of them many times over, with an end that does not fit.
    """
    tree = parser.parse(pattern)
    if not any(step[0] in REPEATS for step in flat(tree)):
        return ""
    letters = list(dict.fromkeys(letter for step in flat(tree) for letter in samples(step)))[:MOST_LETTERS]
    rounds = (*letters, *(one + other for one in letters for other in letters if one != other))
    tried = (part * ROUNDS + last + END for part in rounds for last in ("", *letters))
    return next((text for text in tried if takes_long(pattern, text)), "")


def flat(items: Any) -> Iterator[Any]:
    """Every step of an expression and of all inside it."""
    for step in items:
        yield step
        for part in parts(step):
            yield from flat(part)


def samples(step: Any) -> Iterator[str]:
    """Letters that a step takes."""
    code, argument = step
    if code in (codes.LITERAL, codes.NOT_LITERAL):
        yield chr(argument)
    elif code is codes.ANY:
        yield "x"
    elif code is codes.IN:
        for inner, value in argument:
            if inner is codes.LITERAL:
                yield chr(value)
            elif inner is codes.RANGE:
                yield chr(value[0])
            elif inner is codes.CATEGORY:
                yield from CATEGORIES.get(value, "")


def is_runaway(items: Any, inside: bool = False) -> bool:
    """Whether an endless repetition stands in another with nothing fixed beside it to tell the rounds apart."""
    steps = list(items)
    for step in steps:
        endless = step[0] in REPEATS and step[1][1] is codes.MAXREPEAT
        if endless and inside and (is_anything(step[1][2]) or not any(is_fixed(other) for other in steps if other is not step)):
            return True
        if any(is_runaway(part, inside or endless) for part in parts(step)):
            return True
    return False


def is_anything(body: Any) -> bool:
    """Whether a repetition is over any character at all, which no separator can end."""
    return any(code is codes.ANY for code, _ in body)


def is_fixed(step: Any) -> bool:
    """Whether a part always takes the same, at least one, number of characters."""
    code, argument = step
    if code in REPEATS:
        return bool(argument[0] == argument[1] and argument[0])
    return code in (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)


def parts(step: Any) -> Iterator[Any]:
    """The expressions inside a part of an expression."""
    code, argument = step
    if code in REPEATS or code is codes.POSSESSIVE_REPEAT:
        yield argument[2]
    elif code is codes.SUBPATTERN:
        yield argument[-1]
    elif code is codes.BRANCH:
        yield from argument[1]
    elif code in (codes.ASSERT, codes.ASSERT_NOT):
        yield argument[1]
    elif code is codes.ATOMIC_GROUP:
        yield argument


RULES = (patterns,)
