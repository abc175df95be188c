"""Why a call failed, as JSON; and the same error from it: the class of the tree that has its code."""

from __future__ import annotations

import msgspec

from plait.client.problems import KINDS
from plait.errors import BadAnswer, Internal, InvalidRequest, PlaitError, Refused


class _Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    code: str
    title: str
    status: int
    detail: str
    node: str = ""
    predictor: str = ""
    endpoint: str = ""
    final: bool = False
    pointer: str = ""
    body: bytes = b""
    answer_status: int | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Failure).decode


def kept(error: PlaitError) -> bytes:
    """All facts of an error."""
    return _encode(
        _Failure(
            error.code,
            error.title,
            error.status,
            error.detail,
            error.node,
            error.predictor,
            error.endpoint,
            error.final,
            error.pointer if isinstance(error, InvalidRequest) else "",
            error.body if isinstance(error, Refused) else b"",
            error.answer_status if isinstance(error, BadAnswer) else None,
        )
    )


def revived(data: bytes) -> PlaitError:
    """The error that was kept.

    Raises:
        msgspec.DecodeError: If the data is none.
    """
    known = _decode(data)
    error = KINDS.get(known.code, Internal)(known.detail)
    error.code, error.title, error.status = known.code, known.title, known.status
    error.node, error.predictor, error.endpoint, error.final = known.node, known.predictor, known.endpoint, known.final
    if isinstance(error, InvalidRequest):
        error.pointer = known.pointer
    if isinstance(error, Refused):
        error.body = known.body
    if isinstance(error, BadAnswer):
        error.answer_status = known.answer_status
    return error
