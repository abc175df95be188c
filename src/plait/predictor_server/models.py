"""Open a model, whatever kind it is of."""

from __future__ import annotations

from plait.errors import StartError
from plait.predictor_server.model import Model


def open_model(path: str) -> Model:
    """The model in a file.

    Raises:
        StartError: If there is none, or what runs it is not installed.
    """
    try:
        from plait.predictor_server import onnx  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise StartError("ONNX models need onnxruntime: pip install 'plait[onnx]'") from None
    return onnx.load(path)
