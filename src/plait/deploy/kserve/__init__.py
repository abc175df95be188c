"""KServe's InferenceGraph as a file of plait's; docs/kserve.md says what maps to what."""

from __future__ import annotations

from plait.deploy.kserve.convert import Imported, import_graph, import_text

__all__ = ["Imported", "import_graph", "import_text"]
