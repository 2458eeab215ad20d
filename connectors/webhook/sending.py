"""Signed messages that go out: one POST to an address that is not ours to trust.

Names are resolved here and the connection goes to the address that was looked at, so that a name that changes meanwhile leads
nowhere else. Redirects are not followed, and what is answered is not kept.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from connectors.errors import Fatal, Retriable
from connectors.origin import trace_headers
from connectors.steps import answered, calling
from connectors.webhook.signing import ID, MOMENT, SIGNATURE, sign

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

PATIENCE_S = 15.0
LONGEST_ANSWER = 4096
GONE, TOO_MANY, UNAVAILABLE = 410, 429, 503
LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: its id, which is the same at each attempt, and its body."""

    identity: str
    body: bytes


def send(address: str, message: Message, secrets: Sequence[bytes], now: float, private: frozenset[str] = frozenset()) -> int:
    """Send a message, signed with each of the secrets; the status of the answer.

    `private` are the hosts that may have addresses of a private network, and be spoken to without encryption. Raises Fatal
    for an address that messages may not go to and an answer that says so (410), Retriable for everything else that is no 2xx.
    """
    parts = _checked(address, private)
    pool = _pool(parts, _resolved(parts, private))
    moment = int(now)
    headers = {
        "Host": parts.netloc.rpartition("@")[2],
        "Content-Type": "application/json",
        "User-Agent": "Foyer-Webhooks/1",
        ID: message.identity,
        MOMENT: str(moment),
        SIGNATURE: " ".join(sign(secret, message.identity, moment, message.body) for secret in secrets),
    }
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    with calling("POST", address) as call:
        status, wait = _post(pool, path, message.body, headers | trace_headers())
        answered(call, status)
    if status == GONE:
        raise Fatal("the receiver says that it is gone (410)")
    if not 200 <= status < 300:
        raise Retriable(f"the receiver answered {status}", wait)
    return status


def _checked(address: str, private: frozenset[str]) -> SplitResult:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise Fatal("the address is none that messages can be sent to; write https://host/path")
    if parts.scheme == "http" and parts.hostname not in private:
        raise Fatal(f"{parts.hostname} is not in FOYER_WEBHOOK_HOSTS, and others are spoken to by https alone")
    return parts


def _resolved(parts: SplitResult, private: frozenset[str]) -> str:
    """The address of the host, every one of which must be reachable from everywhere unless the host is named."""
    host = str(parts.hostname)
    try:
        found = socket.getaddrinfo(host, parts.port or (443 if parts.scheme == "https" else 80), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Retriable(f"{host} is not found") from error
    addresses = [str(item[4][0]) for item in found]
    if host not in private and not all(is_public(one) for one in addresses):
        raise Fatal(f"{host} leads into a private network; name it in FOYER_WEBHOOK_HOSTS if that is wanted")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the internet at large; those in disguise (IPv4 within IPv6) are taken by what they are."""
    found: Any = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6:
        within = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if within is None and found in ipaddress.ip_network("64:ff9b::/96"):
            within = ipaddress.ip_address(int(found) & 0xFFFFFFFF)
        if within is not None:
            return is_public(str(within))
    return bool(found.is_global and not found.is_multicast)


def _pool(parts: SplitResult, address: str) -> HTTPConnectionPool:
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout

    host = str(parts.hostname)
    timeout = Timeout(total=PATIENCE_S)
    if parts.scheme == "https":
        return HTTPSConnectionPool(
            address, parts.port or 443, timeout=timeout, retries=False, server_hostname=host, assert_hostname=host
        )
    return HTTPConnectionPool(address, parts.port or 80, timeout=timeout, retries=False)


def _post(pool: HTTPConnectionPool, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, float]:
    from urllib3.exceptions import HTTPError

    try:
        answer = pool.urlopen("POST", path, body=body, headers=headers, redirect=False, preload_content=False)
        try:
            answer.read(LONGEST_ANSWER)
            return answer.status, _wait(answer.headers.get) if answer.status in (TOO_MANY, UNAVAILABLE) else 1.0
        finally:
            answer.close()
    except (HTTPError, OSError, ValueError) as error:
        raise Retriable(f"the receiver does not answer: {type(error).__name__}") from error
    finally:
        pool.close()


def _wait(header: Callable[[str], str | None]) -> float:
    said = (header("Retry-After") or "").strip()
    return min(LONGEST_WAIT, float(said)) if said.isascii() and said.isdigit() else 1.0
