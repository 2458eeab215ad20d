"""The style sheets of a site's own as one, which stands after those of its theme and of its design values."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from metadata.snapshot import CompiledSite


@dataclass(frozen=True, slots=True)
class OwnSheet:
    """The sheet: its name under `/_static/_own/` and its text."""

    name: str
    text: str

    @property
    def url(self) -> str:
        """The address; it changes with the text."""
        return f"/_static/_own/{self.name}"

    @property
    def seen_url(self) -> str:
        """The address below that of a guise, where the sheet of a draft is."""
        return f"/_sample/own/{self.name}"


def own_sheet(site: CompiledSite) -> OwnSheet | None:
    """The sheets of a site that are switched on, in their order; None for a site without any."""
    if not site.style_sheets:
        return None
    text = "\n".join(f"/* {sheet.key} */\n{sheet.source}" for sheet in site.style_sheets)
    return OwnSheet(f"{site.key}-{sha256(text.encode()).hexdigest()[:12]}.css", text)
