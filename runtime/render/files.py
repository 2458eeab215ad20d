"""Files as people see them: a link with the size, in full a picture where a browser shows it safely."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import escape

from runtime.files.kinds import INLINE
from runtime.files.labels import FileLabel, file_address, read_label
from runtime.files.sizes import size_said


def file_writer(
    entity: str, attribute: str, locale: str, *, full: bool, thumbnail: int = 0, linked: bool = True
) -> Callable[[str], str]:
    """Writes the label of an attribute's file as HTML. A file that no row holds yet is named, and not linked to.

    With the width of a `thumbnail` a picture is shown small, in lists without its name beside it. What is not `linked` stands
    in a link of its own already.
    """

    def write(text: str) -> str:
        label = read_label(text)
        if label is None:
            return ""
        name = str(escape(label.name))
        if not label.row:
            return _sized(f"<bdi>{name}</bdi>", label, locale)
        address = escape(file_address(entity, attribute, label))
        if thumbnail and not full and label.media_type in INLINE:
            source = escape(file_address(entity, attribute, label, thumbnail))
            picture = f'<img src="{source}" alt="{name}" loading="lazy">'
            return (
                f'<a class="file-small" href="{address}">{picture}</a>'
                if linked
                else f'<span class="file-small">{picture}</span>'
            )
        if not linked:
            return f"<bdi>{name}</bdi>"
        if full and label.media_type in INLINE:
            source = escape(file_address(entity, attribute, label, thumbnail))
            picture = f'<img class="file-picture" src="{source}" alt="" loading="lazy">'
            return f'<span class="file-shown"><a href="{address}">{picture}<bdi>{name}</bdi></a></span>'
        link = f'<a class="file-link" href="{address}"><bdi>{name}</bdi></a>'
        return _sized(link, label, locale) if full else link

    return write


def _sized(shown: str, label: FileLabel, locale: str) -> str:
    return f'{shown} <span class="muted small nowrap">{escape(size_said(label.size, locale))}</span>'
