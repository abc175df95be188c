"""Train the three Iris models and write them as ONNX: support vector classifiers, one class against the rest each.

Run it from anywhere: `python examples/iris/train.py`. Label 0 is the class itself and 1 the others, so that the first probability
says how likely the class is.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from skl2onnx import to_onnx
from skl2onnx.helpers.onnx_helper import add_output_initializer  # noqa: F401
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC
