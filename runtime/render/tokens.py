"""Design tokens that a site may set: which there are, what may be written, and the stylesheet they make."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from metadata.errors import Position, Problem
from metadata.told import told
from runtime.render.site_sheet import SiteSheet

LEAST_CONTRAST = 4.5
PAPER = "#ffffff"
NIGHT = "#1b1a17"

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_HUE = re.compile(r"(?:[0-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|360)")
_LENGTH = re.compile(r"(?:0|[0-9]{0,2}\.?[0-9]{1,4}(?:rem|px))")
_FAMILY = r"(?:-?[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*|\"[A-Za-z0-9 -]+\"|'[A-Za-z0-9 -]+')"
_FONT = re.compile(rf"{_FAMILY}(?:, ?{_FAMILY})*")
_COLOUR_HELP = told("a colour such as #0f5a6b")

TOKENS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "brand": (_HEX, _COLOUR_HELP),
    "brand-dark": (_HEX, _COLOUR_HELP),
    "on-brand": (_HEX, _COLOUR_HELP),
    "on-brand-dark": (_HEX, _COLOUR_HELP),
    "header": (_HEX, _COLOUR_HELP),
    "on-header": (_HEX, _COLOUR_HELP),
    "neutral-hue": (_HUE, told("a whole number of degrees from 0 to 360")),
    "font": (_FONT, told("font families with commas between them")),
    "font-heading": (_FONT, told("font families with commas between them")),
    "radius": (_LENGTH, told("a length such as .5rem or 8px")),
}

# What is written on what, and where it is seen.
_PAIRS = (
    ("brand", "on-brand", told("on light ground, text on the brand colour")),
    ("brand-dark", "on-brand-dark", told("on dark ground, text on the brand colour")),
    ("header", "on-header", told("in the header, its text")),
)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two colours that are seen on each other: the token of the ground, what is on it (a token, or "" for the page's own
    ground below a link), where, and their contrast."""

    ground: str
    ink: str
    place: str
    colours: tuple[str, str]

    @property
    def contrast(self) -> float:
        """From 1 to 21."""
        return contrast(*self.colours)

    @property
    def ratio(self) -> str:
        """The same as it is written, rounded down, so that nothing looks enough that is not."""
        return f"{int(self.contrast * 10) / 10:.1f}"

    @property
    def enough(self) -> bool:
        """Can it be read, as WCAG says at level AA for text?"""
        return self.contrast >= LEAST_CONTRAST


def luminance(colour: str) -> float:
    """The relative luminance of #rgb or #rrggbb, from 0 to 1, as WCAG defines it."""
    shares = _shares(colour)
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def check_tokens(own: Iterable[tuple[str, str]], inherited: Mapping[str, str], component: str) -> tuple[Problem, ...]:
    """What is wrong with the tokens of a site or theme (`component` names it), on top of those it inherits."""
    written = dict(own)
    problems = [_problem(component, name, reason) for name, value in written.items() if (reason := fault_in_token(name, value))]
    return (*problems, *(_weak(component, found) for found in pairings({**inherited, **written}) if not found.enough))


def pairings(tokens: Mapping[str, str]) -> tuple[Pairing, ...]:
    """What is seen on what, of the tokens that are colours."""
    found = [
        Pairing(ground, ink, place, (tokens[ground], tokens[ink]))
        for ground, ink, place in _PAIRS
        if ground in tokens and ink in tokens and _are_colours(tokens[ground], tokens[ink])
    ]
    for name, paper in (("brand", PAPER), ("brand-dark", NIGHT)):
        if name in tokens and _are_colours(tokens[name]):
            found.append(Pairing(name, "", told("links and selected things"), (tokens[name], paper)))
    return tuple(found)


def mended(tokens: Mapping[str, str], name: str) -> str:
    """The nearest shade of a colour, lighter or darker, with which all that it is seen with can be read; "" for none."""
    others = [found.colours[1] for found in pairings(tokens) if found.ground == name]
    if not others:
        return ""
    hue, light, full = colorsys.rgb_to_hls(*_shares(tokens[name]))
    for step in range(1, 101):
        for nearby in (light - step / 100, light + step / 100):
            shade = _hex(colorsys.hls_to_rgb(hue, nearby, full)) if 0 <= nearby <= 1 else ""
            if shade and all(contrast(shade, other) >= LEAST_CONTRAST for other in others):
                return shade
    return ""


def _shares(colour: str) -> tuple[float, float, float]:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[start:end], 16) / 255 for start, end in pairwise((0, 2, 4, 6)))
    return red, green, blue


def _hex(shares: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(share * 255):02x}" for share in shares)


def tokens_sheet(site: str, tokens: Mapping[str, str]) -> SiteSheet:
    """The stylesheet of a site. Tokens that are unknown or not safe to write into CSS are left out."""
    sound = {name: value for name, value in tokens.items() if not fault_in_token(name, value)}
    lines = [f"  --fy-{name}: {value};" for name, value in sorted(sound.items())]
    text = "\n".join([":root {", *lines, "}", ""])
    return SiteSheet.of("tokens", site, text)


def fault_in_token(name: str, value: str) -> str:
    """Why a token cannot have a value; "" where it can."""
    if name not in TOKENS:
        return told("there is no token {token}; there are {tokens}", token=name, tokens=", ".join(sorted(TOKENS)))
    pattern, wanted = TOKENS[name]
    return "" if pattern.fullmatch(value) else told("the token {token} must be {wanted}", token=name, wanted=wanted)


def _are_colours(*values: str) -> bool:
    return all(_HEX.fullmatch(value) for value in values)


def _weak(component: str, found: Pairing) -> Problem:
    reason = told(
        "{place} cannot be read: the contrast of {ground} {ground_colour} and {ink} {ink_colour} is {contrast:.1f}, at least"
        " {least} is needed",
        place=found.place,
        ground=found.ground,
        ground_colour=found.colours[0],
        ink=found.ink or told("the page"),
        ink_colour=found.colours[1],
        contrast=found.contrast,
        least=LEAST_CONTRAST,
    )
    return Problem(Position(path=f"tokens.{found.ground}"), component, "token-contrast", reason)


def _problem(component: str, name: str, reason: str) -> Problem:
    return Problem(Position(path=f"tokens.{name}"), component, "token", reason)
