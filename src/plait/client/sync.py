"""The client for plain code and threads."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from plait.answer import Answer
from plait.client.asked import ENVELOPE, JSON, LINES, MOST, Asked, Choice, Plan, about
from plait.client.events import Events
from plait.client.heard import Heard, Pieces, failure, plain, whole
from plait.client.part import Part
from plait.client.transport import failures, opened, sent
from plait.errors import PlaitError

if TYPE_CHECKING:
    from httpx2 import Client as Http
    from httpx2 import Response

_T = TypeVar("_T")


class Client:
    """Asks the graphs of a running proxy; safe to share between threads.

    Args:
        base_url: Where the proxy is, such as `http://127.0.0.1:9000`; the path that it is mounted at belongs to it.
        timeout: Seconds for each answer; the proxy hears them too. `math.inf`: as long as the graph may take.
        headers: Header fields of every request.
        verify: Whether certificates are checked, or the context that checks them.
        trust_env: Whether proxies, certificates and passwords named by the environment (`HTTPS_PROXY`, `.netrc` …) are used.
        max_bytes: The bytes that an answer, or one line of a stream, may have.

    Every method raises a `plait.errors.PlaitError` if there is no answer: the error that the proxy told of, or for a proxy that
    does not answer `Unreachable`, `TimedOut` or `BadAnswer`, then without a `predictor`.

    Raises:
        BadRequest: If the URL, the timeout or a header field is none.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = 60.0,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | bool = True,
        trust_env: bool = False,
        max_bytes: int = MOST,
    ) -> None:
        self._plan = Plan.of(base_url, timeout, headers, max_bytes)
        self._http = opened(verify=verify, trust_env=trust_env)

    def __enter__(self) -> Self:
        """The client itself: connections open when they are needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def call(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Any:
        """A graph's answer as plain Python.

        Args:
            graph: The graph's name, or its route if that begins with `/`.
            data: The request: plain Python, dataclasses, arrays.
            choice: `timeout`, seconds for the answer, the client's own if not given; `request_id`, 1 to 128 of `A-Za-z0-9._-`,
                made if not given; `headers`, further header fields.

        Raises:
            PlaitError: If there is no answer; `BadRequest`, before anything is sent, if the request cannot be.
        """
        return self._ask(self._plan.post(graph, data, JSON, **choice), plain)

    def ask(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Answer:
        """A graph's answer with what happened around it: whether it is complete, and how each part ended.

        Arguments and errors are those of `call`.
        """
        return self._ask(self._plan.post(graph, data, ENVELOPE, **choice), whole)

    def stream(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Stream:
        """A graph's parts as each ends; asked when the first one is. Arguments and errors are those of `call`."""
        return Stream(self._http, self._plan.post(graph, data, LINES, **choice))

    def metadata(self, graph: str = "predict") -> dict[str, Any]:
        """What a graph takes and gives, with a sample of each where it is known."""
        return self._ask(self._plan.get(about(graph)), plain)

    def health_all(self) -> dict[str, Any]:
        """Each predictor's own word on its health; one that does not answer is `{"health": "unreachable", …}`."""
        return self._ask(self._plan.get("/health/all"), plain)

    def _ask(self, asked: Asked, read: Callable[[Heard, Asked], _T]) -> _T:
        with failures(asked):
            with self._http.stream(**sent(asked)) as response:
                heard = _heard(response, asked)
            return read(heard, asked)


class Stream:
    """The parts of one run, each as it ends; `answer` is there when the loop has ended.

    Leaving the loop early, or the `with` block around it, ends the run in the proxy too.
    """

    def __init__(self, http: Http, asked: Asked) -> None:
        self._events = Events(asked.most)
        # The generator must not know the stream: then a stream that is dropped closes at once.
        self._parts = _parts(http, asked, self._events)

    def __enter__(self) -> Self:
        """The stream itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Part:
        """The next part.

        Raises:
            PlaitError: The problem that ends the run, or what cut the stream short.
        """
        return next(self._parts)

    def close(self) -> None:
        """Let go of the run, if it has not ended."""
        self._parts.close()

    @property
    def answer(self) -> Answer:
        """The whole answer.

        Raises:
            RuntimeError: If the stream has not ended, or not well.
        """
        return self._events.known()


def _parts(http: Http, asked: Asked, events: Events) -> Generator[Part]:
    try:
        with failures(asked):
            with http.stream(**sent(asked)) as response:
                if not Heard(response.status_code, response.headers).streams:
                    raise failure(_heard(response, asked), asked)
                for piece in response.iter_bytes():
                    yield from events.feed(piece)
            events.end()
    except PlaitError:
        # Once the answer is there, how the connection ends no longer matters.
        if events.answer is None:
            raise


def _heard(response: Response, asked: Asked) -> Heard:
    pieces = Pieces(asked)
    for piece in response.iter_bytes():
        pieces.add(piece)
    return Heard(response.status_code, response.headers, pieces.whole())
