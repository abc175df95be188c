"""Publish a message to a stream of NATS JetStream, which knows a message that comes twice by its id."""

from __future__ import annotations

import asyncio
import math
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from plait.errors import PlaitError
from plait.http1.addresses import networks
from plait.http1.checked import addresses
from plait.sinks.sender import NotTaken
from plait.sinks.webhook import message_name
from plait.spec.brokers import Broker, parse_brokers

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

    from plait.jobs.records import StoredOutgoing
    from plait.spec.sinks import NatsSink


class Nats:
    """Publishes to one subject, over one connection that is made when it is needed, and anew after each failure.

    The servers are those of the file: others that a server tells of are not dialled, for nobody has judged their addresses.

    Args:
        spec: A sink without problems.
    """

    def __init__(self, spec: NatsSink) -> None:
        self.target = f"{spec.nats} {spec.subject}"
        self._spec = spec
        self._allowed = networks(spec.allow)
        self._connecting = asyncio.Lock()
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None

    async def send(self, message: StoredOutgoing, /) -> None:
        """Publish it; it is in the stream when this returns.

        Raises:
            NotTaken: If no stream has said so in time.
        """
        from nats.errors import Error, MaxPayloadError  # noqa: PLC0415 - whoever has no such sink need not have it
        from nats.js.errors import APIError, NoStreamResponseError  # noqa: PLC0415

        spec = self._spec
        stream: JetStreamContext | None = None
        try:
            async with asyncio.timeout(spec.timeout):
                stream = await self._opened()
                await stream.publish(
                    spec.subject, message.payload, timeout=spec.timeout, headers={"Nats-Msg-Id": message_name(message.id)}
                )
        except NoStreamResponseError:
            raise NotTaken(
                f"no stream takes the subject {spec.subject}; make one, or name one that plait makes: stream: …"
            ) from None
        except PlaitError as exc:
            raise NotTaken(exc.detail) from None
        except APIError as exc:
            raise NotTaken(f"the stream did not take it: {exc.description}") from None
        except MaxPayloadError:
            raise NotTaken(f"{len(message.payload)} bytes are more than the server takes: max_payload") from None
        except (Error, OSError, ssl.SSLError, TimeoutError) as exc:
            if stream is self._stream:  # else another message has made a new connection meanwhile
                await self.close()
            raise NotTaken(f"no answer: {_reason(exc)}") from None

    async def close(self) -> None:
        """Close the connection, if there is one."""
        client, self._client, self._stream = self._client, None, None
        if client is not None:
            with suppress(Exception):  # it is given up either way
                await client.close()

    async def _opened(self) -> JetStreamContext:
        async with self._connecting:
            if self._client is not None and self._stream is not None and self._client.is_connected:
                return self._stream
            await self.close()
            failed: Exception | None = None
            brokers = parse_brokers(self._spec.nats)
            for broker in brokers:
                try:
                    return await self._reached(broker, self._spec.timeout / len(brokers))
                except (PlaitError, OSError, TimeoutError) as exc:
                    failed = exc
            raise failed or OSError("there is no server")

    async def _reached(self, broker: Broker, seconds: float) -> JetStreamContext:
        """The stream behind the first address of a server that takes a connection."""
        from nats.js.errors import APIError  # noqa: PLC0415 - as above

        failed: Exception = OSError("the server has no address")
        async with asyncio.timeout(seconds):
            may = await addresses(broker.host, broker.port, self._allowed)
            for address in may:
                try:
                    async with asyncio.timeout(seconds / len(may)):  # it goes on trying where nobody listens
                        return await self._connected(broker, address)
                except (OSError, TimeoutError) as exc:
                    failed = exc
                except APIError as exc:
                    failed = OSError(f"the stream cannot be made: {exc.description}")
                except Exception as exc:  # noqa: BLE001 - the client raises what it likes while it connects
                    failed = OSError(_reason(exc))
        raise failed

    async def _connected(self, broker: Broker, address: str) -> JetStreamContext:
        from nats.aio.client import Client  # noqa: PLC0415 - as above
        from nats.errors import NoServersError  # noqa: PLC0415

        client = Client()
        if broker.tls:
            _insist_on_tls(client)
        said: list[Exception] = []

        async def heard(exc: Exception) -> None:
            said.append(exc)

        host = f"[{address}]" if ":" in address else address
        options: dict[str, Any] = {name: value for name, value in broker.credentials.items() if value}
        if broker.tls:
            options |= {"tls": await asyncio.to_thread(ssl.create_default_context), "tls_hostname": broker.host}
        try:
            await client.connect(
                f"{'tls' if broker.tls else 'nats'}://{host}:{broker.port}",
                name="plait",
                allow_reconnect=False,
                max_reconnect_attempts=1,  # with none, it would try for ever
                reconnect_time_wait=0,
                connect_timeout=math.ceil(self._spec.timeout),
                error_cb=heard,
                **options,
            )
            stream = client.jetstream()
            if self._spec.stream is not None:
                await self._made(stream, self._spec.stream)
        except BaseException as exc:
            with suppress(Exception):  # it is given up either way
                await client.close()
            if said and isinstance(exc, NoServersError):
                raise OSError(_reason(said[-1])) from None
            raise
        self._client, self._stream = client, stream
        return stream

    async def _made(self, stream: JetStreamContext, name: str) -> None:
        """Make the stream, where it is missing."""
        from nats.js.errors import NotFoundError  # noqa: PLC0415 - as above

        try:
            await stream.stream_info(name)
        except NotFoundError:
            await stream.add_stream(name=name, subjects=[self._spec.subject])


def _reason(exc: Exception) -> str:
    text = " ".join(str(exc).split())
    return text.removeprefix("nats: ") or type(exc).__name__


def _insist_on_tls(client: Client) -> None:
    """Give up a server that does not say that it speaks TLS: the client would tell it the password all the same."""
    process = client._process_info  # noqa: SLF001 - there is no other place between what a server says and what it is told

    async def judged(info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - the client's
        if not info.get("tls_required"):
            raise OSError("it does not speak TLS, as its URL says that it does")
        await process(info, initial_connection)

    client._process_info = judged  # type: ignore[method-assign] # noqa: SLF001 - as above
