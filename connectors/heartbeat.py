"""The heartbeat of a lease: a thread that renews it beside the work, so that a long batch or a slow outside keeps it."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from connectors.errors import first_line
from connectors.home import Home
from connectors.lease import BEAT_SECONDS, Lease, LeaseLost, renew_lease

log = logging.getLogger(__name__)


class Heartbeat:
    """Renews a lease until it is stopped or lost. `lost` tells that another worker has taken over."""

    def __init__(self, home: Home, lease: Lease) -> None:
        self._home = home
        self._lease = lease
        self._over = threading.Event()
        self.lost = False
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat {lease.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                with self._home.begin() as connection:
                    renew_lease(connection, self._lease)
            except LeaseLost:
                self.lost = True
                return
            except SQLAlchemyError as error:
                if self._over.is_set():
                    return
                log.warning("the lease could not be renewed: %s", first_line(error), extra={"action": "lease_late"})
