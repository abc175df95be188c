"""The base of every node kind: the options that all share, and what a kind must give."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from plait.nodes.cache import CacheSpec
from plait.spec.base import Spec
from plait.spec.fields import Duration, Json, Name
from plait.spec.policies import HedgeSpec, RetrySpec

if TYPE_CHECKING:
    from plait.nodes.link import Child, Link
    from plait.types import Call

Arrangement = Literal["row", "stack", "choice", "turns", "frame", "beside"]
"""One after the other; all at once; one of them; each if the one before does not do; repeated; the first, and copies of it."""


class NodeSpec(Spec):
    """A node of a graph. Its kind is the one key that names what it does; the options may stand beside it."""

    kind: ClassVar[str]
    summary: ClassVar[str]
    parts: ClassVar[tuple[type[Spec], ...]] = ()
    """The specs of its own that hold nodes, such as the cases of a switch."""
    arrangement: ClassVar[Arrangement] = "stack"
    """How a picture places its children."""
    onward: ClassVar[str] = ""
    """Of children taken in turns: when the next one is asked, in a few words."""

    name: Name | None = None
    """What later steps, parts and errors call this node."""
    timeout: Duration | None = None
    """How long the calls in this node may take together."""
    input: Json = Field(default=None)
    """A template that this node gets instead of the previous output."""
    optional: bool = False
    """Its failure leaves null and marks the answer incomplete."""
    when: str | None = None
    """CEL: the node runs only if this holds. Else a step passes its input through, and a branch is left out."""
    on_error: Literal["skip"] | None = None
    """`skip`, for steps only: its failure passes its input through and marks the answer incomplete."""

    cache: CacheSpec | None = None
    """Keep its answers for a while; those who ask the same meanwhile wait for one call."""

    retry: RetrySpec | None = None
    """When a call in this node is made again, in place of what its predictor says."""
    hedge: HedgeSpec | None = None
    """Send a slow call in this node a second time, in place of what its predictor says."""

    @property
    def label(self) -> str:
        """What the node is called among its siblings unless something names it."""
        return self.name or self.kind

    @property
    def has_input(self) -> bool:
        """Whether `input` was given; null is a template too."""
        return "input" in self.model_fields_set

    def longest(self, children: Sequence[float]) -> float:
        """The seconds that its calls may take, from those of its children; one after the other unless a kind says otherwise."""
        return sum(children)

    @property
    def outwaits(self) -> bool:
        """Whether it may answer only once the time around it is up, so that a step behind it has none left for a call."""
        return False

    @property
    def certain(self) -> bool:
        """Whether it always runs and always answers."""
        return self.optional and self.when is None

    def children(self) -> tuple[Child, ...]:
        """The nodes within, in the order of the file."""
        return ()

    def facts(self) -> tuple[str, ...]:
        """What a reader wants to know of this node besides its kind and children, a few words each."""
        return ()

    @abstractmethod
    def bind(self, link: Link) -> Call:
        """The callable that does what this node says, without its options."""
