"""The theme chain of a site: its theme, the one it extends, and so on to the one that extends none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from jinja2 import BaseLoader, Environment, TemplateNotFound
from jinja2.loaders import split_template_path

import themes
from metadata.told import told

BUILT_IN = Path(themes.__file__).parent
LAYOUT = "layout.html"
_BLOCK = re.compile(r"\{%-?\s*block\s+([a-z_][a-z0-9_]*)")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class UnknownTheme(LookupError):
    """There is no such theme."""


class BrokenTheme(ValueError):
    """The theme's theme.yaml cannot be used."""


class UnknownAsset(LookupError):
    """No theme of the chain has this file."""


@dataclass(frozen=True, slots=True)
class Theme:
    """One folder of looks, as its theme.yaml says."""

    name: str
    folder: Path
    extends: str = ""
    styles: tuple[str, ...] = ()
    tokens: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ThemeChain:
    """Themes from the site's own to the first ancestor; what is found first counts."""

    themes: tuple[Theme, ...]

    @property
    def name(self) -> str:
        """The site's own theme."""
        return self.themes[0].name

    @property
    def styles(self) -> tuple[str, ...]:
        """Every sheet of the chain, the ancestors' first."""
        return tuple(dict.fromkeys(sheet for theme in reversed(self.themes) for sheet in theme.styles))

    @property
    def tokens(self) -> dict[str, str]:
        """Design values of the chain, the nearest theme's last word."""
        return {name: value for theme in reversed(self.themes) for name, value in theme.tokens}

    def blocks(self, template: str) -> tuple[str, ...]:
        """The blocks of a template, of all themes that have it."""
        files = (inside(theme.folder / "templates", template) for theme in self.themes)
        found = (name for file in files if file for name in _BLOCK.findall(file.read_text(encoding="utf-8")))
        return tuple(dict.fromkeys(found))

    def asset(self, path: str) -> tuple[str, Path]:
        """The theme that has a static file first, and the file. Raises UnknownAsset."""
        for theme in self.themes:
            file = inside(theme.folder / "static", path)
            if file is not None:
                return theme.name, file
        raise UnknownAsset(f"no theme of {self.name} has the static file {path}")

    def asset_url(self, path: str) -> str:
        """The address of a static file; it changes with the content, so that browsers may keep it for ever."""
        owner, file = self.asset(path)
        return f"/_static/{owner}/{path}?v={sha256(file.read_bytes()).hexdigest()[:10]}"


class ChainLoader(BaseLoader):
    """Finds templates along a chain. `base:layout.html` means that theme's own file, whatever stands before it.

    `resolve` may change the text that was found. `filled` are blocks of the layout that a site fills: pages then extend a
    layout that extends the theme's own and has these blocks alone.
    """

    def __init__(self, chain: ThemeChain, resolve: Callable[[str], str] = str, filled: Sequence[str] = ()) -> None:
        self._chain = chain
        self._resolve = resolve
        self._filled = filled

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template. Raises TemplateNotFound."""
        owner, colon, path = template.rpartition(":")
        themes = [theme for theme in self._chain.themes if not colon or theme.name == owner]
        parts = "/".join(split_template_path(path))
        for theme in themes:
            file = inside(theme.folder / "templates", parts)
            if file is not None and self._filled and template == LAYOUT:
                return _with_blocks(theme.name, self._filled), f"{file}, with blocks of the site", _unchanged(file)
            if file is not None:
                return self._resolve(file.read_text(encoding="utf-8")), str(file), _unchanged(file)
        raise TemplateNotFound(template)

    def list_templates(self) -> list[str]:
        """The names of all templates of the chain."""
        folders = [theme.folder / "templates" for theme in self._chain.themes]
        return sorted({file.relative_to(folder).as_posix() for folder in folders for file in folder.rglob("*.html")})


def _with_blocks(owner: str, names: Sequence[str]) -> str:
    """A layout that is a theme's but for some blocks; where nothing stands in one the theme's own is shown."""
    lines = [f'{{% extends "{owner}:{LAYOUT}" %}}']
    for name in names:
        own = f"frame.blocks.get('{name}')"
        lines.append(
            f"{{% block {name} %}}{{% if {own} %}}{{{{ {own} }}}}{{% else %}}{{{{ super() }}}}{{% endif %}}{{% endblock %}}"
        )
    return "\n".join(lines)


def _unchanged(file: Path) -> Callable[[], bool]:
    read = file.stat().st_mtime
    return lambda: file.stat().st_mtime == read


def inside(folder: Path, path: str) -> Path | None:
    """The file of a relative path in a folder; None where there is none or the path leads out."""
    try:
        file = (folder / path).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return file if file.is_file() and file.is_relative_to(folder.resolve()) else None


def read_theme(folder: Path) -> Theme:
    """The theme of a folder. Raises UnknownTheme where there is no theme.yaml, BrokenTheme where it is of no use."""
    try:
        text = (folder / "theme.yaml").read_text(encoding="utf-8")
    except OSError as missing:
        raise UnknownTheme(told("there is no theme {theme}", theme=folder.name)) from missing
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as wrong:
        raise BrokenTheme(told("{theme}/theme.yaml is no YAML: {reason}", theme=folder.name, reason=str(wrong))) from wrong
    if not isinstance(data, dict) or data.keys() - {"name", "extends", "styles", "tokens"}:
        raise BrokenTheme(told("{theme}/theme.yaml may hold name, extends, styles and tokens only", theme=folder.name))
    return _theme(folder, data)


def _theme(folder: Path, data: Mapping[str, Any]) -> Theme:
    tokens = data.get("tokens") or {}
    return Theme(
        name=folder.name,
        folder=folder,
        extends=str(data.get("extends") or ""),
        styles=tuple(str(sheet) for sheet in data.get("styles") or ()),
        tokens=tuple((str(name), str(value)) for name, value in tokens.items()),
    )


def theme_roots(own: Path | None) -> tuple[Path, ...]:
    """The folders in which themes are looked for: one's own where there is one, then the built-in themes."""
    return (BUILT_IN,) if own is None else (own, BUILT_IN)


def theme_folder(roots: Sequence[Path], name: str) -> Path | None:
    """The folder of a theme in the first root that has it, None where none has."""
    if not NAME.fullmatch(name):
        return None
    return next((root / name for root in roots if inside(root / name, "theme.yaml") is not None), None)


def theme_names(roots: Sequence[Path]) -> list[str]:
    """The names of all themes of the roots."""
    return sorted({file.parent.name for root in roots for file in root.glob("*/theme.yaml")})


def read_chain(roots: Sequence[Path], name: str) -> ThemeChain:
    """The chain that begins with a theme, each found in the first root that has it.

    Raises UnknownTheme, and BrokenTheme for a circle.
    """
    found: list[Theme] = []
    while name:
        folder = theme_folder(roots, name)
        if folder is None:
            raise UnknownTheme(told("there is no theme {theme}", theme=name))
        if any(theme.name == name for theme in found):
            raise BrokenTheme(told("the theme {theme} extends itself", theme=name))
        found.append(read_theme(folder))
        name = found[-1].extends
    if not found:
        raise UnknownTheme(told("a site needs a theme"))
    return ThemeChain(tuple(found))
