"""NATS JetStream: messages are read by their numbers in the stream, so that the place is ours alone.

A consumer of the server only carries them over; it may be lost at any time and is made anew at our place. The client is
asynchronous and lives in a loop of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.errors import Fatal, Gap, Retriable, first_line
from connectors.events.adapter import EventAdapter
from connectors.events.message import Message, Reading

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10.0
FETCHED_AT_ONCE = 500
IDLE_SECONDS = 120.0
"""After so long the server forgets a consumer that nobody uses."""
IDLE_READS = 100
"""So often nothing may come before our place is moved past the messages of other subjects."""
T = TypeVar("T")


def open_nats(name: str, settings: Mapping[str, str]) -> EventAdapter:
    """The adapter of a connection. Raises Fatal."""
    return EventAdapter(name, settings, "nats", NatsBroker(name, settings))


@dataclass(slots=True)
class _Reader:
    """A consumer of the server: the number of the last message that it gave, in the stream and of its own count."""

    subscription: JetStreamContext.PullSubscription
    stream: str
    at: int
    given: int = 0
    idle: int = 0


class NatsBroker:
    """One NATS server or cluster."""

    def __init__(self, name: str, settings: Mapping[str, str]) -> None:
        self._name, self._settings = name, settings
        _require(name, settings)
        self._readers: dict[str, _Reader] = {}
        self._client: Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def read(self, reader: str, name: str, at: Any, limit: int) -> Reading:
        """Messages of a subject after a number in its stream."""
        return self._run(self._read(reader, name, at, limit))

    def settle(self, reader: str, name: str, at: Any) -> None:
        """Nothing waits for us."""

    def waiting(self, reader: str, name: str, at: Any) -> int | None:
        """Messages of the subject that the server has not sent to us."""
        return self._run(self._waiting(reader, name, at))

    def publish(self, name: str, message: Message, identity: str) -> bool:
        """Publish and wait until the stream has it; the server knows identities for as long as the stream says."""
        return self._run(self._publish(name, message, identity))

    def close(self) -> None:
        """Close the connection and end the loop."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._leave(), loop).result(ANSWER_SECONDS)
            loop.call_soon_threadsafe(loop.stop)

    async def _read(self, reader: str, subject: str, at: int | None, limit: int) -> Reading:
        state = self._readers.get(reader)
        if state is None or (at is not None and state.at != at) or (at is None and state.given):
            state = await self._opened(reader, subject, at)
        last = await self._last(state)
        pending = await self._pending(state)
        if pending is None:
            state = await self._opened(reader, subject, at)
            pending = await self._pending(state) or 0
        elif not pending and last is not None:
            state.at = max(state.at, last)
        found: list[Any] = []
        while pending and len(found) < limit:
            wanted = min(limit - len(found), pending, FETCHED_AT_ONCE)
            part = await state.subscription.fetch(wanted, timeout=ANSWER_SECONDS)
            found += part
            pending -= len(part)
        state.idle = 0 if found else state.idle
        messages: list[Message] = []
        for message in found:
            number = message.metadata.sequence
            if number.consumer != state.given + 1:  # one was lost on its way: go on from the last that came
                self._readers.pop(reader)
                return Reading(messages, state.at, True)
            state.given, state.at = number.consumer, number.stream
            headers = {str(name).lower(): str(value) for name, value in (message.headers or {}).items()}
            messages.append(Message(message.data, headers, f"{state.stream} {number.stream}"))
        return Reading(messages, state.at, pending > 0)

    async def _opened(self, reader: str, subject: str, at: int | None) -> _Reader:
        from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy

        before = self._readers.pop(reader, None)
        if before is not None:
            await before.subscription.unsubscribe()
        stream = await self._stream_of(subject)
        jetstream = (await self._open()).jetstream()
        info = await jetstream.stream_info(stream)
        if info.config.retention not in (RetentionPolicy.LIMITS, None):
            raise Fatal(f"{self._name}: the stream {stream} removes what was read; its retention must be limits")
        first, last = info.state.first_seq, info.state.last_seq
        if at is None:
            at = max(first - 1, 0)
        if at > last:
            raise Gap(f"the stream {stream} was made anew: its last message is {last}, and {at} was read")
        if first > at + 1:
            raise Gap(f"messages {at + 1} to {first - 1} of the stream {stream} are gone, and were not read")
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=at + 1,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=IDLE_SECONDS,
            mem_storage=True,
        )
        subscription = await jetstream.pull_subscribe(subject, stream=stream, config=config)
        self._readers[reader] = state = _Reader(subscription, stream, at)
        return state

    async def _last(self, state: _Reader) -> int | None:
        """Now and then, where nothing comes: the number of the last message of any subject."""
        state.idle += 1
        if state.idle % IDLE_READS:
            return None
        return int((await (await self._open()).jetstream().stream_info(state.stream)).state.last_seq)

    async def _pending(self, state: _Reader) -> int | None:
        """How many messages wait; None where the server has forgotten the consumer."""
        from nats.js.errors import NotFoundError

        try:
            return (await state.subscription.consumer_info()).num_pending or 0
        except NotFoundError:
            return None

    async def _waiting(self, reader: str, subject: str, at: int | None) -> int | None:
        state = self._readers.get(reader)
        if state is None or at is None or state.at != at:
            state = await self._opened(reader, subject, at)
        return await self._pending(state)

    async def _stream_of(self, subject: str) -> str:
        from nats.js.errors import NotFoundError

        named = self._settings.get("stream")
        try:
            return named or await (await self._open()).jetstream().find_stream_name_by_subject(subject)
        except NotFoundError:
            raise Fatal(f"{self._name} has no stream that keeps the subject {subject}") from None

    async def _publish(self, subject: str, message: Message, identity: str) -> bool:
        from nats.js.errors import NoStreamResponseError

        jetstream = (await self._open()).jetstream()
        headers = {**message.headers, "Nats-Msg-Id": identity}
        try:
            done = await jetstream.publish(subject, message.body, headers=headers, timeout=ANSWER_SECONDS)
        except NoStreamResponseError:
            raise Fatal(f"{self._name} has no stream that keeps the subject {subject}") from None
        return bool(done.duplicate)

    async def _open(self) -> Client:
        import nats

        if self._client is None or self._client.is_closed:
            self._readers.clear()
            opened = nats.connect(
                self._settings["url"].split(","),
                user_credentials=self._settings.get("credentials") or None,
                connect_timeout=CONNECT_SECONDS,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                error_cb=_quietly,
            )
            self._client = await asyncio.wait_for(opened, CONNECT_SECONDS)
        return self._client

    async def _leave(self) -> None:
        if self._client is not None and not self._client.is_closed:
            await self._client.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the loop, and sort what goes wrong. One call at a time: readers are told apart, calls of one are not."""
        import nats.errors
        import nats.js.errors

        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), name=f"nats {self._name}", daemon=True).start()
            try:
                return asyncio.run_coroutine_threadsafe(work, self._loop).result()
            except nats.errors.AuthorizationError as error:
                raise Fatal(f"{self._name} refuses the credentials: {first_line(error)}") from None
            except nats.js.errors.NotFoundError as error:
                raise Fatal(f"{self._name}: {error.description}") from None
            except (nats.errors.Error, nats.js.errors.Error, OSError, TimeoutError) as error:
                self._readers.clear()
                raise Retriable(f"{self._name} does not answer: {first_line(error)}") from None


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _quietly(error: Exception) -> None:
    """What goes wrong reaches whoever asked; the client needs not tell it besides."""


def _require(name: str, settings: Mapping[str, str]) -> None:
    from importlib.util import find_spec

    if find_spec("nats") is None:
        raise Fatal(f"connection {name} needs the extra nats of Foyer")
    if not settings.get("url"):
        raise Fatal(f"connection {name} has no setting url")
