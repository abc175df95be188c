"""Train the three Iris models and write them as ONNX: support vector classifiers, one class against the rest each.

Run it from anywhere: `python examples/iris/train.py`. Label 0 is the class itself and 1 the others, so the first probability says
how likely the class is.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from onnx.helper import set_model_props
from skl2onnx import to_onnx
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC

CLASSES = ("setosa", "versicolor", "virginica")
SAMPLE = [[1.0, 2.0, 3.0, 4.0]]
SEED = 42

FOLDER = Path(__file__).resolve().parent / "models"
_OPSET = 17  # of 2022: any onnxruntime that is still in use reads it


def flowers() -> tuple[Any, Any]:
    """The 150 flowers: sepal length, sepal width, petal length, petal width in cm; and the index of each one's class."""
    data, classes = load_iris(return_X_y=True)
    return data, classes


def train(name: str) -> CalibratedClassifierCV:
    """The classifier of one class against the others.

    Scikit-learn's default support vector classifier, with Platt's probabilities from five folds: since scikit-learn 1.9 this takes
    the place of `SVC(probability=True)`. The seed only shuffles the folds.
    """
    data, classes = flowers()
    others = (classes != CLASSES.index(name)).astype(int)
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    return CalibratedClassifierCV(SVC(), ensemble=False, cv=folds).fit(data, others)


def export(model: CalibratedClassifierCV, name: str) -> bytes:
    """The ONNX file of a classifier, with the name, version, description and sample that its predictor tells of itself."""
    with warnings.catch_warnings():
        # The converter reads attributes of SVC that scikit-learn means to remove in 1.11.
        warnings.simplefilter("ignore", FutureWarning)
        row = np.array(SAMPLE, dtype=np.float32)
        onnx = to_onnx(model, row, name=f"iris_{name}", options={"zipmap": False}, target_opset=_OPSET)
    about = {
        "name": name,
        "version": "1",
        "description": f"How likely an iris is {name} (0) or another species (1), from the cm of its sepal and petal.",
        "sample": json.dumps(SAMPLE),
    }
    set_model_props(onnx, about)
    exported: bytes = onnx.SerializeToString(deterministic=True)
    return exported


def main() -> None:
    """Write the three files."""
    FOLDER.mkdir(exist_ok=True)
    data, classes = flowers()
    models = {name: train(name) for name in CLASSES}
    for name, model in models.items():
        path = FOLDER / f"{name}.onnx"
        path.write_bytes(export(model, name))
        print(f"{path.name}: {path.stat().st_size} bytes")
    best = np.argmax([model.predict_proba(data)[:, 0] for model in models.values()], axis=0)
    print(f"The most probable of the three is right for {np.mean(best == classes):.1%} of the flowers.")


if __name__ == "__main__":
    main()
