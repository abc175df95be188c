"""The client for plain code and threads."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Self, Unpack

from plait.answer import Answer
from plait.client.asked import ENVELOPE, JSON, LINES, MOST, Choice, Plan, about
from plait.client.calls import Calls, Stream, parts_of
from plait.client.events import Events
from plait.client.heard import plain, whole
from plait.client.job import Job
from plait.client.job_view import submitted, told
from plait.client.transport import opened
from plait.client.wish import Wish


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
        self._calls = Calls(self._plan, self._http)

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
        return self._calls.ask(self._plan.post(graph, data, JSON, **choice), plain)

    def ask(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Answer:
        """A graph's answer with what happened around it: whether it is complete, and how each part ended.

        Arguments and errors are those of `call`.
        """
        return self._calls.ask(self._plan.post(graph, data, ENVELOPE, **choice), whole)

    def stream(self, graph: str, data: Any, **choice: Unpack[Choice]) -> Stream:
        """A graph's parts as each ends; asked when the first one is. Arguments and errors are those of `call`."""
        asked = self._plan.post(graph, data, LINES, **choice)
        events = Events(asked.most)
        return Stream(events, parts_of(self._http, asked, events))

    def submit(
        self,
        graph: str,
        data: Any,
        *,
        wait: float | None = None,
        idempotency_key: str | None = None,
        notify: str | None = None,
        **choice: Unpack[Choice],
    ) -> Job:
        """Have a graph answer later: a job, which is durable when this returns. It is asked for again if the connection breaks.

        Args:
            graph: The graph's name, or its route if that begins with `/`.
            data: The request, as for `call`.
            wait: Seconds in which the answer itself is waited for, 60 at most; if it comes, the job has ended already, and if the
                graph fails by then, this raises.
            idempotency_key: By which it is the same job if it is asked for again; made if not given.
            notify: The sink that is to hear of its end.
            choice: As for `call`; `timeout` is for the proxy's word that the job is kept, and comes on top of `wait`.

        Raises:
            KeyReused: If the key was sent with other data.
            PlaitError: If there is no job.
        """
        wish = Wish.of(wait, idempotency_key, notify)
        return Job(self._calls, graph, self._calls.surely(self._plan.later(graph, data, wish, **choice), submitted))

    def job(self, job: str) -> Job:
        """A job by its id.

        Raises:
            NotFound: If there is none, or it is another client's.
        """
        found = self._calls.surely(self._plan.job(job), told)
        return Job(self._calls, found.graph, found)

    def metadata(self, graph: str = "predict") -> dict[str, Any]:
        """What a graph takes and gives, with a sample of each where it is known."""
        return self._calls.ask(self._plan.get(about(graph)), plain)

    def health_all(self) -> dict[str, Any]:
        """Each predictor's own word on its health; one that does not answer is `{"health": "unreachable", …}`."""
        return self._calls.ask(self._plan.get("/health/all"), plain)
