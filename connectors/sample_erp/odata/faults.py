"""What goes wrong on demand, so that those who talk to the ERP can be tried."""

import threading
from dataclasses import dataclass, replace

KINDS = {
    "down": "cuts the connection before anything is done",
    "slow": "waits for some seconds before it answers",
    "refuse": "refuses every write with a reason",
    "lost": "does what it is asked for, and cuts the connection instead of answering",
    "throttle": "answers 429 with the seconds to wait",
    "nonsense": "answers 200 with a page for people",
    "forget": "does not know older delta links any more",
    "revoke": "does not take the tokens that it gave any more",
}
ASKS = ("all", "read", "write", "token")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: for so many requests of a sort, or until it is taken back where `times` is None."""

    kind: str
    times: int | None = None
    seconds: float = 1.0
    asks: str = "all"


class Faults:
    """The faults that are on now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: list[Fault] = []
        self.epoch = 0
        self.revoked = 0

    def set(self, fault: Fault) -> None:
        """Switch one on. Raises ValueError for one that is not known. Those that happen at once need no end."""
        if fault.kind not in KINDS or fault.asks not in ASKS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}; asks is one of {', '.join(ASKS)}")
        with self._lock:
            if fault.kind == "forget":
                self.epoch += 1
            elif fault.kind == "revoke":
                self.revoked += 1
            else:
                self._now.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        with self._lock:
            self._now.clear()

    def listed(self) -> list[Fault]:
        """Those that are on."""
        with self._lock:
            return list(self._now)

    def meet(self, ask: str) -> Fault | None:
        """The fault that a request of this sort meets; it is used up by it."""
        with self._lock:
            for at, fault in enumerate(self._now):
                if not self._concerns(fault, ask):
                    continue
                if fault.times is not None:
                    left = replace(fault, times=fault.times - 1)
                    self._now[at : at + 1] = [left] if left.times else []
                return fault
        return None

    @staticmethod
    def _concerns(fault: Fault, ask: str) -> bool:
        if fault.kind == "refuse":
            return ask == "write"
        return fault.asks in ("all", ask)
