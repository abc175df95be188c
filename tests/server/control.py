"""Stands for the control process: sends what its first argument says, tells what it hears, and ends with its line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from socket import recv_fds, socket

from plait.server.frames import framed, read


def main() -> None:
    script, _, line = sys.argv[1:]
    steps = json.loads(Path(script).read_text())
    Path(script).write_text(json.dumps(steps[1:] or steps))  # the next process goes on
    sock = socket(fileno=int(line))
    orders, descriptors, _, _ = recv_fds(sock, 1 << 16, 1)
    if not orders:
        return
    listener = socket(fileno=descriptors[0])
    with Path(script).with_suffix(".begun").open("a") as file:
        file.write(json.dumps({**json.loads(orders), "port": listener.getsockname()[1]}) + "\n")
    for kind, body in steps[0]:
        if kind == "end":
            sys.exit(body)
        if kind == "hear":
            frame = read(sock, 20)
            heard = {"kind": frame.kind, "body": frame.read(object)} if frame else {}
            with Path(script).with_suffix(".heard").open("a") as file:
                file.write(json.dumps(heard) + "\n")
        else:
            sock.settimeout(20)
            sock.sendall(framed(kind, body, 1))
    read(sock, 60)


main()
