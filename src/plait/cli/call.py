"""plait call: ask a graph of a running proxy."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

_GOOD, _NOT_FOUND = 200, 404


def call(
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
    envelope: Annotated[bool, typer.Option("--envelope", help="Show the state of every part too.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Ask a graph and print its answer: exit code 0 for an answer, 1 for a problem."""
    from plait.cli.http import send  # noqa: PLC0415 - commands import when they run

    url = url.rstrip("/")
    body = _sample(url, graph) if data is None else _body(data)
    headers = {"X-Request-Timeout": timeout} if timeout else {}
    if envelope:
        headers["Accept"] = "application/vnd.plait+json"
    reply = send(url + ("/predict" if graph == "predict" else f"/predict/{graph}"), body, headers)
    if reply.status == _NOT_FOUND:
        # A graph may have a route of its own.
        reply = send(url + _metadata(url, graph)["route"], body, headers)
    good = reply.status == _GOOD
    print(_pretty(reply.body), file=sys.stdout if good else sys.stderr)
    if good and reply.headers.get("x-plait-complete") == "false":
        print("the answer is not complete; --envelope shows which part is missing", file=sys.stderr)  # noqa: T201
    if not good:
        sys.exit(1)


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


def _metadata(url: str, graph: str) -> dict[str, Any]:
    from plait.cli.http import send  # noqa: PLC0415 - commands import when they run
    from plait.errors import StartError  # noqa: PLC0415

    reply = send(f"{url}/metadata/{graph}")
    if reply.status != _GOOD:
        raise StartError(f"there is no graph {graph} at {url}")
    try:
        found = json.loads(reply.body)
        return {key: found[key] for key in ("route", "data_sample")}
    except (ValueError, KeyError, TypeError):
        raise StartError(f"what answers at {url} is no plait") from None


def _sample(url: str, graph: str) -> bytes:
    from plait.errors import StartError  # noqa: PLC0415 - commands import when they run

    sample = _metadata(url, graph)["data_sample"]
    if sample is None:
        raise StartError(f"graph {graph} has no sample; give the request with -d")
    return json.dumps(sample).encode()


def _pretty(body: bytes) -> str:
    text = body.decode(errors="replace")
    if not sys.stdout.isatty():
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
