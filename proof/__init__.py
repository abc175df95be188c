"""The figures that plait promises, measured by seed: `make proof`, `python -m proof --help`."""

from __future__ import annotations

import sys
from pathlib import Path

# The benchmark's helpers are scripts beside each other; whoever runs these proofs is in the same checkout.
sys.path.append(str(Path(__file__).parents[1] / "bench"))
