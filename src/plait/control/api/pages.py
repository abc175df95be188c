"""What browsers show: the dashboard, and the description of this API. Neither holds data, so neither needs the token."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from plait.control.api.answers import resource
from plait.control.api.asked import At
from plait.control.api.described import READ, READING, answer
from plait.control.api.entries import ENTRY, Name
from plait.control.page import HEADERS, assets
from plait.errors import NotFound
from plait.graph.draw import draw_svg
from plait.graph.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

SVG = "image/svg+xml"
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2024;background:#fff}"
    "section{border-top:1px solid #d5d9de;padding:.6rem 0}h2{font-size:1rem;margin:0}code{font-family:ui-monospace,monospace}"
    "b{display:inline-block;min-width:4.5rem}table{border-collapse:collapse;margin:.4rem 0}td{padding:.1rem 1rem .1rem 0;"
    "vertical-align:top}@media(prefers-color-scheme:dark){body{color:#e6e8ea;background:#16181b}section{border-color:#3a3f45}}"
)
_DIGEST = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_DOCS = {"Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'; base-uri 'none'"}

router = APIRouter()


@router.get(
    f"/graphs/{{name:{ENTRY}}}/picture",
    summary="A graph drawn",
    tags=["graphs"],
    responses=READ | {200: answer("A picture.", {"type": "string"}, SVG)},
    dependencies=READING,
    response_class=Response,
)
async def picture(request: Request, name: Name, at: At) -> Response:
    """As `plait explain` draws it."""
    config = at.ledger.config
    if name not in config.graphs:
        raise NotFound(f"there is no graph of that name; {nearest(name, config.graphs)}")
    return resource(request, at.ledger.active.number, draw_svg(config, [name]), SVG)


def add_pages(app: FastAPI) -> None:
    """Have an app show them."""
    for path, (data, kind) in assets().items():
        app.add_api_route(path, _fixed(data, kind, HEADERS), include_in_schema=False)
    app.add_api_route("/docs", _docs, include_in_schema=False)


async def _docs(request: Request) -> Response:
    page = described(request.app.openapi())
    return Response(page, headers=_DOCS, media_type="text/html; charset=utf-8")


def _fixed(data: bytes, kind: str, headers: Any) -> Any:
    async def route() -> Response:
        return Response(data, headers=dict(headers), media_type=kind)

    return route


def described(openapi: dict[str, Any]) -> bytes:
    """The description as a page to read."""
    parts = "".join(
        _operation(method, path, operation) for path, methods in openapi["paths"].items() for method, operation in methods.items()
    )
    title = escape(openapi["info"]["title"])
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    about = escape(openapi["info"]["description"])
    link = '<p>For programs: <a href="/openapi.json">openapi.json</a></p>'
    return f"{head}<h1>{title}</h1><p>{about}</p>{link}{parts}</html>\n".encode()


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    about = escape(operation.get("description", ""))
    head = f"<h2><b>{method.upper()}</b><code>{escape(path)}</code></h2>{escape(operation['summary'])}"
    return f"<section>{head}<p>{about}</p>{_table(_parameters(operation))}{_table(_answers(operation))}</section>"


def _parameters(operation: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for parameter in operation.get("parameters", ()):
        yield f"{parameter['name']} ({parameter['in']})", parameter.get("description", "")
    if "requestBody" in operation:
        yield "body", ", ".join(operation["requestBody"]["content"])


def _answers(operation: dict[str, Any]) -> Iterator[tuple[str, str]]:
    return ((status, each["description"]) for status, each in sorted(operation["responses"].items()))


def _table(rows: Iterator[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><td><code>{escape(name)}</code><td>{escape(text)}" for name, text in rows)
    return f"<table>{lines}</table>" if lines else ""
