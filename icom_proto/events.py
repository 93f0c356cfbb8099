"""What the core tells its user, and what it wants sent. Every class is frozen.

`poll_output()` of any part returns one of these or None, in the order in which things
happened. `Transmit` and `TransmitBlock`, which is several at once, ask for something;
the rest are events. Reasons are enums with a sentence per member, so that nobody has to
parse text.
"""

from enum import Enum
from typing import NamedTuple

from icom_proto.codes import Codec, Stream
from icom_proto.packets import RadioRecord
from icom_proto.quick_dataclass import dataclass


class Address(NamedTuple):
    """Where a datagram came from. The core compares and returns it, and sends nowhere
    else. The radio compares `host` alone where several streams must come from one
    machine, and `port` with those that the client named, and tells others the host."""

    host: str
    port: int


class Transmit(NamedTuple):
    """Send these bytes now. `address` is None in the client role: the radio's port."""

    stream: Stream
    data: bytes
    address: Address | None = None


class TransmitBlock(NamedTuple):
    """Send these now, several datagrams one behind the other in `data`: each of `size`
    bytes, the last one of what is left. A kernel with UDP_SEGMENT takes them at once.

    Comes only from a radio that was asked to join the datagrams of its audio.
    """

    stream: Stream
    data: bytes
    address: Address | None
    size: int

    def parts(self) -> list[Transmit]:
        """The same, one by one."""
        stream, data, address, size = self
        return [
            Transmit(stream, data[at : at + size], address)
            for at in range(0, len(data), size)
        ]


class CloseReason(Enum):
    """Why a link or a session ended; the value is the sentence shown to a person."""

    LOCAL = "closed by this side"
    PEER_DISCONNECT = "the other side said goodbye"
    NO_ANSWER = "nothing answered at this address and port"
    SILENCE = "the other side fell silent"
    BAD_CREDENTIALS = "user name or password refused"
    LOGIN_REFUSED = "the radio refused the login"
    LOGIN_TIMEOUT = "the radio did not answer the login"
    NO_CAPABILITIES = "the radio did not list its capabilities"
    NO_SUCH_RADIO = "no radio of that identity behind this address"
    BUSY = "the radio is in use by another client"
    STREAMS_REFUSED = "the radio refused the streams"
    NO_OPUS = "this radio has no Opus: only wfview servers do"
    STREAMS_TIMEOUT = "the radio did not answer the stream request"
    DATA_PORTS_DEAD = "CI-V or audio port does not answer: an old session may hold it"
    LEASE_LOST = "the radio stopped renewing the session"
    FORCED = "the radio closed the streams"
    REPLACED = "a newer login took the place of this one"


class IgnoredWhy(Enum):
    """Why a datagram had no effect."""

    SHORT = "shorter than a header"
    BAD_LENGTH = "length field does not match the datagram"
    UNKNOWN_TYPE = "unknown packet type"
    WRONG_RECEIVER = "receiver id is not ours"
    WRONG_SENDER = "sender id is not the peer's"
    MALFORMED = "body does not fit its layout"
    UNEXPECTED = "not allowed in this state"
    STRANGER = "from an address without a session"
    TOO_MANY = "a limit was reached"
    WRONG_TOKEN = "token or token request is not this session's"


@dataclass(frozen=True, slots=True)
class PacketIgnored:
    """A datagram was dropped. `data` holds at most its first 64 bytes."""

    stream: Stream
    why: IgnoredWhy
    data: bytes


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The handshake of one stream is done."""

    stream: Stream
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """The last event of a link."""

    stream: Stream
    reason: CloseReason
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class DataReceived:
    """A tracked datagram came for the first time. Only a link used alone says so."""

    stream: Stream
    seq: int
    data: bytes


@dataclass(frozen=True, slots=True)
class PeerResynchronised:
    """The peer's sequence numbers jumped or began again; none between are awaited."""

    stream: Stream
    expected_seq: int
    seq: int


@dataclass(frozen=True, slots=True)
class GapGivenUp:
    """A missing number was asked for in vain; nothing more will be done about it."""

    stream: Stream
    seq: int


# ---- client role ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The radio accepted the login. `connection` is "FTTH" from radios."""

    connection: str


@dataclass(frozen=True, slots=True)
class RadiosListed:
    """The capabilities: what the login may use."""

    radios: tuple[RadioRecord, ...]


