"""What is done about an attempt that is silent: another one takes its place, or a copy is sent beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from plait.spec.policies import TIMEOUT
from plait.upstream.again import repeat
from plait.upstream.copy import Copy

if TYPE_CHECKING:
    from plait.upstream.call import Call


def watch(call: Call, now: float) -> None:
    """Come back to an attempt that begins now, if it is silent for too long."""
    if call.repeats.shared:
        left = call.repeats.retry.attempts - call.attempts + 1
        if left > 1:  # an equal part of the time, as long as another one may follow
            call.at(now + (call.deadline - now) / left, partial(_has_had_its_share, call, now))
    if call.repeats.hedged and call.attempts == 1:
        call.began = now
        moment = now + call.upstream.hedge_after(call.repeats, now)
        if moment < call.deadline:
            call.at(moment, partial(_hedge, call))


def _has_had_its_share(call: Call, sent: float) -> None:
    """The attempt of that moment may have the rest of the time if nobody pays for another."""
    if call.replica is None or call.sent != sent or call.copy is not None:
        return
    now = call.upstream.clock.now()
    if call.repeats.retry.allows(TIMEOUT, call.attempts) and repeat(call, now, 0.0):
        call.drop(now, blamed=True)


def _hedge(call: Call) -> None:
    """It takes long: send it a second time, if another copy is paid for."""
    upstream, now = call.upstream, call.upstream.clock.now()
    if call.replica is None or call.attempts != 1 or not upstream.may_hedge(call.repeats, now):
        return
    replica = upstream.fleet.pick(now, call.tried)
    if replica is None:
        upstream.limit.cut()
        return
    call.attempts += 1
    call.tried += (replica,)
    data = replica.endpoint.codec.encode(call.message, call.run, call.deadline - now)
    call.copy = Copy(call, replica, now, data)
    call.copy.send()
