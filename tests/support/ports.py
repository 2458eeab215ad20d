"""Ports for servers of the tests' own."""

import random
import socket

BELOW_WHAT_THE_SYSTEM_LENDS = range(15_000, 30_000)
"""What connects to somebody is lent a port above these by the system: it must not be the one that was just found free."""


def free_port() -> int:
    """A TCP port of this machine that nobody listens on now."""
    draw = random.SystemRandom()
    while True:
        port = draw.choice(BELOW_WHAT_THE_SYSTEM_LENDS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
