"""HTTP to one service: with its token, at its pace, and to no other address."""

from __future__ import annotations

import email.utils
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from connectors.errors import LONGEST_WAIT, Fatal, Retriable
from connectors.odata.settings import Credentials, Settings
from connectors.origin import trace_headers
from connectors.steps import answered, calling

if TYPE_CHECKING:
    import urllib3

CONNECT_SECONDS = 5.0
CONNECTIONS = 8
LARGEST = 256 * 1024 * 1024
PAUSE_SECONDS = 1.0
LONGEST_PAUSE = 3600.0
MARGIN_SECONDS = 60.0
BUSY = (408, 429, 502, 503, 504)
"""What a service says that may answer later."""


class Nonsense(Fatal):
    """What came back is no OData: a page for people, perhaps, of something that stands before the service."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The media type of the body."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Client:
    """Asks a service. Every call may raise Fatal and Retriable; what a status means for a row is for the caller to say.

    A service that says for how long it wants to be left alone is left alone for so long, whoever asks. `clock` counts
    seconds and never goes back.
    """

    def __init__(self, name: str, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._settings = settings
        self._clock = clock
        self._token = _Token(name, settings.credentials, self._exchange, clock) if settings.credentials else None
        self._pool = _pool(settings)
        self._closed_until = 0.0

    def get(self, address: str, prefer: str = "") -> Answer:
        """What is at an address of the service, given whole or from the service's root on."""
        return self.send("GET", address, {"Prefer": prefer} if prefer else {})

    def send(self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
        """One request with its answer."""
        url = self.within(address)
        answer = self._authorised(method, url, dict(headers or {}), body)
        if answer.status == 401 and self._token is not None:
            self._token.forget()
            answer = self._authorised(method, url, dict(headers or {}), body)
        if answer.status == 401:
            # It concerns everything that is owed, so it waits until somebody mends it, and is not parked row by row.
            raise Retriable(f"{self._name} refuses the connection's credentials{told(answer)}", after=LONGEST_WAIT)
        if answer.status == 403:
            raise Fatal(f"{self._name} does not give the connection's client the right{told(answer)}")
        if 300 <= answer.status < 400 and answer.status != 304:
            raise Fatal(f"{self._name} answers from another address ({answer.status}); set the connection's url to that")
        self._heed(answer)
        return answer

    def within(self, address: str) -> str:
        """An address in full. Raises Fatal for one that leads away: what it sends would go to somebody else."""
        url = address if address.startswith(("http://", "https://")) else self._settings.root + address
        if not url.startswith(self._settings.root):
            raise Fatal(f"{self._name} names an address that is not below the connection's url; it is not followed")
        return url

    def close(self) -> None:
        """Let the connections go."""
        self._pool.clear()

    def _authorised(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        left = self._closed_until - self._clock()
        if left > 0:
            raise Retriable(f"{self._name} has asked to be left alone for {left:.0f} s more", after=left)
        common = self.common()
        with calling(method, url) as call:
            answer = self._exchange(method, url, common | headers | trace_headers(), body)
            answered(call, answer.status)
        return answer

    def common(self) -> dict[str, str]:
        """The headers of every request."""
        found = {"Accept": "application/json", "Accept-Encoding": "gzip", "OData-Version": "4.0", "OData-MaxVersion": "4.0"}
        if self._token is not None:
            found["Authorization"] = f"Bearer {self._token.value()}"
        return found

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """One exchange on the wire. A connection that had been closed meanwhile is no fault where nothing is changed."""
        import urllib3  # loaded at first use: the command line must start quickly

        timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, self._settings.timeout), read=self._settings.timeout)
        for attempt in (1, 2):
            try:
                found = self._pool.request(
                    method, url, body=body, headers=headers, timeout=timeout, retries=False, redirect=False,
                    preload_content=False,
                )  # fmt: skip
                content = found.read(LARGEST + 1)
                found.release_conn()
                if len(content) > LARGEST:
                    found.close()
                    raise Fatal(f"{self._name} answers with more than {LARGEST >> 20} MB; make the map's batch_size smaller")
                return Answer(found.status, {name.lower(): value for name, value in found.headers.items()}, content)
            except urllib3.exceptions.ProtocolError as fault:
                if method != "GET" or attempt == 2:
                    raise self._silent(fault) from fault
            except urllib3.exceptions.HTTPError as fault:
                raise self._silent(fault) from fault
        raise AssertionError("unreachable")

    def _silent(self, fault: Exception) -> Retriable:
        """What went wrong on the wire, in words that hold no address: those may hold what was asked for."""
        import urllib3

        match fault:
            case urllib3.exceptions.NewConnectionError():  # first: it is a TimeoutError too
                why = "nobody listens at the connection's url"
            case urllib3.exceptions.TimeoutError():
                why = f"nothing came for {self._settings.timeout:g} s"
            case urllib3.exceptions.SSLError():
                why = f"the connection is not safe: {fault}"
            case _:
                why = "the connection was cut"
        return Retriable(f"{self._name} does not answer: {why}")

    def _heed(self, answer: Answer) -> None:
        if answer.status not in BUSY:
            return
        asked = _retry_after(answer.headers.get("retry-after", ""))
        if asked is not None:
            self._closed_until = self._clock() + asked
        raise Retriable(f"{self._name} is busy ({answer.status}){told(answer)}", after=asked or PAUSE_SECONDS)


