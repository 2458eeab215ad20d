"""Design tokens that a site may set: which there are, what may be written, and the stylesheet they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from metadata.errors import Position, Problem

LEAST_CONTRAST = 4.5
PAPER = "#ffffff"
NIGHT = "#1b1a17"

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_HUE = re.compile(r"(?:[0-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|360)")
_LENGTH = re.compile(r"(?:0|[0-9]{0,2}\.?[0-9]{1,4}(?:rem|px))")
_FAMILY = r"(?:-?[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*|\"[A-Za-z0-9 -]+\"|'[A-Za-z0-9 -]+')"
_FONT = re.compile(rf"{_FAMILY}(?:, ?{_FAMILY})*")
_COLOUR_HELP = "a colour such as #0f5a6b"

TOKENS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "brand": (_HEX, _COLOUR_HELP),
    "brand-dark": (_HEX, _COLOUR_HELP),
    "on-brand": (_HEX, _COLOUR_HELP),
    "on-brand-dark": (_HEX, _COLOUR_HELP),
    "header": (_HEX, _COLOUR_HELP),
    "on-header": (_HEX, _COLOUR_HELP),
    "neutral-hue": (_HUE, "a whole number of degrees from 0 to 360"),
    "font": (_FONT, "font families with commas between them"),
    "font-heading": (_FONT, "font families with commas between them"),
    "radius": (_LENGTH, "a length such as .5rem or 8px"),
}

# What is written on what, and where it is seen.
_PAIRS = (
    ("brand", "on-brand", "on light ground, text on the brand colour"),
    ("brand-dark", "on-brand-dark", "on dark ground, text on the brand colour"),
    ("header", "on-header", "in the header, its text"),
)


@dataclass(frozen=True, slots=True)
class TokensSheet:
    """The stylesheet of a site's tokens: its name under `/_static/_tokens/` and its text."""

    name: str
    text: str

    @property
    def url(self) -> str:
        """The address; it changes with the text."""
        return f"/_static/_tokens/{self.name}"


def luminance(colour: str) -> float:
    """The relative luminance of #rgb or #rrggbb, from 0 to 1, as WCAG defines it."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    shares = [int(digits[start:end], 16) / 255 for start, end in pairwise((0, 2, 4, 6))]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def check_tokens(own: Iterable[tuple[str, str]], inherited: Mapping[str, str], component: str) -> tuple[Problem, ...]:
    """What is wrong with the tokens of a site or theme (`component` names it), on top of those it inherits."""
    written = dict(own)
    problems = [_problem(component, name, reason) for name, value in written.items() if (reason := _reason(name, value))]
    sound = {**inherited, **written}
    for ground, ink, place in _PAIRS:
        if ground in sound and ink in sound and _are_colours(sound[ground], sound[ink]):
            problems += _weak(component, (ground, sound[ground]), (ink, sound[ink]), place)
    for name, paper in (("brand", PAPER), ("brand-dark", NIGHT)):
        if name in sound and _are_colours(sound[name]):
            problems += _weak(component, (name, sound[name]), ("the page", paper), "links and selected things")
    return tuple(problems)


def tokens_sheet(site: str, tokens: Mapping[str, str]) -> TokensSheet:
    """The stylesheet of a site. Tokens that are unknown or not safe to write into CSS are left out."""
    sound = {name: value for name, value in tokens.items() if not _reason(name, value)}
    lines = [f"  --fy-{name}: {value};" for name, value in sorted(sound.items())]
    text = "\n".join([":root {", *lines, "}", ""])
    return TokensSheet(f"{site}-{sha256(text.encode()).hexdigest()[:12]}.css", text)


def _reason(name: str, value: str) -> str:
    if name not in TOKENS:
        return f"there is no token {name}; there are {', '.join(sorted(TOKENS))}"
    pattern, wanted = TOKENS[name]
    return "" if pattern.fullmatch(value) else f"the token {name} must be {wanted}"


def _are_colours(*values: str) -> bool:
    return all(_HEX.fullmatch(value) for value in values)


def _weak(component: str, one: tuple[str, str], other: tuple[str, str], place: str) -> list[Problem]:
    found = contrast(one[1], other[1])
    if found >= LEAST_CONTRAST:
        return []
    reason = (
        f"{place} cannot be read: the contrast of {one[0]} {one[1]} and {other[0]} {other[1]} is {found:.1f}, "
        f"at least {LEAST_CONTRAST} is needed"
    )
    return [Problem(Position(path=f"tokens.{one[0]}"), component, "token-contrast", reason)]


def _problem(component: str, name: str, reason: str) -> Problem:
    return Problem(Position(path=f"tokens.{name}"), component, "token", reason)
