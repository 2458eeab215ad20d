"""Redis Streams: entries are read by their ids, so that the place is ours alone and nothing need be acknowledged.

How many entries were added and how many are left says whether some are gone that were never read (`XINFO STREAM`, Redis 7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from connectors.errors import Fatal, Gap, Retriable, first_line
from connectors.events.adapter import EventAdapter
from connectors.events.message import Message, Reading

if TYPE_CHECKING:
    import redis

CONNECT_SECONDS = 5
REMEMBERED_SECONDS = 86_400
"""How long an identity is known that was published."""
BODIES = ("value", "data", "event", "body", "payload")
"""Fields that hold the body of an entry, the first one that is there; `value` is what Debezium Server writes."""
_PUBLISH = """
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[1]) then return 0 end
redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
return 1
"""


def open_redis(name: str, settings: Mapping[str, str]) -> EventAdapter:
    """The adapter of a connection. Raises Fatal."""
    return EventAdapter(name, settings, "redis", RedisBroker(name, settings))


class RedisBroker:
    """One Redis server."""

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        self._name = name
        self._client = _client(name, settings)

    def read(self, reader: str, name: str, at: Any, limit: int) -> Reading:
        """Entries after an id; `at` is that id and how many entries there were up to it."""
        with _sorted_errors(self._name), self._client.pipeline(transaction=True) as pipe:
            pipe.xinfo_stream(name)
            pipe.xrange(name, min=f"({at[0]}" if at else "-", count=limit)
            info, entries = pipe.execute(raise_on_error=False)
        if isinstance(info, Exception):
            if "no such key" in str(info):
                raise (Gap if at else Fatal)(f"{self._name} has no stream {name}")
            raise Fatal(f"{self._name}: {first_line(info)}")
        added = int(info["entries-added"])
        removed = added - int(info["length"])
        if at and removed > at[1]:
            raise Gap(f"{removed - at[1]} entries of {name} were removed before they were read")
        if at and added < at[1]:
            raise Gap(f"{name} was made anew: it has had {added} entries, and {at[1]} were read")
        before = at[1] if at else removed
        messages = [_message(identity.decode(), fields) for identity, fields in entries]
        last = [messages[-1].place, before + len(messages)] if messages else at
        return Reading(messages, last, len(messages) == limit)

    def settle(self, reader: str, name: str, at: Any) -> None:
        """Nothing waits for us."""

    def waiting(self, reader: str, name: str, at: Any) -> int | None:
        """Entries that were added after those that were read."""
        with _sorted_errors(self._name):
            info: Any = self._client.xinfo_stream(name)
        return max(0, int(info["entries-added"]) - at[1]) if at else int(info["length"])

    def publish(self, name: str, message: Message, identity: str) -> bool:
        """Add an entry unless its identity was added within a day."""
        fields: list[Any] = [part for pair in message.headers.items() for part in pair]
        with _sorted_errors(self._name):
            fields += ["data", message.body]
            done: Any = self._client.eval(_PUBLISH, 2, name, f"{name}:sent:{identity}", REMEMBERED_SECONDS, *fields)
        return not int(done)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _message(identity: str, fields: Mapping[bytes, bytes]) -> Message:
    texts = {name.decode("utf-8", "replace").lower(): value for name, value in fields.items()}
    body = next((name for name in BODIES if name in texts), next(iter(texts)) if len(texts) == 1 else "")
    headers = {name: value.decode("utf-8", "replace") for name, value in texts.items() if name != body}
    return Message(texts.get(body, b""), headers, identity)


def _client(name: str, settings: Mapping[str, str]) -> redis.Redis:
    try:
        import redis
    except ImportError:
        raise Fatal(f"connection {name} needs the extra redis of Foyer") from None
    if not settings.get("url"):
        raise Fatal(f"connection {name} has no setting url")
    try:
        return redis.Redis.from_url(
            settings["url"], socket_connect_timeout=CONNECT_SECONDS, socket_timeout=30, health_check_interval=30
        )
    except ValueError as error:
        raise Fatal(f"connection {name}: the url cannot be read as an address of Redis: {first_line(error)}") from None


@contextmanager
def _sorted_errors(name: str) -> Iterator[None]:
    import redis

    try:
        yield
    except (redis.exceptions.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise Fatal(f"{name} refuses the credentials: {first_line(error)}") from None
    except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError) as error:
        raise Retriable(f"{name} does not answer: {first_line(error)}") from None
    except redis.exceptions.RedisError as error:
        raise Fatal(f"{name}: {first_line(error)}") from None
