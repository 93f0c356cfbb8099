"""A radio with some knobs turned, and what it puts on the wire.

`shows` says of a test which knobs it shows there; a test of the list of knobs reads it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from foreign_client import CONFIG, ForeignClient, RadioBench
from forge import of
from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType, Stream
from icom_proto.events import Output, Transmit
from icom_proto.link_dialect import LinkDialect
from icom_proto.packets import Header
from icom_proto.radio_config import RadioConfig

Test = TypeVar("Test", bound=Callable[..., None])


def shows(*knobs: str) -> Callable[[Test], Test]:
    """Mark a test: it fails where one of these knobs makes no difference."""
    assert knobs
    return lambda test: test


def config_with(**knobs: object) -> RadioConfig:
    """The usual radio, with these knobs of its links turned."""
    return replace(CONFIG, links=LinkDialect(**knobs))  # type: ignore[arg-type]


def client_of(**knobs: object) -> ForeignClient:
    """A client that has said nothing yet, of such a radio; `.bench` has the radio."""
    return RadioBench(config_with(**knobs)).client()


def sent(outputs: Iterable[Output], stream: Stream | None = None) -> list[bytes]:
    """The datagrams that left, on one stream or on all."""
    return [
        output.data
        for output in of(Transmit, outputs)
        if stream in (None, output.stream)
    ]


def headers(
    outputs: Iterable[Output], kind: PacketType, stream: Stream | None = None
) -> list[Header]:
    """The headers of one type of what left. Length fields may be wrong."""
    found = [Header.decode(data) for data in sent(outputs, stream)]
    return [header for header in found if header.type == kind]


def numbers(
    outputs: Iterable[Output], kind: PacketType, stream: Stream | None = None
) -> list[int]:
    """The numbers of the packets of one type that left."""
    return [header.seq for header in headers(outputs, kind, stream)]


def idle_numbers(outputs: Iterable[Output], stream: Stream) -> list[int]:
    """The numbers of the idles that left."""
    return [
        Header.decode(data).seq
        for data in sent(outputs, stream)
        if len(data) == HEADER_SIZE and Header.decode(data).type == PacketType.DATA
    ]
