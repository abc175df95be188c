"""The admin API as one app: its routes behind the gate, and their description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from plait import __version__
from plait.control.api import config, events, feedback, jobs, marks, revisions, status
from plait.control.api.entries import entries
from plait.control.api.failures import answer_failures, only_known
from plait.control.api.gate import METRICS, Gate
from plait.control.api.pages import add_pages
from plait.control.api.pages import router as pictures
from plait.control.api.schemas import components

if TYPE_CHECKING:
    from plait.control.api.terms import Desk

_ABOUT = (
    "Change predictors and graphs while requests flow. Every change makes a new numbered revision, checked as a whole before it "
    'is live. ETag is the active revision ("7"); If-Match on a change guards against others.'
)
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "From PLAIT_ADMIN_TOKEN, or from admin.token in the state folder.",
}


class _App(FastAPI):
    """FastAPI, with a description that says what these routes really take and give."""

    def openapi(self) -> dict[str, Any]:
        """The description."""
        if self.openapi_schema is None:
            self.openapi_schema = _described(self)
        return self.openapi_schema


def admin_app(desk: Desk) -> FastAPI:
    """The admin API.

    Args:
        desk: Who is asked by its routes.
    """
    app = _App(
        title="plait: run-time control",
        description=_ABOUT,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(only_known)],
    )
    app.state.desk = desk
    for router in (config.router, entries("predictors", "Predictor"), marks.router, entries("graphs", "Graph"), pictures):
        app.include_router(router)
    for router in (revisions.router, status.router, events.router, feedback.router, jobs.router):
        app.include_router(router)
    add_pages(app)
    answer_failures(app)
    app.add_middleware(Gate, terms=desk.terms, audit=desk.audit)
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    for path, methods in found["paths"].items():
        for operation in methods.values():
            # FastAPI adds its own form of a problem, which these routes never answer with.
            if "HTTPValidationError" in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
            for parameter in operation.get("parameters", ()):
                if parameter["schema"].get("default") == "":  # stands for none at all
                    del parameter["schema"]["default"]
            if path == METRICS and app.state.desk.terms.open_metrics:
                operation["security"] = []
    found["components"] = {"schemas": components(), "securitySchemes": {"bearer": _BEARER}}
    found["security"] = [{"bearer": []}]
    return found
