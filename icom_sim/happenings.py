"""What the fake radio tells beyond the events of the core: what the rig did.

A `Happening` is everything a listener may be told, in the order in which it happened.
"""

from dataclasses import dataclass
from typing import TypeAlias

from icom_proto.events import Output


@dataclass(frozen=True, slots=True)
class CivHandled:
    """A frame of the client, and what the rig answered: nothing, if it was silent."""

    frame: bytes
    answers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CivPushed:
    """A frame that nobody asked for: somebody touched the front panel."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class PttChanged:
    """The rig began or ceased to transmit, for whatever reason."""

    transmitting: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """The radio goes on, but without something that it was asked for."""

    message: str


Happening: TypeAlias = Output | CivHandled | CivPushed | PttChanged | Trouble
