"""What a thread has asked of the database so far: an odometer, of which whoever wants to know takes the difference.

The cursors and connections of both drivers turn it (runtime/sending, runtime/turns), so that nothing goes by it: what
SQLAlchemy executes, what is sent by libpq alone, BEGIN and COMMIT. An event of SQLAlchemy's would see the first of these only.
"""

from __future__ import annotations

import threading


class Meter(threading.local):
    """Commands that this thread has sent, and the seconds that it has waited for their answers."""

    statements = 0
    seconds = 0.0


METER = Meter()
