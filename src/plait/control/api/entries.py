"""Predictors and graphs, each by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import Response

from plait.control.api.answers import resource
from plait.control.api.asked import Asked, At, Change
from plait.control.api.bodies import document
from plait.control.api.changing import Changing
from plait.control.api.described import CHANGED, GUARDED, NEW, READ, READING, body_of, read_of
from plait.control.api.preconditions import ANY
from plait.control.errors import Stale
from plait.control.merge import Edit, delete, put
from plait.control.secrets import masked
from plait.errors import NotFound
from plait.graph.hints import nearest
from plait.spec.fields import NAME

if TYPE_CHECKING:
    from plait.control.revisions import Data

Section = Literal["predictors", "graphs"]
ENTRY = "entry"
"""The convertor of a name in a path."""
Name = Annotated[str, Path(description="The name.", json_schema_extra={"pattern": NAME, "maxLength": 64, "examples": ["setosa"]})]


class _Entry(StringConvertor):
    """All that is no `/`, up to what is done with it (`:drain`)."""

    regex = "[^/:]+"


register_url_convertor(ENTRY, _Entry())


def entries(section: Section, kind: str) -> APIRouter:
    """The routes of a section.

    Args:
        section: Which one.
        kind: What the schema calls one of its values.
    """
    router = APIRouter(prefix=f"/{section}", tags=[section])
    path = f"/{{name:{ENTRY}}}"
    one = section.removesuffix("s")

    @router.get(
        "", summary=f"All {section}, as the file has them", responses=READ | read_of({"type": "object"}), dependencies=READING
    )
    async def every(request: Request, at: At) -> Response:
        active = at.ledger.active
        return resource(request, active.number, masked(active.data).get(section) or {})

    @router.get(path, summary=f"One {one}", responses=READ | read_of(kind), dependencies=READING)
    async def get(request: Request, name: Name, at: At) -> Response:
        active = at.ledger.active
        return resource(request, active.number, found(masked(active.data), section, name))

    @router.put(path, summary=f"Add or replace a {one}", responses=NEW, dependencies=GUARDED, openapi_extra=body_of(kind))
    async def put_one(request: Request, name: Name, at: At, asked: Asked) -> Response:
        said = await document(request)
        edit = demanding(put(section, name, said), section, name, asked)
        return await Changing(at, request, asked).propose(edit)

    @router.delete(path, summary=f"Remove a {one}", responses=CHANGED, dependencies=GUARDED)
    async def delete_one(request: Request, name: Name, at: At, asked: Asked) -> Response:
        found(at.ledger.active.data, section, name)
        return await Changing(at, request, asked).propose(delete(section, name))

    return router


def found(data: Data, section: str, name: str) -> Any:
    """A value by its name.

    Raises:
        NotFound: If there is none.
    """
    known = data.get(section) or {}
    if name not in known:
        raise NotFound(f"there is no {section.removesuffix('s')} of that name; {nearest(name, known)}")
    return known[name]


def demanding(edit: Edit, section: Section, name: str, asked: Change) -> Edit:
    """The same edit, where a request also says whether the name must be there, or must not.

    Applied where that is not so, it raises `Stale`.
    """

    def checked(old: Data) -> Data:
        there = name in (old.get(section) or {})
        if asked.only_new and there:
            raise Stale("the name is there already, and If-None-Match: * says that it must not be")
        if asked.if_match == ANY and not there:
            raise Stale("there is nothing of that name, and If-Match: * says that there must be")
        return edit(old)

    return replace(edit, change=checked)
