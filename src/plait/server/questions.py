"""What the control process asks workers, and what they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plait.server.snapshot import snapshot

if TYPE_CHECKING:
    from plait.server.serve import Worker


def answer(worker: Worker, question: dict[str, Any]) -> dict[str, Any]:
    """The answer to one question, by its `what`; what is not understood, by an older worker say, has an empty one."""
    what = question.get("what")
    if what == "snapshot":
        return snapshot(worker)
    if what == "answers" and worker.reconciler is not None:
        return {"answers": worker.reconciler.lasting.remembered.answers(str(question.get("request_id")))}
    return {}
