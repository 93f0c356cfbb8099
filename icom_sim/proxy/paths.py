"""A way through the relay for each stream of each client, with a socket of its own.

So the radio sees each client as somebody else, as it would without the relay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from icom_proto.codes import Stream
from icom_proto.events import Address

# Three for each client, and a radio has one; more are ports that somebody scans.
PATHS_MAX: Final = 192
# Clients ping several times a second, kappanhang every three.
IDLE_S: Final = 60.0


@dataclass(slots=True, eq=False)
class Path:
    """From a client's port to the radio's. `local_port` is that of our own socket."""

    number: int
    stream: Stream
    client: Address
    remote: Address
    heard_at: float
    local_port: int | None = None
    is_answered: bool = False


class Paths:
    """All that are open."""

    def __init__(self) -> None:
        self._number = 0
        self._by_number: dict[int, Path] = {}
        self._by_client: dict[tuple[Stream, Address], Path] = {}

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[Path]:
        return iter(tuple(self._by_number.values()))

    def numbered(self, number: int) -> Path | None:
        return self._by_number.get(number)

    def of(self, stream: Stream, client: Address) -> Path | None:
        return self._by_client.get((stream, client))

    def open(
        self, stream: Stream, client: Address, remote: Address, now: float
    ) -> Path:
        self._number += 1
        path = Path(self._number, stream, client, remote, now)
        self._by_number[path.number] = self._by_client[stream, client] = path
        return path

    def close(self, path: Path) -> None:
        del self._by_number[path.number]
        del self._by_client[path.stream, path.client]

    def in_excess(self) -> Path | None:
        """The one that was silent longest, if there is no room for another.

        The radio answers its clients, and not those who scan ports.
        """
        if len(self) < PATHS_MAX:
            return None
        paths = self._by_number.values()
        return min(paths, key=lambda path: (path.is_answered, path.heard_at))
