"""plait predictor: a server for one model."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def predictor(
    model: Annotated[str | None, typer.Argument(help="The model's file, such as iris.onnx.", show_default="MODEL_FILEPATH")] = None,
    name: Annotated[
        str | None, typer.Option(help="What the predictor is called.", show_default="NAME, else the model's own")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="HOST, else 127.0.0.1")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.", show_default="PORT, else 8000")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="The version that it says it is.", show_default="MODEL_VERSION, else the model's own")
    ] = None,
) -> None:
    """Serve one model until SIGTERM or Ctrl-C."""
    from plait.cli.logs import log, to_stderr  # noqa: PLC0415 - commands import when they run
    from plait.cli.parent import end_with_parent  # noqa: PLC0415
    from plait.predictor_server.service import opened, service  # noqa: PLC0415
    from plait.predictor_server.settings import settings  # noqa: PLC0415
    from plait.server.serve import Terms, run  # noqa: PLC0415
    from plait.server.sockets import listen, url_of  # noqa: PLC0415

    end_with_parent()
    chosen = settings(os.environ, model, name, host, port, version)
    to_stderr(chosen.log_level, as_json=chosen.log_json)
    sock = listen(chosen.host, chosen.port)
    application = service(chosen)
    run(lambda _: opened(application), sock, lambda _: log.info("serving %s on %s", chosen.model, url_of(sock)), Terms())
