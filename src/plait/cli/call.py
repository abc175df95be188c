"""plait call: ask a graph of a running proxy."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plait.cli.printable import printable

if TYPE_CHECKING:
    from ssl import SSLContext

    from plait.cli.http import Response

_GOOD, _ACCEPTED, _REFUSED, _NOT_FOUND = 200, 202, 400, 404
_RULE = "x-plait-rule"


def call(  # noqa: PLR0913, PLR0917 - a command's options
    graph: Annotated[str, typer.Argument(help="The graph's name.")],
    data: Annotated[
        str | None,
        typer.Option(
            "-d", "--data", help="The request as JSON, @FILE, or - for standard input.", show_default="the graph's sample"
        ),
    ] = None,
    url: Annotated[str, typer.Option(envvar="PLAIT_URL", help="Where the proxy is.")] = "http://127.0.0.1:9000",
    timeout: Annotated[
        str | None, typer.Option(help="How long the answer may take, such as 250ms.", show_default="the graph's")
    ] = None,
    cacert: Annotated[
        Path | None, typer.Option(help="The certificates that vouch for an https proxy's.", show_default="those the system trusts")
    ] = None,
    cert: Annotated[
        Path | None,
        typer.Option(help="Your own certificate and its key in one file, where the proxy asks for one.", show_default=False),
    ] = None,
    envelope: Annotated[bool, typer.Option("--envelope", help="Show the state of every part too.")] = False,  # noqa: FBT002 - a flag
    stream: Annotated[bool, typer.Option("--stream", help="Show each part as it ends, then the result.")] = False,  # noqa: FBT002
    later: Annotated[bool, typer.Option("--async", help="Have a job made of it, and print its id.")] = False,  # noqa: FBT002
    wait: Annotated[
        str | None, typer.Option(help="With --async: how long to wait for the answer itself first, such as 2s.", show_default=False)
    ] = None,
    notify: Annotated[
        str | None, typer.Option(metavar="SINK", help="With --async: the sink that is told of its end.", show_default=False)
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="With --async: if it is asked for with this again, it is the same job.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON as it comes, also on a terminal.")] = False,  # noqa: FBT002
) -> None:
    """Ask a graph and print its answer: exit code 0 for an answer or a job, 1 for a problem."""
    from plait.cli.http import trusted  # noqa: PLC0415 - commands import when they run
    from plait.cli.later import asking  # noqa: PLC0415

    headers = _fields(timeout, envelope=envelope, stream=stream) | asking(wait, key, notify, later=later, stream=stream)
    url = url.rstrip("/")
    tls = trusted(cacert, cert)
    body = _sample(url, graph, tls) if data is None else _body(data)
    raw = as_json or not sys.stdout.isatty()
    with _asked(url, graph, body, headers, tls) as response:
        if stream and response.status == _GOOD:
            complete = _follow(response, url, raw=raw, envelope=envelope)
        else:
            complete = _show(response, url, raw=raw, as_json=as_json)
    if not complete:
        # The parts have been shown already, if they were asked for.
        hint = "" if envelope or stream else "; --envelope shows which part is missing"
        print(f"the answer is not complete{hint}", file=sys.stderr)  # noqa: T201


def _fields(timeout: str | None, *, envelope: bool, stream: bool) -> dict[str, str]:
    from plait.client.asked import ENVELOPE, LINES  # noqa: PLC0415 - commands import when they run
    from plait.spec.fields import seconds  # noqa: PLC0415

    try:
        headers = {"X-Request-Timeout": timeout} if timeout is not None and seconds(timeout) else {}
    except ValueError as exc:
        raise typer.BadParameter(str(exc), param_hint="--timeout") from None
    return headers | ({"Accept": LINES if stream else ENVELOPE} if stream or envelope else {})


@contextmanager
def _asked(url: str, graph: str, body: bytes, headers: dict[str, str], tls: SSLContext | None) -> Iterator[Response]:
    """The response of a graph, which may have a route of its own."""
    from plait.cli.http import opened  # noqa: PLC0415 - commands import when they run

    with opened(url + ("/predict" if graph == "predict" else f"/predict/{graph}"), body, headers, tls=tls) as response:
        if response.status != _NOT_FOUND or _RULE in response.headers:
            yield response
            return
    with opened(url + _metadata(url, graph, tls)["route"], body, headers, tls=tls) as response:
        yield response


def _show(response: Response, url: str, *, raw: bool, as_json: bool) -> bool:
    """Print an answer, a job or a problem, with which the command ends; whether nothing is missing."""
    from plait.cli.http import reply  # noqa: PLC0415 - commands import when they run

    told = reply(response, url)
    if told.status == _ACCEPTED and _RULE not in told.headers:
        from plait.cli.later import show  # noqa: PLC0415

        show(url, told.body, as_json=as_json)
        return True
    good = told.status == _GOOD or (_RULE in told.headers and told.status < _REFUSED)
    print(told.body.decode(errors="replace") if raw else _pretty(told.body), file=sys.stdout if good else sys.stderr)
    if not good:
        sys.exit(1)
    return told.headers.get("x-plait-complete") != "false"


def _follow(response: Response, url: str, *, raw: bool, envelope: bool) -> bool:
    """Print a stream; whether its answer is complete."""
    import msgspec  # noqa: PLC0415 - commands import when they run

    from plait.cli.http import lines  # noqa: PLC0415
    from plait.cli.stream import show  # noqa: PLC0415

    answer = show(lines(response, url), raw=raw)
    if not raw:
        shown = msgspec.to_builtins(answer) if envelope else answer.result
        typer.echo(_indented(shown))
    return answer.complete


def _body(data: str) -> bytes:
    from plait.errors import StartError  # noqa: PLC0415 - commands import when they run

    if data == "-":
        return sys.stdin.buffer.read()
    if data.startswith("@"):
        try:
            return Path(data[1:]).read_bytes()
        except OSError as exc:
            raise StartError(f"cannot read {data[1:]}: {exc.strerror}") from None
    return data.encode()


def _metadata(url: str, graph: str, tls: SSLContext | None) -> dict[str, Any]:
    from plait.cli.http import send  # noqa: PLC0415 - commands import when they run
    from plait.errors import StartError  # noqa: PLC0415

    reply = send(f"{url}/metadata/{graph}", tls=tls)
    if reply.status != _GOOD:
        raise StartError(f"there is no graph {graph} at {url}{_graphs(reply.body)}")
    try:
        found = json.loads(reply.body)
        if found["route"].startswith("/"):
            return {key: found[key] for key in ("route", "data_sample")}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass  # it is none either
    raise StartError(f"what answers at {url} is no plait")


def _graphs(problem: bytes) -> str:
    """Where there are graphs, as a plait says it that has no such route."""
    try:
        detail = str(json.loads(problem)["detail"])
    except (ValueError, KeyError, TypeError):
        return ""
    return f"; {detail.partition('; ')[2]}" if "; " in detail else ""


def _sample(url: str, graph: str, tls: SSLContext | None) -> bytes:
    from plait.errors import StartError  # noqa: PLC0415 - commands import when they run

    sample = _metadata(url, graph, tls)["data_sample"]
    if sample is None:
        raise StartError(f"graph {graph} has no sample; give the request with -d")
    return json.dumps(sample).encode()


def _pretty(body: bytes) -> str:
    text = body.decode(errors="replace")
    try:
        return _indented(json.loads(text))
    except (ValueError, RecursionError):
        return printable(text)


def _indented(value: Any) -> str:
    from plait.cli.pretty import pretty  # noqa: PLC0415 - commands import when they run

    try:
        return printable(pretty(value))
    except RecursionError:  # indenting goes less deep than reading
        return printable(json.dumps(value, ensure_ascii=False))