@dataclass(frozen=True, slots=True)
class RadioBusy:
    """Another client holds the radio. `computer` may be empty: some models hide it."""

    computer: str
    ip_address: str


@dataclass(frozen=True, slots=True)
class StreamsGranted:
    """The radio named its ports. Rates in Hz; codec NONE where a direction is off."""

    radio: RadioRecord
    civ_port: int
    audio_port: int
    rx_codec: Codec
    rx_rate_hz: int
    tx_codec: Codec
    tx_rate_hz: int


@dataclass(frozen=True, slots=True)
class CivOpened:
    """CI-V flows: the first CI-V datagram after an open arrived."""


@dataclass(frozen=True, slots=True)
class SessionReady:
    """Every stream asked for is up; commands may be sent."""


@dataclass(frozen=True, slots=True)
class LeaseRenewed:
    """The radio extended the session."""


@dataclass(frozen=True, slots=True)
class StreamsClosed:
    """CI-V and audio ended while the login lives on (forced disconnect)."""

    reason: CloseReason


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """The last event of a client connection. `detail` never holds a credential."""

    reason: CloseReason
    detail: str = ""


class CivAnswered(NamedTuple):
    """`frame` answers request `request_id`: data, or FB for a write."""

    request_id: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class CivRefused:
    """The radio answered request `request_id` with FA: unknown, wrong or not now."""

    request_id: int


@dataclass(frozen=True, slots=True)
class CivExpired:
    """No answer to request `request_id` within its time."""

    request_id: int


@dataclass(frozen=True, slots=True)
class CivFrameReceived:
    """A CI-V frame that answers nothing: transceive, scope, or a late answer.

    In the radio role: a frame from the client.
    """

    frame: bytes


@dataclass(frozen=True, slots=True)
class AudioReceived:
    """One datagram of audio, in order. `icom_lan` calls it `AudioPacket`.

    `ident` is 0x0080 from clients and varies from radios; `send_seq` counts datagrams;
    `data` is the payload in the negotiated codec.
    """

    ident: int
    send_seq: int
    data: bytes


@dataclass(frozen=True, slots=True)
class AudioLost:
    """`count` audio datagrams from `first_seq` on did not come in time."""

    first_seq: int
    count: int


@dataclass(frozen=True, slots=True)
class AudioSent:
    """A block that had waited for its time left; `queued_s` seconds still wait."""

    queued_s: float


# ---- radio role ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClientLoggedIn:
    """A client gave the right user name and password."""

    address: Address
    computer: str


@dataclass(frozen=True, slots=True)
class ClientRefused:
    """A login or a stream request was turned down."""

    address: Address
    reason: CloseReason


@dataclass(frozen=True, slots=True)
class ClientGranted:
    """The streams now belong to this client, in these formats."""

    address: Address
    computer: str
    rx_codec: Codec
    rx_rate_hz: int
    tx_codec: Codec
    tx_rate_hz: int
    tx_buffer_ms: int


@dataclass(frozen=True, slots=True)
class ClientCivOpened:
    """The owner opened the flow of CI-V."""

    address: Address


@dataclass(frozen=True, slots=True)
class ClientCivClosed:
    """The owner stopped the flow of CI-V."""

    address: Address


@dataclass(frozen=True, slots=True)
class ClientAudioStarted:
    """The owner's audio stream answers: RX audio may be sent from now on."""

    address: Address


@dataclass(frozen=True, slots=True)
class ClientAudioStopped:
    """RX audio need not be sent any more."""

    address: Address


@dataclass(frozen=True, slots=True)
class ClientLeft:
    """The last event of a client's session at the radio."""

    address: Address
    computer: str
    reason: CloseReason


Output = (
    Transmit
    | TransmitBlock
    | PacketIgnored
    | LinkUp
    | LinkClosed
    | DataReceived
    | PeerResynchronised
    | GapGivenUp
    | LoggedIn
    | RadiosListed
    | RadioBusy
    | StreamsGranted
    | CivOpened
    | SessionReady
    | LeaseRenewed
    | StreamsClosed
    | SessionClosed
    | CivAnswered
    | CivRefused
    | CivExpired
    | CivFrameReceived
    | AudioReceived
    | AudioLost
    | AudioSent
    | ClientLoggedIn
    | ClientRefused
    | ClientGranted
    | ClientCivOpened
    | ClientCivClosed
    | ClientAudioStarted
    | ClientAudioStopped
    | ClientLeft
)
