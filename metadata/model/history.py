"""What was changed of a record, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from metadata.model.base import prop
from metadata.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHistory:
    """What was changed of the record, by whom and when, for those who have the privilege `history` on it."""

    label: Text = prop(Text(), "Text of the button.")
    page_size: int = prop(25, "Changes on a page.", min=1, max=200)
    restore: bool = prop(False, "Who may write the record can give it the values that it had after a change.")
