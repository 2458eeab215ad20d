"""Which process holds something, and whether it has ended: told only by processes that share one table of processes."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_ENDED = frozenset("ZXx")


def this_process() -> str:
    """This process as `host:pid@world/start`; the world is one start of one machine, or of a container on it."""
    pid = os.getpid()
    name = f"{socket.gethostname()[:50]}:{pid}"
    started = _started(pid)
    return f"{name}@{_world()}/{started}" if started and _world() else name


def has_ended(process: str) -> bool:
    """Whether that process is surely gone. A stranger's, or one of which nothing is known, is not."""
    name, _, known = process.partition("@")
    world, _, started = known.partition("/")
    pid = name.rpartition(":")[2]
    if not started or not pid.isdecimal() or world != _world():
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """When a process began, as the kernel counts; empty where there is none, or where it is only to be collected."""
    try:
        told = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = told.rpartition(")")[2].split()
    return "" if fields[0] in _ENDED else fields[19]


@cache
def _world() -> str:
    """One boot of one machine and one table of processes on it; empty where the system does not tell."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot[:18]}.{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""
