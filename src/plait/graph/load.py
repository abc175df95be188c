"""Load a configuration: from a file or from the environment alone, with every problem at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from plait.errors import ConfigError, Problem, StartError
from plait.graph.build import MOST_PROBLEMS
from plait.graph.document import Document
from plait.graph.env import as_written, substitute
from plait.graph.problems import in_order, problems_text
from plait.graph.services import override, services, without_file
from plait.graph.spec import Config
from plait.graph.text import LIMIT, Kind, kind_of, parse
from plait.graph.validate import validate
from plait.graph.walk import names_code
from plait.graph.yaml_out import write
from plait.nodes.link import At
from plait.spec.access_log import WORDS
from plait.spec.predictor import Predictor
from plait.spec.sinks import FileSink, SinkSpec


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, and where it comes from.

    Args:
        config: Ready for use: variables replaced, URLs from the environment put in, paths of models absolute.
        document: What the file says, with places; without a file, what one would say.
        warnings: What is odd but does no harm.
        folder: Where relative paths begin.
        written: By text that environment variables are in, what the file says instead.
    """

    config: Config
    document: Document
    warnings: list[str]
    folder: Path
    written: Mapping[str, str] = field(default_factory=dict, repr=False)

    def to_yaml(self) -> str:
        """The file as it was written, `${env.…}` and relative paths too, but without its comments."""
        return write(self.document.data or {})


def load(path: str | Path | None, environ: Mapping[str, str] | None = None) -> Loaded:
    """Load a file, each part of it checked by itself; whether the parts fit together, `load_checked` finds out.

    Args:
        path: The file; with None, `SERVICE_<NAME>` variables say which predictors there are.
        environ: The environment's variables, by default those of this process.

    Raises:
        ConfigError: With every problem of the file.
        StartError: If the file cannot be read, or there is neither a file nor a variable.
    """
    return _sound(_load(path, environ), [])


def load_checked(path: str | Path | None, environ: Mapping[str, str] | None = None) -> Loaded:
    """Load a file, and check it as a whole.

    Raises:
        ConfigError: With every problem of the parts and of the whole.
        StartError: As for `load`.
    """
    return checked(_load(path, environ))


def load_text(
    text: str | bytes, environ: Mapping[str, str], kind: Kind = "yaml", *, source: str = "", folder: Path = Path()
) -> Loaded:
    """Load what is no file yet, checked as a whole.

    Args:
        text: As in a file.
        environ: The environment's variables.
        kind: What it is written in.
        source: What it is called in problems; by default `plait.` and the kind.
        folder: Where relative paths begin.

    Raises:
        ConfigError: With every problem.
    """
    raw = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    return checked(read(parse(raw, kind, source or f"plait.{kind}"), environ, folder))


@dataclass(frozen=True, slots=True)
class Read:
    """What was loaded, sound or not; nothing that it names was opened or imported yet."""

    loaded: Loaded
    problems: list[Problem] = field(default_factory=list)
    unset: frozenset[At] = frozenset()


def checked(read: Read, excluded: Collection[str] = (), more: Sequence[Problem] = ()) -> Loaded:
    """What was read, checked as a whole; only here is code that it names imported, and are files that it names opened.

    Args:
        read: What was read.
        excluded: Predictors to be checked as if they were not enabled.
        more: What else is wrong with it.

    Raises:
        ConfigError: With every problem of the parts and of the whole.
    """
    # The compiler behind the check is only needed from here on.
    from plait.graph.advice import advice  # noqa: PLC0415
    from plait.graph.check import check  # noqa: PLC0415
    from plait.graph.plan import with_excluded  # noqa: PLC0415
    from plait.graph.tls import unusable  # noqa: PLC0415

    # With as many problems as are told, the rest was not read.
    config = with_excluded(read.loaded.config, excluded)
    loaded = _sound(read, [] if len(read.problems) >= MOST_PROBLEMS else [*more, *check(config), *unusable(config)])
    found = advice(config)
    for problem in found:
        problem.line, problem.column = loaded.document.place(problem.place)
    return replace(loaded, warnings=[*loaded.warnings, *problems_text(found, loaded.document.source).splitlines()])


