"""Streams on real brokers for tests: a stream of a test's own, a hand that puts messages into it, and one that loses them."""

import asyncio
import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from connectors.adapters import open_adapter
from connectors.events.message import Message, Reading
from metadata.model import Connection
from support.services import Unavailable

KINDS = ("nats", "rabbitmq", "redis")
URLS = {"nats": "nats://127.0.0.1:4222", "rabbitmq": "amqp://guest:guest@127.0.0.1:5672/", "redis": "redis://127.0.0.1:6379/0"}


class Stream:
    """A stream with a name that no other test uses. `settings` are those of a connection to it."""

    kind = ""

    def __init__(self, url: str) -> None:
        self.settings = {"url": url}
        self.name = f"harbour_{uuid.uuid4().hex[:12]}"

    def adapter(self, **settings: str) -> Any:
        """An adapter of its own, as another process would have it."""
        given = {**self.settings, **settings}
        return open_adapter(Connection(key="outside", connector=self.kind, settings=tuple(given.items())))

    def put(self, body: Any, headers: Mapping[str, str] | None = None) -> None:
        """Put a message at the end; what is no text is written as JSON."""
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        self.put_raw(text.encode() if isinstance(text, str) else text, dict(headers or {}))

    def tell(self, operation: str, row: Mapping[str, Any], **attributes: Any) -> None:
        """Put a CloudEvent about a row."""
        event = {"specversion": "1.0", "id": uuid.uuid4().hex, "source": "/harbour-office", "type": f"{self.name}.{operation}"}
        self.put({**event, "data": dict(row), **attributes})

    def put_raw(self, body: bytes, headers: dict[str, str]) -> None:
        raise NotImplementedError

    def lose(self) -> None:
        """Remove all messages, whether they were read or not."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class InRedis(Stream):
    kind = "redis"

    def __init__(self, url: str) -> None:
        import redis

        super().__init__(url)
        self._client = redis.Redis.from_url(url, socket_connect_timeout=10)
        try:
            self._client.xadd(self.name, {"data": "null"})
        except redis.exceptions.RedisError as error:
            raise Unavailable(f"{url} does not answer: {error}") from None
        self._client.xtrim(self.name, 0, approximate=False)

    def put_raw(self, body: bytes, headers: dict[str, str]) -> None:
        fields: dict[Any, Any] = {**headers, "data": body}
        self._client.xadd(self.name, fields)

    def lose(self) -> None:
        self._client.xtrim(self.name, 0, approximate=False)

    def close(self) -> None:
        self._client.delete(self.name, *self._client.scan_iter(f"{self.name}:sent:*"))
        self._client.close()


class InRabbit(Stream):
    kind = "rabbitmq"

    def __init__(self, url: str) -> None:
        import pika

        super().__init__(url)
        try:
            self._connection = pika.BlockingConnection(pika.URLParameters(url))
        except (pika.exceptions.AMQPError, OSError) as error:
            raise Unavailable(f"{url} does not answer: {error or type(error).__name__}") from None
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()
        self._channel.queue_declare(self.name, durable=True)

    def put_raw(self, body: bytes, headers: dict[str, str]) -> None:
        import pika

        self._channel.basic_publish("", self.name, body, pika.BasicProperties(headers=headers))

    def lose(self) -> None:
        self._channel.queue_purge(self.name)

    @property
    def ready(self) -> int:
        """Messages that wait for a reader."""
        return int(self._channel.queue_declare(self.name, passive=True).method.message_count)

    def close(self) -> None:
        self._channel.queue_delete(self.name)
        self._connection.close()


class InNats(Stream):
    kind = "nats"

    def __init__(self, url: str) -> None:
        import nats

        super().__init__(url)
        # A loop of its own thread: that of the tests may have one already, which a browser runs in.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._client = self._run(nats.connect(url, connect_timeout=10, allow_reconnect=False, error_cb=_quietly))
        except (nats.errors.Error, OSError) as error:
            self._end()
            raise Unavailable(f"{url} does not answer: {error}") from None
        self._jetstream = self._client.jetstream()
        self._run(self._jetstream.add_stream(name=self.name, subjects=[self.name]))

    def put_raw(self, body: bytes, headers: dict[str, str]) -> None:
        self._run(self._jetstream.publish(self.name, body, headers=headers or None))

    def lose(self) -> None:
        self._run(self._jetstream.purge_stream(self.name))

    def close(self) -> None:
        self._run(self._jetstream.delete_stream(self.name))
        self._run(self._client.close())
        self._end()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Shelf:
    """A broker in memory, which forgets what it handed over when it is asked to (`crash`)."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.settled = 0
        self.sent: dict[str, Message] = {}

    def tell(self, operation: str, row: Mapping[str, Any], **attributes: Any) -> None:
        """Put a CloudEvent about a row."""
        event = {"specversion": "1.0", "id": uuid.uuid4().hex, "source": "/harbour-office", "type": f"x.{operation}"}
        self.put({**event, "data": dict(row), **attributes})

    def put(self, body: Any) -> None:
        """Put a message at the end."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.messages.append(Message(text.encode(), {}, str(len(self.messages))))

    def read(self, reader: str, name: str, at: Any, limit: int) -> Reading:
        first = self.settled if at is None else int(at)
        found = self.messages[first : first + limit]
        return Reading(found, first + len(found), first + len(found) < len(self.messages))

    def settle(self, reader: str, name: str, at: Any) -> None:
        self.settled = at

    def waiting(self, reader: str, name: str, at: Any) -> int | None:
        return len(self.messages) - (self.settled if at is None else int(at))

    def publish(self, name: str, message: Message, identity: str) -> bool:
        repeated = identity in self.sent
        self.sent[identity] = message
        return repeated

    def close(self) -> None:
        pass


async def _quietly(error: Exception) -> None:
    pass


@contextmanager
def stream_of(kind: str) -> Iterator[Stream]:
    """A stream of this kind, gone afterwards. Raises Unavailable where there is no server."""
    makers: Mapping[str, Callable[[str], Stream]] = {"nats": InNats, "rabbitmq": InRabbit, "redis": InRedis}
    stream = makers[kind](os.environ.get(f"FOYER_TEST_{kind.upper()}_URL", URLS[kind]))
    try:
        yield stream
    finally:
        stream.close()
