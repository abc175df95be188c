"""All that is asked of the store of jobs, each in a transaction."""

from __future__ import annotations

from plait.jobs.store import claiming, looking, messages, running, sweeping, taking


class Statements:
    """By name; whoever asks has not loaded what they are made of."""

    add = staticmethod(taking.add)
    retry = staticmethod(taking.retry)
    begin = staticmethod(running.begin)
    part = staticmethod(running.part)
    finish = staticmethod(running.finish)
    release = staticmethod(running.release)
    forsake = staticmethod(running.forsake)
    cancel = staticmethod(running.cancel)
    renew = staticmethod(running.renew)
    claim = staticmethod(claiming.claim)
    hold = staticmethod(claiming.hold)
    leave = staticmethod(claiming.leave)
    job = staticmethod(looking.job)
    parts = staticmethod(looking.parts)
    slice_of = staticmethod(looking.slice_of)
    listed = staticmethod(looking.listed)
    counts = staticmethod(looking.counts)
    sweep = staticmethod(sweeping.sweep)
    promise = staticmethod(messages.promise)
    claim_outgoing = staticmethod(messages.claim_outgoing)
    sent = staticmethod(messages.sent)
    postpone = staticmethod(messages.postpone)
    drop = staticmethod(messages.drop)
    waiting = staticmethod(messages.waiting)
    disable = staticmethod(messages.disable)
    disabled = staticmethod(messages.disabled)
