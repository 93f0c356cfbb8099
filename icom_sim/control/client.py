"""Giving orders to a radio that runs, and hearing its events. Blocking, for scripts."""

import json
import socket
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Final, Self

from icom_sim.control.addresses import ControlAddress, ControlError, UnixAddress

# An order is carried out at once; a radio that needs longer has stopped.
ANSWER_S: Final = 10.0


class OrderRefusedError(Exception):
    """The radio will not: one line of its own."""


class ControlClient:
    """A connection to a running radio; `with ControlClient(address) as radio:`.

    Raises ControlError on entering: no radio takes orders there.
    """

    def __init__(self, address: ControlAddress) -> None:
        self._address = address

    def __enter__(self) -> Self:
        address = self._address
        family = socket.AF_UNIX if isinstance(address, UnixAddress) else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.settimeout(ANSWER_S)
        try:
            if isinstance(address, UnixAddress):
                self._socket.connect(address.path)
            else:
                self._socket.connect((address.host, address.port))
        except OSError as error:
            self._socket.close()
            reason = error.strerror or str(error)
            raise ControlError(
                f"no radio takes orders at {address} ({reason}): start one with"
                f" icom-sim serve --control {address}"
            ) from error
        self._lines = self._socket.makefile("rb")
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._socket.close()

    def order(self, action: str, arguments: Mapping[str, object]) -> object:
        """What came of it. Raises OrderRefusedError and ControlError."""
        request = json.dumps({"action": action, "arguments": arguments})
        try:
            self._socket.sendall(request.encode() + b"\n")
            line = self._lines.readline()
        except TimeoutError as error:
            raise ControlError(
                f"the radio at {self._address} did not answer in {ANSWER_S:g} s"
            ) from error
        except OSError as error:
            raise self._lost() from error
        return self._result(line)

    def events(self) -> Iterator[str]:
        """Each event as a line of JSON, until the radio ends. Raises ControlError."""
        self.order("events", {})
        self._socket.settimeout(None)
        try:
            for line in self._lines:
                if line.startswith(b'{"ok"'):  # then it says why no more will come
                    self._result(line)
                yield line.decode().rstrip("\n")
        except OSError as error:
            raise self._lost() from error

    # inside

    def _result(self, line: bytes) -> object:
        if not line:
            raise self._lost()
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        match answer:
            case {"ok": True, "result": result}:
                return result
            case {"ok": False, "error": str(error)}:
                raise OrderRefusedError(error)
            case _:
                raise ControlError(f"what answers at {self._address} is no radio")

    def _lost(self) -> ControlError:
        return ControlError(f"the radio at {self._address} ended the connection")
