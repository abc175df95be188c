"""What a file says of one predictor."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from plait.spec.address import Address, parse_url
from plait.spec.base import Spec
from plait.spec.control import FeedbackSpec, Version
from plait.spec.fields import Duration, FieldName, FieldValue, Many, Name, Target
from plait.spec.policies import Balance, Eject, EjectSpec, HealthSpec, HedgeSpec, LimitSpec, RetrySpec, repeats
from plait.spec.tls import PredictorTls

TIMEOUT = 1.0
CONNECT_TIMEOUT = 0.5
NOT_TWICE = "must not reach it twice, says `idempotent: false`; leave out the hedge, and all but `connect` of the retry"


def _valid_url(text: str) -> str:
    parse_url(text)
    return text


Url = Annotated[str, AfterValidator(_valid_url)]


def _once(fields: dict[str, str]) -> dict[str, str]:
    names = [name.lower() for name in fields]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"has the field {twice} twice; capitals make no other name")
    if "traceparent" in names:
        raise ValueError("has the field traceparent, which is passed on from the client; leave it out")
    return fields


class Predictor(Spec):
    """The service that serves one model."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["url"]}, {"required": ["urls"]}]})

    url: Url | None = None
    """Where it answers: `http://host:port` or `https://…`, with the path of its inference call if that is not `/predict`;
    `dns+http://…` is every address of the host, kept fresh."""
    urls: Annotated[Many[Url], Field(max_length=1000)] = ()
    """The same of each of its replicas, in place of `url`."""
    tls: PredictorTls | None = None
    """Whom an `https` predictor is believed by, and how plait shows who it is."""
    model: str | None = None
    """The model's file, from which `plait up` starts this predictor at its URL."""
    protocol: Literal["json"] = "json"
    """How it wants to be asked."""
    path: Target | None = None
    """The whole path of the inference call; by default the URL's, else `/predict`."""
    timeout: Duration | None = None
    """How long one call may take (default 1s)."""
    connect_timeout: Duration | None = None
    """How long connecting may take (default 500ms, never longer than the call)."""
    headers: Annotated[dict[FieldName, FieldValue], AfterValidator(_once)] = Field(default_factory=dict)
    """Header fields added to every call."""
    forward_headers: Many[FieldName] = ()
    """Header fields of the client that this predictor may see."""
    pass_status: Many[Literal[400, 413, 415, 422]] = (400, 413, 415, 422)
    """Statuses by which it says that the request is wrong; they are passed on."""
    retry: RetrySpec | None = None
    """When a call is made again (default: up to 3 attempts while it was never sent)."""
    hedge: HedgeSpec | None = None
    """Send a slow call a second time, to another replica where there is one (default: never)."""
    idempotent: bool | None = None
    """Whether a call may reach it twice: true also repeats it after a broken connection, 502, 503 and 504; false only what never
    was sent."""
    limit: LimitSpec | None = None
    """How many calls may be in flight (default: found out)."""
    balance: Balance | None = None
    """Which replica gets a call: `p2c` (default), of two drawn the less loaded by calls in flight and latency; `least_loaded`, of
    all by calls in flight; `round_robin`."""
    eject: Eject | None = None
    """When a replica that fails gets no calls for a while (default: 4 failures in a row, or half of the latest); false is never."""
    health: HealthSpec | None = None
    """Probes of its replicas (default: none)."""
    version: Version | None = None
    """The version of what runs there, compared whole with what others need and with what the predictor's `/metadata` says."""
    needs: dict[Name, Version] = Field(default_factory=dict)
    """The version that each of these predictors must have while this one is asked: coupled models change together."""
    enforce: bool = False
    """Whether a revision is refused while the predictor's `/metadata` says another version; otherwise that is only shown."""
    feedback: FeedbackSpec | None = None
    """How answers are compared with the truth that `POST /feedback` brings."""
    enabled: bool = True
    """False takes the predictor out: a parallel answers as if it had no such branch."""
    description: str = ""
    """One line for whoever reads the file."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.url is None and not self.urls:
            raise ValueError('needs url; add url: "http://host:port"')
        if self.url is not None and self.urls:
            raise ValueError("has both url and urls; leave one of them out")
        addresses = self.addresses
        if len(set(addresses)) < len(self.urls):
            raise ValueError("has the same replica twice; name each once")
        if self.tls is not None and not all(address.tls for address in addresses):
            raise ValueError("has tls, but its url is plain http; write the url as https://host:port, or leave tls out")
        if self.enforce and self.version is None:
            raise ValueError("enforces a version that it does not name; add version: …, or leave enforce out")
        if self.idempotent is False and repeats(self.retry, self.hedge):
            raise ValueError(NOT_TWICE)
        return self

    @property
    def places(self) -> tuple[str, ...]:
        """Its URLs."""
        return (self.url,) if self.url else self.urls

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Host, port and path of each of its URLs."""
        return tuple(map(parse_url, self.places))


class PredictorDefaults(Spec):
    """Options of predictors that do not give their own."""

    timeout: Duration = TIMEOUT
    connect_timeout: Duration = CONNECT_TIMEOUT
    retry: RetrySpec | None = None
    hedge: HedgeSpec | None = None
    limit: LimitSpec = LimitSpec()
    balance: Balance = "p2c"
    eject: Eject = EjectSpec()
    health: HealthSpec | None = None

    def of(self, predictor: Predictor) -> PredictorDefaults:
        """What holds for a predictor: what it gives of its own, and these."""
        own = {key: getattr(predictor, key) for key in type(self).model_fields}
        return self.model_copy(update={key: value for key, value in own.items() if value is not None})
