"""JSON in and out of Flask."""

from __future__ import annotations

from typing import Any

import orjson
from flask.json.provider import JSONProvider


class OrjsonProvider(JSONProvider):
    """JSON by orjson: dates, times and UUIDs as ISO text, decimals as text so that they stay exact."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """The document."""
        return orjson.dumps(obj, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value of a document. Raises ValueError for text that is none."""
        return orjson.loads(s)
