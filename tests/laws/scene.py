"""A graph and those who play in it: predictors that answer, fail or stay silent when they like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from plait.errors import BadAnswer, Overloaded, PlaitError, Refused, Unreachable
from plait.nodes.ask import Receiver
from plait.testing import FakePredictor, GraphRun, run_graph
from plait.testing.fakes import FakeCall
from plait.types import Message, Run

Node = dict[str, Any]
REQUEST = {"q": 1, "items": [2, 0, 1]}
DEADLINE = 0.6
ECHO = "echo"
PER_UNIT = 0.013_701_1
FAILURES: dict[str, Callable[[], PlaitError]] = {
    "bad-answer": lambda: BadAnswer("it answered with status 500", 500),
    "unreachable": lambda: Unreachable("the connection was refused"),
    "overloaded": lambda: Overloaded("the waiting line is full"),
    "refused": lambda: Refused("it says that the request is wrong", 422, b"{}"),
}


@dataclass(frozen=True)
class Behaviour:
    """What one predictor does.

    Args:
        name: The predictor's.
        answer: What it answers; ECHO for what it was asked.
        fails: Whether it does, by what it was asked.
        failure: The code of its failures.
        after: Seconds until it answers or fails; None for never. A larger number takes longer.
        timeout: Seconds that one call may take.
    """

    name: str
    answer: Any
    fails: Callable[[Any], bool]
    failure: str
    after: float | None
    timeout: float

    def delay(self, value: Any) -> float | None:
        """Seconds until it answers or fails, if it does."""
        more = value % 5 if isinstance(value, int) else 0
        return None if self.after is None else self.after + PER_UNIT * more

    def says(self, value: Any) -> Any:
        """What it answers to a value; its error if it fails."""
        if self.fails(value):
            return FAILURES[self.failure]()
        return value if self.answer == ECHO else self.answer


class Actor(FakePredictor):
    """A predictor that plays a behaviour."""

    def __init__(self, one: Behaviour) -> None:
        super().__init__(one.name, timeout=one.timeout)
        self._one = one

    def ask(self, message: Message, run: Run, now: float, deadline: float, receiver: Receiver) -> FakeCall:
        self._after = self._one.delay(message.value)
        return super().ask(message, run, now, deadline, receiver)

    def outcome(self, message: Message) -> Message | PlaitError:
        said = self._one.says(message.value)
        return said if isinstance(said, PlaitError) else Message.of(said)


@dataclass
class Scene:
    """A node as a file has it, with the graphs that it uses, and a predictor of its own for each place that calls one."""

    node: Node = field(default_factory=dict)
    graphs: dict[str, Node] = field(default_factory=dict)
    cast: list[Behaviour] = field(default_factory=list)
    nodes: int = 0
    labels: int = 0
    leaves_out: bool = True

    def play(self, node: Any = None, more: dict[str, Any] | None = None, **how: Any) -> GraphRun:
        """Run the node, or another one of the same predictors, as a graph."""
        root = {"timeout": f"{DEADLINE * 1000:.0f}ms", "sequence": [self.node if node is None else node]}
        return run_graph({"predict": root, **self.graphs, **(more or {})}, list(map(Actor, self.cast)), REQUEST, **how)
