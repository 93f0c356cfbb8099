"""Where a radio takes orders: a path, or on systems without them a port of loopback.

A path has an owner and permissions. Any user of this machine can connect to a port.
"""

import os
import re
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

HAS_UNIX: Final = getattr(socket, "AF_UNIX", None) is not None
VARIABLE: Final = "ICOM_SIM_CONTROL"
DEFAULT_PORT: Final = 50009

_TCP = re.compile(r"([^/\\:]+):(\d{1,5})")
_LOOPBACK = re.compile(r"localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}")


class ControlError(Exception):
    """Nobody can give or take orders there: one line with the address and a way out."""


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A socket in the file system."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A port of this machine alone."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


ControlAddress: TypeAlias = UnixAddress | TcpAddress


def parse_address(text: str, *, unix: bool = HAS_UNIX) -> ControlAddress:
    """What was typed. Raises ControlError."""
    tcp = _TCP.fullmatch(text)
    if unix:
        if tcp is not None:
            raise ControlError(
                f"a control address is a path, not {text!r}: anybody on this machine"
                f" could use a port (./{text} is a path)"
            )
        if not text or "\0" in text:
            raise ControlError(f"a control address is a path, not {text!r}")
        return UnixAddress(text)
    if tcp is None or int(tcp[2]) > 0xFFFF:
        raise ControlError(f"a control address is 127.0.0.1:PORT, not {text!r}")
    if not _LOOPBACK.fullmatch(tcp[1]):
        raise ControlError(f"orders are taken on 127.0.0.1 only, not on {tcp[1]!r}")
    return TcpAddress(tcp[1], int(tcp[2]))


def default_address(
    environment: Mapping[str, str], *, unix: bool = HAS_UNIX
) -> ControlAddress:
    """The one in the environment, else one for each user. Raises ControlError."""
    given = environment.get(VARIABLE)
    if given:
        return parse_address(given, unix=unix)
    if not unix:
        return TcpAddress("127.0.0.1", DEFAULT_PORT)
    runtime = environment.get("XDG_RUNTIME_DIR")
    if runtime:
        return UnixAddress(str(Path(runtime, "icom-sim.sock")))
    return UnixAddress(str(Path(tempfile.gettempdir(), f"icom-sim-{os.getuid()}.sock")))
