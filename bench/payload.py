"""What is sent and what the predictors answer: 100 bytes each."""

from __future__ import annotations

import json

NAMES = ("setosa", "versicolor", "virginica")
PATH = "/predict"
REQUEST = b'{"data":[[5.1,3.5,1.4,0.2],[4.9,3.0,1.4,0.2],[7.0,3.2,4.7,1.4],[6.3,3.3,6.0,2.5],[5.8,2.7,5.1,1.9]]}'
# Two numbers and a text: a proxy that decodes and encodes its answers, as njs does, pays little for that.
ANSWER = b'{"prediction":[0.2897033989429474,0.710296630859375],"model":"iris, support vectors","version":"12"}'


def is_right(body: bytes) -> bool:
    """Whether a proxy's answer is that of all three predictors, by name."""
    try:
        return bool(json.loads(body) == dict.fromkeys(NAMES, json.loads(ANSWER)))
    except ValueError:
        return False
