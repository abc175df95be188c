"""plait schema: the JSON Schema of the file."""

from __future__ import annotations

import json


def schema() -> None:
    """Print the JSON Schema of plait.yaml, for editors and checks."""
    from plait.graph.schema import json_schema  # noqa: PLC0415 - commands import when they run

    print(json.dumps(json_schema(), indent=2))  # noqa: T201
