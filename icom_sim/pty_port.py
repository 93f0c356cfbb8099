"""A rig on a pseudo-terminal: the serial CI-V port that programs like Hamlib open.

    with PtyPort(server.touch) as port:       # beside a fake radio that runs
        print(port.path)

Reads bytes however they are cut, and answers frame by frame; what the front panel
causes and sweeps of the scope (in divisions) come in between. Nothing is held for a
program that does not read: like a serial line, the port drops what does not fit. Not
for Windows, which has no pseudo-terminals.
"""

import asyncio
import contextlib
import os
import pty
import tty
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Protocol, Self, TypeVar

from icom_proto.civ_frames import CivSplitter
from icom_sim.rig.ports import Port
from icom_sim.rig.rig import Rig

_READ_SIZE = 4096
# What waits for a reader: a few sweeps of the scope in divisions.
WAITING_MAX = 16_384
# Whoever else touches the rig may start or stop timers; they are looked at this often.
_LOOK_S = 0.1

T = TypeVar("T")


class RigAccess(Protocol):
    """How a port gets at its rig, for instance `RadioServer.touch`."""

    def __call__(self, use: Callable[[Rig], T], /) -> T: ...


Listener = Callable[[bytes, tuple[bytes, ...]], None]


class PtyPort:
    """A pseudo-terminal, from entering to leaving; needs a running event loop.

    Args:
        access: Gives us the rig.
        echo: Send each accepted frame back before its answer, as a CI-V bus does.
        listener: Is told each frame and its answers; it must not call back.
    """

    def __init__(
        self,
        access: RigAccess,
        *,
        echo: bool = False,
        listener: Listener | None = None,
    ) -> None:
        self._access, self._echo, self._listener = access, echo, listener
        self._splitter = CivSplitter()
        self._waiting = b""
        self.dropped = 0  # frames that nobody made room for

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        # The far end stays open: else a program that closes it would end the port.
        self._near, self._far = pty.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self._loop.add_reader(self._near, self._on_readable)
        self._access(_forget)
        self._timer = self._loop.call_soon(self._on_time)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        self._loop.remove_reader(self._near)
        self._loop.remove_writer(self._near)
        self._access(lambda rig: rig.scope.stop(Port.USB))
        os.close(self._near)
        os.close(self._far)

    @property
    def path(self) -> str:
        """What programs are told to open."""
        return os.ttyname(self._far)

    # inside

    def _on_readable(self) -> None:
        try:
            data = os.read(self._near, _READ_SIZE)
        except BlockingIOError:
            return
        for frame in self._splitter.feed(data, self._loop.time()):
            self._on_frame(frame)
        self._send_unsolicited()

    def _on_frame(self, frame: bytes) -> None:
        now = self._loop.time()
        echoed, answers = self._access(partial(_handle, frame, now))
        if self._echo and echoed:
            self._send(frame)
        for answer in answers:
            self._send(answer)
        if self._listener is not None:
            self._listener(frame, tuple(answers))

    def _on_time(self) -> None:
        now = self._loop.time()
        due = self._access(partial(_advance, now))
        self._send_unsolicited()
        latest = now + _LOOK_S
        at = latest if due is None else min(latest, due)
        self._timer = self._loop.call_at(at, self._on_time)

    def _send_unsolicited(self) -> None:
        for frame in self._access(_take):
            self._send(frame)

    def _send(self, frame: bytes) -> None:
        """Whole frames or nothing: a piece of one would spoil the next."""
        if len(self._waiting) + len(frame) > WAITING_MAX:
            self.dropped += 1
            return
        self._waiting += frame
        self._write()

    def _write(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._waiting = self._waiting[os.write(self._near, self._waiting) :]
        if self._waiting:
            self._loop.add_writer(self._near, self._write)
        else:
            self._loop.remove_writer(self._near)


def _handle(frame: bytes, now: float, rig: Rig) -> tuple[bool, list[bytes]]:
    """Whether it is echoed, and the answers."""
    return rig.echoes(frame), rig.handle_frame(frame, now, Port.USB)


def _advance(now: float, rig: Rig) -> float | None:
    rig.handle_timeout(now)
    return rig.next_timeout()


def _take(rig: Rig) -> list[bytes]:
    frames = []
    while (frame := rig.poll_unsolicited(Port.USB)) is not None:
        frames.append(frame)
    return frames


def _forget(rig: Rig) -> None:
    """What came before anybody could hear it."""
    _take(rig)
