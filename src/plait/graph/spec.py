"""A whole configuration as data: server, defaults, predictors, graphs, sinks, jobs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from plait.nodes.union import BY_KEY, Node, kinds_in, own_fields
from plait.spec.access_log import AccessLog
from plait.spec.base import Spec
from plait.spec.control import AdminPort, Folder, RollbackSpec, StoreUrl
from plait.spec.fields import Duration, Json, Many, Name, Route
from plait.spec.jobs import JobsSpec
from plait.spec.limits import Limits
from plait.spec.predictor import Predictor, PredictorDefaults
from plait.spec.rules import Rule
from plait.spec.sinks import Sink
from plait.spec.tls import ServerTls

GRAPH_TIMEOUT = 2.0


class Server(Spec):
    """Where and how the proxy listens."""

    host: str = "127.0.0.1"
    """The address of the data port."""
    port: Annotated[int, Field(ge=0, le=65535)] = 9000
    """The data port; 0 takes a free one."""
    tls: ServerTls | None = None
    """The certificate by which the data port speaks TLS, and no plain HTTP any more."""
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Processes that share the data port."""
    details: bool = False
    """Whether callers that are not on loopback see addresses and errors of parts."""
    limits: Limits = Limits()
    """Bounds on what clients may send, and on how long they may take."""
    access_log: AccessLog = AccessLog()
    """Which requests are written down, and where."""
    admin_host: str = "127.0.0.1"
    """The address of the admin port; any but a loopback one needs a token of its own, by `PLAIT_ADMIN_TOKEN`."""
    admin_port: AdminPort = 9001
    """The admin port; 0 takes a free one, `off` has none: the file is served as it is at the start."""
    state: Folder = ".plait"
    """The folder of revisions and the token, from the file's folder on."""
    store: StoreUrl | None = None
    """`postgresql://…`: revisions that many proxies share; by default they are in the state folder."""
    allow_local: bool = False
    """Whether changes by the admin API may newly name code, local paths and environment variables."""
    open_metrics: bool = False
    """Whether `/metrics` of the admin port needs no token."""
    rollback: RollbackSpec | None = None
    """When a revision is taken back by itself (default: never)."""


class GraphDefaults(Spec):
    """Options of graphs that do not give their own."""

    timeout: Duration = GRAPH_TIMEOUT


class Defaults(Spec):
    """Options for those that do not give their own."""

    predictor: PredictorDefaults = PredictorDefaults()
    graph: GraphDefaults = GraphDefaults()


class GraphOptions(Spec):
    """What a graph may say besides its root node."""

    model_config = ConfigDict(protected_namespaces=())

    route: Route | None = None
    """Its URL path; by default `/predict` for the graph `predict`, else `/predict/<name>`."""
    timeout: Duration | None = None
    """How long an answer may take in all (default 2s)."""
    request_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    """JSON Schema of the request."""
    sample: Json = None
    """An example request."""
    rules: Many[Rule] = ()
    """What is done about results; all that hold act, in order."""
    late: Literal["keep", "drop"] = "drop"
    """What becomes of calls that are under way when an answer is partial at the timeout: `keep` goes on with them, as a job."""
    description: str = ""
    """One line for whoever reads the metadata."""


OPTIONS = frozenset(field.alias or key for key, field in GraphOptions.model_fields.items())


def _split(value: Any) -> Any:
    """Part a graph's own options from its root node, which stand in one mapping."""
    if isinstance(value, str):
        return {"root": value}
    if not isinstance(value, dict):
        return value
    # What the first node's kind calls its own is the node's: the `sample` of a shadow.
    own = frozenset[str]().union(*(own_fields(BY_KEY[key]) for key in kinds_in(value)))
    options = {key: value[key] for key in value if key in OPTIONS - own}
    return {**options, "root": {key: value[key] for key in value if key not in options}}


class GraphSpec(GraphOptions):
    """A named composition."""

    root: Node

    @property
    def has_sample(self) -> bool:
        """Whether a sample was given; null may be one."""
        return "sample" in self.model_fields_set


Graph = Annotated[GraphSpec, BeforeValidator(_split)]


class Config(Spec):
    """All that a file says."""

    server: Server = Server()
    defaults: Defaults = Defaults()
    predictors: dict[Name, Predictor] = Field(default_factory=dict)
    graphs: dict[Name, Graph] = Field(default_factory=dict)
    sinks: dict[Name, Sink] = Field(default_factory=dict)
    jobs: JobsSpec = JobsSpec()

    def route(self, graph: str) -> str:
        """The URL path of a graph."""
        return self.graphs[graph].route or ("/predict" if graph == "predict" else f"/predict/{graph}")
