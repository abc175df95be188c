"""One run of a graph with rules: hears each part, takes the result, and answers once what was promised is durable."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from plait.errors import PlaitError, Responded, fault
from plait.rules.changing import changed
from plait.rules.doing import Doing
from plait.rules.telling import Found
from plait.types import Context, Message

if TYPE_CHECKING:
    from plait.clock import Bucket
    from plait.events import Acted, Part
    from plait.graph.rules import BoundRule, BoundRules
    from plait.rules.acting import Acting
    from plait.types import Leaf, Sink, Started

GRACE = 0.02
"""Seconds after the deadline in which a promise may still become durable."""
DECIDED = 0.05
"""Seconds that an answer waits to hear whether a match was the one that counts."""
_NULL = Message(b"null")

_encode = msgspec.json.Encoder().encode


class Ruling:
    """A run under way: the sink of the graph's call.

    Args:
        call: The graph's.
        graph: Its name.
        rules: Those of it.
        acting: Where they act.
        ctx: Where the call stands.
    """

    __slots__ = (
        "_acting", "_alarm", "_call", "_ctx", "_doing", "_due", "_index", "_next", "_outcome", "_patient", "_responded", "_result",
        "_rules", "_seen", "_sink", "_started", "_stopping", "_undecided",
    )  # fmt: skip

    def __init__(self, call: Leaf, graph: str, rules: BoundRules, acting: Acting, ctx: Context) -> None:
        self._call = call
        self._rules = rules
        self._acting = acting
        self._ctx = ctx
        self._doing = Doing(graph, ctx.run, acting, self._fewer)
        self._sink: Sink | None = None
        self._index = 0
        self._started: Started | None = None
        self._result: Message | None = None
        self._seen: Context | None = None
        self._next = 0  # which rule on the result comes next
        self._responded: Responded | None = None
        self._outcome: Message | PlaitError | None = None
        self._undecided: dict[asyncio.Future[bool], BoundRule] = {}
        self._patient = True
        self._stopping = False
        self._due: Bucket | None = None

    def begin(self, message: Message, sink: Sink, index: int) -> None:
        """Call the graph."""
        run = self._ctx.run
        self._sink, self._index = sink, index
        self._doing.begin()
        if self._rules.parts and run.first is None:
            run.subscribers = (*run.subscribers, self._part)
        self._started = self._call.start(message, self._ctx, self, 0)

    def cancel(self) -> None:
        """Stop the graph's call; what was promised is kept."""
        started = self._close()
        if started is not None:
            started.cancel()

    # The sink of the graph's call.

    def answered(self, index: int, message: Message) -> None:  # noqa: ARG002 - there is one index
        """There is a result."""
        if self._open:
            self._result = message
            self._seen = self._view(message)
            self._go_on()

    def failed(self, index: int, error: PlaitError) -> None:  # noqa: ARG002 - there is one index
        """There is none, and nothing for rules to look at."""
        if self._open:
            self._end(error)

    # Rules that hold.

    @property
    def _open(self) -> bool:
        """Whether nothing has decided yet what is answered."""
        return self._sink is not None and self._outcome is None

    def _part(self, part: Part) -> None:
        """A part has ended."""
        output = part.output
        if output is None or not self._open:
            return
        key, ctx = part.key, None
        for rule in self._rules.parts:
            if rule.only is None or rule.only == key:
                ctx = ctx or Context(self._ctx.run, self._ctx.deadline, {"part": Message(_encode(key))})
                self._look(Found(rule, key, output), ctx)
        if self._responded is not None and self._outcome is None:
            self._respond(self._responded)

    def _go_on(self) -> None:
        """Look at the result with one rule after the other."""
        rules = self._rules.results
        while self._open and self._result is not None and self._seen is not None and not self._depends:
            if self._next == len(rules):
                self._end(self._responded or self._result)
                return
            rule = rules[self._next]
            self._next += 1
            self._look(Found(rule, "", self._result), self._seen)
        if self._open and self._depends:
            now = self._acting.clock.now()
            self._wait(min(now + DECIDED, max(self._ctx.deadline, now + GRACE)))

    @property
    def _depends(self) -> bool:
        """Whether the answer depends on a match of which nobody knows yet whether it counts."""
        return self._patient and any(rule.changes for rule in self._undecided.values())

    def _view(self, result: Message) -> Context:
        """What rules on the result see."""
        run = self._ctx.run
        named = dict.fromkeys(self._rules.keys, _NULL)
        for part in run.parts:
            if part.key in named and part.output is not None:
                named[part.key] = part.output
        named["result"] = result
        return Context(run, self._ctx.deadline, named)

    def _look(self, found: Found, ctx: Context) -> None:
        rule, doing, request = found.rule, self._doing, self._ctx.run.message
        try:
            if not rule.when(ctx, request, found.message):
                return
            if rule.counts is not None:
                self._count(found, ctx)
            else:
                self._act(found, ctx, changes=True)
        except Exception as exc:  # noqa: BLE001 - whatever is wrong with a rule, the answer comes all the same
            doing.failed(rule, doing.acted(rule, found.key), _why(exc))

    def _count(self, found: Found, ctx: Context) -> None:
        found, decided = self._doing.count(found, ctx)
        if decided.done():
            self._decide(found, ctx, decided, changes=True)
            return
        self._undecided[decided] = found.rule
        decided.add_done_callback(partial(self._decided, found, ctx))

    def _decided(self, found: Found, ctx: Context, decided: asyncio.Future[bool]) -> None:
        """It is known whether a match counts."""
        changes = self._open and self._depends_on(decided)
        del self._undecided[decided]
        self._decide(found, ctx, decided, changes=changes)
        if found.key and self._responded is not None and self._open:
            self._respond(self._responded)
        self._fewer()

    def _depends_on(self, decided: asyncio.Future[bool]) -> bool:
        return self._patient and self._undecided[decided].changes

    def _decide(self, found: Found, ctx: Context, decided: asyncio.Future[bool], *, changes: bool) -> None:
        acts = not decided.cancelled() and decided.exception() is None and decided.result()
        if acts:
            self._act(found, ctx, changes=changes)
        else:
            self._doing.saw(found.rule, acted=False)

    def _act(self, found: Found, ctx: Context, *, changes: bool) -> None:
        """Do all that a rule says; what cannot be done keeps nothing else from it."""
        rule, doing = found.rule, self._doing
        doing.saw(rule, acted=True)
        acted = doing.acted(rule, found.key)
        doing.promise(found, acted)
        if not rule.changes:
            return
        if not changes:
            doing.failed(rule, acted, "it was known too late that it acts for the answer to be changed")
            return
        try:
            self._change(found, ctx, acted)
        except Exception as exc:  # noqa: BLE001 - as above
            doing.failed(rule, acted, _why(exc))

    def _change(self, found: Found, ctx: Context, acted: Acted) -> None:
        rule, request, result = found.rule, ctx.run.message, self._result
        output = found.message if found.key else None
        if (rule.set or rule.drop) and result is not None:
            values = [(way, template(ctx, request, output).raw) for way, template in rule.set]
            self._result = Message(changed(result.raw, values, rule.drop), complete=result.complete)
            ctx.named["result"] = self._result  # the rules that follow see it so
            acted.did += [what for what, said in (("set", rule.set), ("drop", rule.drop)) if said]
        if rule.respond is not None and self._responded is None:
            status, body = rule.respond
            raw = body(ctx, request, output).raw
            self._responded = responded = Responded(f"the rule {rule.name} has answered", status, raw, rule.name)
            responded.complete = found.key != "" or result is None or result.complete
            acted.did.append("respond")

    def _respond(self, responded: Responded) -> None:
        """Answer now, whatever is still under way; the call that has just told of its part is not stopped before it has gone on."""
        self._outcome, self._stopping = responded, True
        self._wait_no_more()
        asyncio.get_running_loop().call_soon(self._stop)

    def _stop(self) -> None:
        started, self._started, self._stopping = self._started, None, False
        if started is not None:
            started.cancel()
        self._settle()

    # The end.

    def _end(self, outcome: Message | PlaitError) -> None:
        self._outcome = outcome
        self._started = None
        self._settle()

    def _fewer(self) -> None:
        """Something is awaited no more."""
        if self._outcome is not None:
            self._settle()
        elif self._result is not None and not self._depends:
            self._wait_no_more()
            self._go_on()

    def _settle(self) -> None:
        """Answer, unless a promise is awaited for which there is still time."""
        sink, outcome = self._sink, self._outcome
        if sink is None or outcome is None or self._stopping:
            return
        now = self._acting.clock.now()
        if self._doing.awaited or any(rule.promises for rule in self._undecided.values()):
            if self._due is None:
                self._wait(max(self._ctx.deadline, now + GRACE))
            return
        self._answer(sink, outcome)

    def _answer(self, sink: Sink, outcome: Message | PlaitError) -> None:
        self._close()
        if isinstance(outcome, Message):
            sink.answered(self._index, outcome)
        else:
            sink.failed(self._index, outcome)

    def _close(self) -> Started | None:
        """Hear and say nothing more, and let go of the run, which knows of this: contexts hide such circles from the collector."""
        started, self._sink, self._started = self._started, None, None
        run = self._ctx.run
        run.subscribers = tuple(each for each in run.subscribers if each != self._part)
        self._doing.close()
        self._wait_no_more()
        return started

    def _wait(self, moment: float) -> None:
        if self._due is None:
            self._due = self._acting.clock.at(moment, self)

    def _wait_no_more(self) -> None:
        due, self._due = self._due, None
        if due is not None:
            due.pop(self, None)

    def expire(self) -> None:
        """It was waited long enough: for whether a match counts, or for promises to be durable."""
        self._due = None
        if self._outcome is None:
            self._patient = False
            self._go_on()
        elif self._sink is not None:
            self._doing.given_up()
            self._answer(self._sink, self._outcome)


def _why(exc: Exception) -> str:
    """What went wrong, for whoever wrote the rule."""
    return exc.detail if isinstance(exc, PlaitError) else fault(exc).detail