class _Token:
    """The token of OAuth's client credentials, asked for when it is needed and again before it runs out."""

    def __init__(self, name: str, who: Credentials, ask: Callable[..., Answer], clock: Callable[[], float]) -> None:
        self._name, self._who, self._ask, self._clock = name, who, ask, clock
        self._lock = threading.Lock()
        self._value = ""
        self._until = 0.0

    def value(self) -> str:
        """A token that is good for a while."""
        with self._lock:
            if not self._value or self._clock() >= self._until:
                self._value, seconds = self._fetch()
                self._until = self._clock() + seconds - min(MARGIN_SECONDS, seconds / 2)
            return self._value

    def forget(self) -> None:
        """The service does not take it any more."""
        with self._lock:
            self._value = ""

    def _fetch(self) -> tuple[str, float]:
        wanted = {"scope": self._who.scope, "resource": self._who.resource}
        fields = {
            "grant_type": "client_credentials",
            "client_id": self._who.client_id,
            "client_secret": self._who.client_secret,
        }
        body = urlencode(fields | {key: value for key, value in wanted.items() if value}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = self._ask("POST", self._who.token_url, headers, body)
        if answer.status in BUSY or answer.status >= 500:
            after = _retry_after(answer.headers.get("retry-after", "")) or PAUSE_SECONDS
            raise Retriable(f"{self._name}: no token now ({answer.status})", after=after)
        found = _document(answer)
        if answer.status != 200:
            # The word only: descriptions tell who asked, and belong in nobody's log.
            word = "".join(letter for letter in str(found.get("error", ""))[:40] if letter.isalnum() or letter == "_")
            message = f"{self._name}: no token for the connection's client_id and client_secret ({word or answer.status})"
            raise Retriable(message, after=LONGEST_WAIT)
        token = found.get("access_token")
        if not isinstance(token, str) or not token:
            raise Retriable(f"{self._name}: what answers at token_url gives no token")
        try:
            return token, float(found.get("expires_in") or MARGIN_SECONDS)
        except (TypeError, ValueError):
            return token, MARGIN_SECONDS


def told(answer: Answer) -> str:
    """What a service says of a fault, short, after a colon; empty where it says nothing that can be read."""
    error = _document(answer).get("error")
    if not isinstance(error, dict):
        return ""
    inner = error.get("innererror")
    # Finance & Operations tells what has happened in the inner error only.
    texts = [error.get("message"), inner.get("message") if isinstance(inner, dict) else None]
    words = " ".join(" ".join(str(text).split()) for text in texts if text)
    return f": {words[:300]}" if words else ""


def _document(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _retry_after(text: str) -> float | None:
    """Seconds, given as such or as a moment."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(seconds, 0.0), LONGEST_PAUSE) if seconds == seconds else None


def _pool(settings: Settings) -> urllib3.PoolManager:
    import urllib3

    return urllib3.PoolManager(maxsize=CONNECTIONS, ca_certs=settings.ca_file or None)
