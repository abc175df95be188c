"""How the control process is started; it imports no more than that, so that the process can import while this one does."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import msgspec

from plait.errors import StartError

PROGRAM = (sys.executable, "-m", "plait.cli.control")


@dataclass(slots=True)
class Control:
    """A control process and our end of the line to it."""

    process: subprocess.Popen[bytes]
    line: socket.socket

    def dismiss(self) -> None:
        """End it: it is not needed."""
        self.line.close()
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True, slots=True)
class Launch:
    """What a control process is told to begin with.

    Args:
        state: The state folder.
        file: The file, if there is one.
        server: What that says of the server, as JSON.
        sock: Where the admin API listens; it stays open here, so that who comes while the process starts again has to wait only.
        program: Its command.
    """

    state: str
    file: str | None
    server: msgspec.Raw
    sock: socket.socket
    program: tuple[str, ...] = PROGRAM

    def start(self) -> Control:
        """Start one.

        Raises:
            StartError: If the system has no room for it.
        """
        control = started(self.program)
        self.begin(control)
        return control

    def begin(self, control: Control) -> None:
        """Have one that was started begin."""
        orders = msgspec.json.encode({"state": self.state, "file": self.file, "server": self.server})
        with suppress(ConnectionError):  # it has ended, as will be seen
            socket.send_fds(control.line, [orders], [self.sock.fileno()])


def started(program: tuple[str, ...] = PROGRAM) -> Control:
    """A control process that imports what it needs, and waits for what it is told.

    Raises:
        StartError: If the system has no room for it.
    """
    try:
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as stack:
            stack.enter_context(ours)
            process = subprocess.Popen(  # noqa: S603 - plait itself
                [*program, "--line", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C reaches the main process only, which then ends the others in order
            )
            stack.pop_all()
    except OSError as exc:
        raise StartError(f"the control process cannot be started: {(exc.strerror or str(exc)).lower()}") from None
    return Control(process, ours)
