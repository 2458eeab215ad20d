"""The style sheets of a site's own as one, which stands after those of its theme and of its design values."""

from __future__ import annotations

from metadata.snapshot import CompiledSite
from runtime.render.site_sheet import SiteSheet


def own_sheet(site: CompiledSite) -> SiteSheet | None:
    """The sheets of a site that are switched on, in their order; None for a site without any."""
    if not site.style_sheets:
        return None
    return SiteSheet.of("own", site.key, "\n".join(f"/* {sheet.key} */\n{sheet.source}" for sheet in site.style_sheets))
