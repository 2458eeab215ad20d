"""How often one address may try: so many in a minute, counted in memory or in Redis."""

from __future__ import annotations

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from runtime.errors import TooManyRequests

RETRY_AFTER = 60


class Throttle:
    """Counts attempts per purpose and address. `storage` is an address that the limits library knows."""

    def __init__(self, storage: str = "memory://") -> None:
        made = storage_from_string(storage)
        if not isinstance(made, Storage):
            raise ValueError(f"{storage.partition(':')[0]} cannot count attempts")
        self._limiter = FixedWindowRateLimiter(made)

    def admit(self, purpose: str, address: str, per_minute: int) -> None:
        """Count one attempt. Raises TooManyRequests once there were `per_minute` of them."""
        if not self._limiter.hit(RateLimitItemPerMinute(per_minute), purpose, address):
            raise TooManyRequests(RETRY_AFTER)

    def hourly(self, purpose: str, subject: str, per_hour: int) -> bool:
        """Count one time, of at most `per_hour`, that something is done for a subject. False once there were too many."""
        return self._limiter.hit(RateLimitItemPerHour(per_hour), purpose, subject)
