"""An InferenceGraph as data: the fields of serving.kserve.io/v1alpha1 that say what its router does.

Source: pkg/apis/serving/v1alpha1/inference_graph.go of KServe. A field that is null or empty is one that was left out, as in Go.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic.alias_generators import to_camel

ROOT = "root"


def _given(value: Any, info: ValidationInfo) -> Any:
    """Without the fields that are null."""
    del info
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class Step(_Fields):
    """A target, and when and with what it is asked."""

    name: str = ""
    node_name: str = ""
    service_name: str = ""
    service_url: str = ""
    data: str = ""
    map_predictions_to_instances: bool = False
    weight: int | None = None
    condition: str = ""
    dependency: Literal["", "Soft", "Hard"] = ""
    retry: dict[str, Any] | None = None

    @property
    def targets(self) -> list[str]:
        """Which of the three ways to name a target it uses; one that is well has one."""
        named = {"nodeName": self.node_name, "serviceName": self.service_name, "serviceUrl": self.service_url}
        return [key for key, value in named.items() if value]


class Node(_Fields):
    """What KServe calls a node: a router and its steps."""

    router_type: Literal["Sequence", "Switch", "Ensemble", "Splitter"]
    steps: Annotated[list[Annotated[Step, BeforeValidator(_given)]], Field(min_length=1)]


class RouterTimeouts(_Fields):
    """Seconds; what is not above zero is no limit."""

    server_read: int | None = None
    server_write: int | None = None
    server_idle: int | None = None
    service_client: int | None = None


class GraphSpec(_Fields):
    """The nodes, and how the router is run; what else there is, is for Kubernetes."""

    model_config = ConfigDict(extra="allow")

    nodes: dict[str, Annotated[Node, BeforeValidator(_given)]]
    router_timeouts: Annotated[RouterTimeouts, BeforeValidator(_given)] = RouterTimeouts()
    timeout: int | None = None
    default_retry: dict[str, Any] | None = None


class Metadata(_Fields):
    """Its name and where it is."""

    model_config = ConfigDict(extra="allow")

    name: Annotated[str, Field(min_length=1)]
    namespace: str = ""
    annotations: dict[str, str] = Field(default_factory=dict)


class InferenceGraph(_Fields):
    """The whole resource; its status is what the cluster wrote."""

    api_version: Literal["serving.kserve.io/v1alpha1"]
    kind: Literal["InferenceGraph"]
    metadata: Annotated[Metadata, BeforeValidator(_given)]
    spec: Annotated[GraphSpec, BeforeValidator(_given)]
    status: Any = None
