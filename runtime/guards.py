"""What may refuse a release besides its own faults: what has not been signed off. Loaded when a release is made."""

from __future__ import annotations

from metadata.store import Guard
from runtime.loading import Later

GUARDS: tuple[Guard, ...] = (
    Later("runtime.exposure.guarding:exposure"),
    Later("runtime.exposure.guarding:permission_tests"),
)
