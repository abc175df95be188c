"""Ask a predictor, or run a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import GetJsonSchemaHandler, model_validator

from plait.nodes.node import NodeSpec

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from plait.nodes.link import Link
    from plait.types import Call


class Predict(NodeSpec):
    """Ask a predictor, or run a graph; a bare name is the short form."""

    kind: ClassVar[str] = "predict"
    summary: ClassVar[str] = "ask a predictor, or run a graph"

    predict: str
    """The name of the predictor, else of the graph."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"predict": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Both forms: a name, or the mapping."""
        mapping = handler(core_schema)
        return {"anyOf": [{"type": "string", "description": "The name of a predictor or graph."}, mapping]}

    @property
    def label(self) -> str:
        """Its name, else that of whom it asks."""
        return self.name or self.predict

    def bind(self, link: Link) -> Call:
        """The call of that predictor or graph."""
        return link.ask(self.predict)
