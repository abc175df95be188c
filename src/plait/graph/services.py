"""Predictors from `SERVICE_<NAME>` variables: over a file's, or all there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.spec.address import parse_service
from plait.spec.fields import name as valid_name

PREFIX = "SERVICE_"
SAMPLE = {"data": [[1.0, 2.0, 3.0, 4.0]]}


def services(environ: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The predictors that the environment names, in the order of names.

    Returns:
        The URL of each, empty if its variable is; and a warning for each variable that names none. Kubernetes sets such by itself.
    """
    found: dict[str, str] = {}
    warnings = []
    for variable in sorted(key for key in environ if key.startswith(PREFIX)):
        name = variable.removeprefix(PREFIX).lower()
        if name in found:
            warnings.append(f"{variable} is ignored: another variable names {name} too")
            continue
        try:
            found[_name(name)] = _url(environ[variable])
        except ValueError as exc:
            warnings.append(f"{variable} is ignored: {exc}")
    return dict(sorted(found.items())), warnings


def _name(name: str) -> str:
    try:
        return valid_name(name)
    except ValueError:
        raise ValueError("what follows SERVICE_ is no name for a predictor") from None


def _url(value: str) -> str:
    try:
        return value and parse_service(value)
    except ValueError as exc:
        raise ValueError(f"its value {exc}") from None


def without_file(urls: Mapping[str, str]) -> dict[str, Any]:
    """What a file would say for these predictors: all at once as `predict`, and the likeliest as `label`."""
    names = [name for name, url in urls.items() if url]
    label = [
        {"parallel": names, "merge": {"argmax": "output.prediction[0]"}},
        {"transform": {"prediction": {"proba": "${input.score}", "label": "${input.label}"}}},
    ]
    return {
        "predictors": {name: {"url": urls[name]} for name in names},
        "graphs": {"predict": {"parallel": names, "sample": SAMPLE}, "label": {"sequence": label, "sample": SAMPLE}},
    }


def override(data: Any, urls: Mapping[str, str], source: str) -> tuple[Any, list[str]]:
    """A file's data with these URLs in place of its predictors' own; an empty one takes the predictor out.

    Returns:
        The data, changed in a copy; and a warning for each variable whose predictor the file lacks.
    """
    predictors = data.get("predictors") if isinstance(data, dict) else None
    known = predictors if isinstance(predictors, dict) else {}
    changed = {name: _changed(known[name], url) for name, url in urls.items() if name in known}
    warnings = [f"{PREFIX}{name.upper()} is ignored: {source} has no predictor {name}" for name in urls if name not in known]
    return ({**data, "predictors": {**known, **changed}} if changed else data), warnings


def _changed(predictor: Any, url: str) -> Any:
    if not isinstance(predictor, dict):
        return predictor
    if not url:
        return {**predictor, "enabled": False}
    return {**{key: value for key, value in predictor.items() if key != "urls"}, "url": url}
