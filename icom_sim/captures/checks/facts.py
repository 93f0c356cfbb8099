"""What the control stream of a session has told so far, for the checks of all."""

from dataclasses import dataclass, field

from icom_proto.codes import Stream
from icom_proto.packets import RadioRecord, StreamRequest


@dataclass(slots=True)
class Facts:
    """None, empty or False: not said yet, or not recorded."""

    login_at: float | None = None
    accepted: bool = False
    login_refused: bool = False
    connection: bytes = b""
    radios: tuple[RadioRecord, ...] = ()
    request: StreamRequest | None = None
    granted_at: float | None = None
    refused_at: float | None = None
    in_use: bool = False  # the radio's notice said so
    ports: dict[Stream, int] = field(default_factory=dict)
    answers_lost: int = 0  # of what the radio sent on control
    token_removed: bool = False
    goodbye_at: float | None = None  # of the client, on control
