"""RabbitMQ: messages are acknowledged after our commit, and come again where that did not happen.

A queue has no numbers, so the place is a token of what this process was handed; with any other one the channel is opened
anew, which puts what was not acknowledged back where it was.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors.errors import Fatal, Retriable, first_line
from connectors.events.adapter import EventAdapter
from connectors.events.message import Message, Reading

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection

NOT_FOUND, REFUSED = 404, 403
FEWEST_AHEAD, MOST_AHEAD = 1000, 65_535
"""So many messages at most are sent to us that we have not acknowledged: two batches, and AMQP has no larger number."""
QUIET_SECONDS = 0.05
"""Where nothing comes for so long, nothing waits."""
GONE: tuple[Any, Any, Any] = (None, None, None)


def open_rabbitmq(name: str, settings: Mapping[str, str]) -> EventAdapter:
    """The adapter of a connection. Raises Fatal."""
    return EventAdapter(name, settings, "rabbitmq", RabbitBroker(name, settings))


@dataclass(slots=True)
class _Reader:
    """A channel that reads one queue: the token of what was handed over last, and up to which tag each token goes."""

    channel: BlockingChannel
    at: Any
    handed: dict[str, int] = field(default_factory=dict)
    feed: Iterator[tuple[Any, Any, Any]] | None = None


class RabbitBroker:
    """One RabbitMQ server. One connection is used by one thread at a time."""

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        self._name, self._exchange = name, settings.get("exchange", "")
        self._parameters = _parameters(name, settings)
        self._connection: BlockingConnection | None = None
        self._publisher: BlockingChannel | None = None
        self._readers: dict[str, _Reader] = {}
        self._lock = threading.Lock()

    def read(self, reader: str, name: str, at: Any, limit: int) -> Reading:
        """Messages of a queue that were not handed over yet."""
        with self._lock, self._sorted_errors():
            state = self._readers.get(reader)
            if state is None or state.at != at or not state.channel.is_open:
                state = self._reopened(reader, name, at)
            if state.feed is None:
                state.channel.basic_qos(prefetch_count=min(max(2 * limit, FEWEST_AHEAD), MOST_AHEAD))
                state.feed = state.channel.consume(name, inactivity_timeout=QUIET_SECONDS)
            messages: list[Message] = []
            tag = 0
            while len(messages) < limit:
                method, properties, body = next(state.feed, GONE)
                if method is None:
                    break
                tag = method.delivery_tag
                messages.append(_message(properties, body, f"{name} {properties.message_id or uuid.uuid4().hex}"))
            if messages:
                state.at = uuid.uuid4().hex
                state.handed[state.at] = tag
            return Reading(messages, state.at, len(messages) == limit)

    def settle(self, reader: str, name: str, at: Any) -> None:
        """Acknowledge what was handed over up to this token."""
        with self._lock, self._sorted_errors():
            state = self._readers.get(reader)
            tag = state.handed.pop(at, 0) if state is not None else 0
            if state is not None and tag and state.channel.is_open:
                state.channel.basic_ack(tag, multiple=True)
                state.handed = {token: last for token, last in state.handed.items() if last > tag}

    def waiting(self, reader: str, name: str, at: Any) -> int | None:
        """Messages of the queue, with those that were sent to us ahead of being read."""
        with self._lock, self._sorted_errors():
            channel = self._open().channel()
            ready = int(channel.queue_declare(name, passive=True).method.message_count)
            channel.close()
            state = self._readers.get(reader)
            ahead = state.channel.get_waiting_message_count() if state is not None and state.channel.is_open else 0
            return ready + ahead

    def publish(self, name: str, message: Message, identity: str) -> bool:
        """Publish a durable message under its name as the routing key, and wait for the confirmation."""
        import pika

        headers = {key: value for key, value in message.headers.items() if key != "content-type"}
        properties = pika.BasicProperties(
            message_id=identity, delivery_mode=2, content_type=message.headers.get("content-type"), headers=headers
        )
        with self._lock, self._sorted_errors():
            if self._publisher is None or not self._publisher.is_open:
                self._publisher = self._open().channel()
                self._publisher.confirm_delivery()
            try:
                self._publisher.basic_publish(self._exchange, name, message.body, properties, mandatory=True)
            except pika.exceptions.UnroutableError:
                raise Fatal(f"{self._name}: no queue takes what is published as {name}") from None
            except pika.exceptions.NackError:
                raise Retriable(f"{self._name} has not taken the message") from None
        return False

    def close(self) -> None:
        """Close the connection; what was not acknowledged goes back into its queue."""
        with self._lock:
            self._drop()

    def _reopened(self, reader: str, name: str, at: Any) -> _Reader:
        before = self._readers.pop(reader, None)
        if before is not None and before.channel.is_open:
            before.channel.close()
        channel = self._open().channel()
        channel.queue_declare(name, passive=True)
        self._readers[reader] = state = _Reader(channel, at)
        return state

    def _open(self) -> BlockingConnection:
        import pika

        if self._connection is None or not self._connection.is_open:
            self._drop()
            self._connection = pika.BlockingConnection(self._parameters)
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._readers.clear()
        self._publisher = None
        if connection is not None and connection.is_open:
            connection.close()

    @contextmanager
    def _sorted_errors(self) -> Iterator[None]:
        import pika

        wrong = pika.exceptions
        try:
            yield
        except wrong.ChannelClosedByBroker as error:
            kind = Fatal if error.reply_code in (NOT_FOUND, REFUSED) else Retriable
            raise kind(f"{self._name}: {error.reply_text}") from None
        except (wrong.ProbableAuthenticationError, wrong.ProbableAccessDeniedError) as error:
            raise Fatal(f"{self._name} refuses the credentials: {first_line(error)}") from None
        except (wrong.AMQPError, OSError) as error:
            self._drop()
            raise Retriable(f"{self._name} does not answer: {first_line(error)}") from None


def _message(properties: Any, body: bytes, place: str) -> Message:
    headers = {str(name).lower(): str(value) for name, value in (properties.headers or {}).items()}
    if properties.content_type:
        headers["content-type"] = properties.content_type
    return Message(body, headers, place)


def _parameters(name: str, settings: Mapping[str, str]) -> Any:
    try:
        import pika
    except ImportError:
        raise Fatal(f"connection {name} needs the extra rabbitmq of Foyer") from None
    if not settings.get("url"):
        raise Fatal(f"connection {name} has no setting url")
    try:
        return pika.URLParameters(settings["url"])
    except (ValueError, KeyError, IndexError) as error:
        raise Fatal(f"connection {name}: the url cannot be read as an address of RabbitMQ: {first_line(error)}") from None