def _sound(read: Read, more: list[Problem]) -> Loaded:
    document = read.loaded.document
    for problem in more:
        problem.line, problem.column = document.place(problem.place)
    # What a variable that is not set leaves behind is no second problem.
    more = [problem for problem in more if problem.place not in read.unset]
    problems = [problem for problem in (*read.problems, *more) if not document.is_broken(problem.place)]
    if problems := [*document.problems, *problems]:
        raise ConfigError(in_order(problems), document.source)
    return read.loaded


def _load(path: str | Path | None, environ: Mapping[str, str] | None) -> Read:
    environ = os.environ if environ is None else environ
    if path is None:
        return _without_file(environ)
    path = Path(path)
    document = parse(file_bytes(path), kind_of(path), str(path))
    return read(document, environ, path.absolute().parent)


def _without_file(environ: Mapping[str, str]) -> Read:
    urls, warnings = services(environ)
    if not any(urls.values()):
        missing = "there is neither a file nor a SERVICE_<NAME>=host:port variable to say which predictors there are"
        raise StartError("; ".join([missing, *warnings]))
    document = Document("SERVICE_<NAME>", without_file(urls))
    config, problems = validate(document.data, document)
    return Read(Loaded(config, document, warnings, Path.cwd()), problems)


def file_bytes(path: Path) -> bytes:
    """What a file says, as far as it may be long.

    Raises:
        StartError: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LIMIT + 1)
    except (OSError, ValueError) as exc:
        raise StartError(f"cannot read {path}: {(getattr(exc, 'strerror', None) or str(exc)).lower()}") from None


def read(document: Document, environ: Mapping[str, str], folder: Path) -> Read:
    """What a document says, each part of it checked by itself.

    Args:
        document: The data, as written, and the places that are known.
        environ: The environment's variables.
        folder: Where relative paths begin.
    """
    problems: list[Problem] = []
    unset: set[At] = set()

    def report(at: At, message: str, hint: str) -> None:
        problems.append(document.problem(at, message, hint))
        unset.add(at)

    data = substitute(document.data, environ, report)
    written = as_written(document.data, data)
    urls, ignored = services(environ)
    data, unused = override(data, urls, document.source)
    config, found = validate(data, document)
    if names_code(config) and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    problems += [problem for problem in found if problem.place not in unset]
    return Read(Loaded(_with_paths(config, folder), document, [*ignored, *unused], folder, written), problems, frozenset(unset))


def _with_paths(config: Config, folder: Path) -> Config:
    """The same with absolute paths of models, of certificates, of sinks, of the access log and of the state folder."""
    absolute = {name: _with_path(spec, folder) for name, spec in config.predictors.items()}
    tls, log = config.server.tls, config.server.access_log
    server = config.server.model_copy(update={"state": str(folder / config.server.state)})
    if tls:
        server = server.model_copy(update={"tls": tls.within(folder)})
    if log.to not in WORDS:
        server = server.model_copy(update={"access_log": log.model_copy(update={"to": str(folder / log.to)})})
    sinks: dict[str, SinkSpec] = {
        name: sink.model_copy(update={"file": str(folder / sink.file)}) if isinstance(sink, FileSink) else sink
        for name, sink in config.sinks.items()
    }
    return config.model_copy(update={"predictors": absolute, "sinks": sinks, "server": server})


def _with_path(spec: Predictor, folder: Path) -> Predictor:
    found = {"model": spec.model and str(folder / spec.model), "tls": spec.tls and spec.tls.within(folder)}
    given = {key: value for key, value in found.items() if value}
    return spec.model_copy(update=given) if given else spec
