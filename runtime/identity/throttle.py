"""How often one address may try: so many in a minute, counted in memory or in Redis."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from runtime.errors import TooManyRequests

if TYPE_CHECKING:
    from limits.strategies import FixedWindowRateLimiter

RETRY_AFTER = 60
MEMORY = "memory://"


class Throttle:
    """Counts attempts per purpose and address. `storage` is an address that the limits library knows."""

    def __init__(self, storage: str = MEMORY) -> None:
        self._storage = storage
        if storage != MEMORY:
            _ = self._limiter  # a wrong address is told at the start

    def admit(self, purpose: str, address: str, per_minute: int) -> None:
        """Count one attempt. Raises TooManyRequests once there were `per_minute` of them."""
        from limits import RateLimitItemPerMinute

        if not self._limiter.hit(RateLimitItemPerMinute(per_minute), purpose, address):
            raise TooManyRequests(RETRY_AFTER)

    def hourly(self, purpose: str, subject: str, per_hour: int) -> bool:
        """Count one time, of at most `per_hour`, that something is done for a subject. False once there were too many."""
        from limits import RateLimitItemPerHour

        return self._limiter.hit(RateLimitItemPerHour(per_hour), purpose, subject)

    def spare(self, purpose: str, subject: str, per_hour: int) -> bool:
        """Whether `hourly` would still say yes; counts nothing."""
        from limits import RateLimitItemPerHour

        return self._limiter.test(RateLimitItemPerHour(per_hour), purpose, subject)

    @functools.cached_property
    def _limiter(self) -> FixedWindowRateLimiter:
        from limits.storage import Storage, storage_from_string  # loaded with the first attempt, not with every start
        from limits.strategies import FixedWindowRateLimiter

        made = storage_from_string(self._storage)
        if not isinstance(made, Storage):
            raise ValueError(f"{self._storage.partition(':')[0]} cannot count attempts")
        return FixedWindowRateLimiter(made)
