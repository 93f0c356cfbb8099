"""Where a running radio takes orders: lines in, lines out, and nothing that hurts it.

    async with ControlServer(UnixAddress("radio.sock"), perform) as control:
        ...  # `perform` is called with the name of an action and its arguments
        control.publish('{"event": "ptt", ...}')

Orders are carried out one after the other, each when its line is complete; there is no
task and nothing to wait for.
"""

import asyncio
import errno
import os
import socket
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self, TypeAlias, cast

from icom_sim.actions import ActionError
from icom_sim.control.addresses import ControlAddress, ControlError, UnixAddress
from icom_sim.control.messages import (
    EVENTS,
    LINE_MAX,
    error_line,
    read_request,
    result_line,
)

# A person, a script and a terminal view are three.
CLIENTS_MAX: Final = 16
# What a client has not read: some thousand events. Then it is too slow.
UNREAD_MAX: Final = 1 << 20
# From a connection that waits to one that can be closed, in turns of asyncio's loop.
ACCEPTING_TURNS: Final = 5

Perform: TypeAlias = Callable[[str, Mapping[str, object]], object]


class ControlServer:
    """Takes orders at an address. `perform` may raise ActionError, which is told.

    Raises ControlError on entering: somebody else takes orders there, or nobody may.
    """

    def __init__(self, address: ControlAddress, perform: Perform) -> None:
        self.address = address
        self._perform = perform
        self._clients: list[_Client] = []
        self._all_gone = asyncio.Event()
        self._inode: int | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        address = self.address
        try:
            if isinstance(address, UnixAddress):
                listening = _listen_at(Path(address.path))
                self._inode = os.stat(address.path).st_ino
                self._server = await loop.create_unix_server(
                    self._welcome, sock=listening
                )
            else:
                self._server = await loop.create_server(
                    self._welcome, address.host, address.port
                )
        except OSError as error:
            reason = error.strerror or str(error)
            raise ControlError(f"cannot take orders at {address}: {reason}") from error
        return self

    async def __aexit__(self, *_exception: object) -> None:
        if isinstance(self.address, UnixAddress):
            self._remove(Path(self.address.path))
        # Nobody new can come now. asyncio would leave open what it has accepted only
        # in part when its server closes.
        for _ in range(ACCEPTING_TURNS):
            await asyncio.sleep(0)
        self._server.close()
        for client in tuple(self._clients):
            client.leave()
        while self._clients:
            self._all_gone.clear()
            await self._all_gone.wait()

    @property
    def is_heard(self) -> bool:
        """Whether anybody wants events: else they need not be written."""
        return any(client.wants_events for client in self._clients)

    def publish(self, line: str) -> None:
        """Tell an event, one line of JSON, to all who asked for events."""
        for client in tuple(self._clients):
            if client.wants_events:
                client.tell(line.encode() + b"\n")

    # of its clients

    def enter(self, client: "_Client") -> bool:
        """Whether there is room for one more."""
        if len(self._clients) >= CLIENTS_MAX:
            return False
        self._clients.append(client)
        return True

    def leave(self, client: "_Client") -> None:
        if client in self._clients:
            self._clients.remove(client)
        self._all_gone.set()

    def perform(self, action: str, arguments: Mapping[str, object]) -> object:
        return self._perform(action, arguments)

    # inside

    def _welcome(self) -> "_Client":
        return _Client(self)

    def _remove(self, path: Path) -> None:
        """Unless another radio has put its own socket there meanwhile."""
        with suppress(OSError):
            if path.stat().st_ino == self._inode:
                path.unlink()


class _Client(asyncio.Protocol):
    """One connection: its unfinished line, and whether it wants events."""

    def __init__(self, server: ControlServer) -> None:
        self.wants_events = False
        self._server = server
        self._line = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._server.enter(self):
            self._dismiss(f"{CLIENTS_MAX} clients give orders already")

    def data_received(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._line += line
            if len(self._line) > LINE_MAX:
                break
            request, self._line = bytes(self._line), bytearray()
            if request.strip() and not self._transport.is_closing():
                self.tell(self._answer(request))
        else:
            self._line += rest
        if len(self._line) > LINE_MAX:
            self._dismiss(f"a request is at most {LINE_MAX} bytes long")

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.leave(self)

    def tell(self, line: bytes) -> None:
        """One line. Who does not read is dismissed."""
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > UNREAD_MAX:
            self._dismiss(f"too slow: {UNREAD_MAX} bytes were not read")
        else:
            self._transport.write(line)

    def leave(self) -> None:
        """Close at once, and do not wait for who does not read."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    # inside

    def _answer(self, line: bytes) -> bytes:
        try:
            action, arguments = read_request(line)
            if action == EVENTS:
                self.wants_events = True
                return result_line(None)
            return result_line(self._server.perform(action, arguments))
        except ActionError as error:
            return error_line(str(error))

    def _dismiss(self, reason: str) -> None:
        self.wants_events = False
        self._line.clear()
        self._transport.write(error_line(reason))
        self._transport.close()


def _listen_at(path: Path) -> socket.socket:
    """A socket of ours alone in the file system. Raises ControlError and OSError."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        try:
            listening.bind(str(path))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            _remove_left_over(path)
            listening.bind(str(path))
        # Nobody can connect before it listens, which asyncio begins.
        path.chmod(0o600)
    except BaseException:
        listening.close()
        raise
    return listening


def _remove_left_over(path: Path) -> None:
    """The socket of a process that was killed. Raises ControlError if it lives."""
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise ControlError(f"cannot take orders at {path}: there is another file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(1.0)
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise ControlError(
        f"another radio takes orders at {path}: end it, or give another path"
    )
