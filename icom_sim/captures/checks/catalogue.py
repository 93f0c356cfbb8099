"""The checks, by number: L for links, S for sessions, C for CI-V, A for audio.

A number stays with its rule for good: people ignore checks by it.
"""

from icom_sim.captures.checks.findings import BOTH, CLIENT, RADIO, Check, Severity
from icom_sim.dialects.knobs import Fidelity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_OBSERVED, _INFERRED = Fidelity.OBSERVED, Fidelity.INFERRED
_ASSUMED = Fidelity.ASSUMED

# ---- links ---------------------------------------------------------------------------

KNOWN = Check(
    "L1", "Each datagram is a packet of the protocol", BOTH, _ERROR, "2.1", _OBSERVED
)
LENGTH = Check(
    *("L2", "The length field is the size of the datagram; pings may have 0", BOTH),
    *(_ERROR, "2.1, 2.6", _OBSERVED),
)
HANDSHAKE_NUMBERS = Check(
    *("L3", "Calls have number 0, readiness 0 or 1 and its answer the same", BOTH),
    *(_WARNING, "2.2-2.4", _OBSERVED),
)
CALL_FIRST = Check(
    *("L4", "A client sends nothing on a stream before its call is answered", CLIENT),
    *(_ERROR, "7.1", _INFERRED),
)
IDS = Check(
    *("L5", "Each datagram has the sender's id and that of the receiver", BOTH),
    *(_ERROR, "1.3, 2.1", _OBSERVED),
)
LOSS = Check(
    *("L6", "No datagram of this side is lost on the way", BOTH),
    *(_WARNING, "5.1", _OBSERVED),
)
ORDER = Check(
    *("L7", "Datagrams of this side come in order, and once", BOTH),
    *(_WARNING, "5.1", _OBSERVED),
)
NUMBER_ONCE = Check(
    *("L8", "A number stands for one packet, also when it is sent again", BOTH),
    *(_ERROR, "4.1", _OBSERVED),
)
GAP_ASKED = Check(
    *("L9", "A side that asks for missing numbers asks for each", BOTH),
    *(_WARNING, "5.1", _INFERRED),
)
REQUEST_ANSWERED = Check(
    *("L10", "Requests for repetition are answered, be it by an idle", BOTH),
    *(_ERROR, "5.2", _OBSERVED),
)
ASKED_EXISTS = Check(
    *("L11", "Only numbers that were sent are asked for", BOTH),
    *(_ERROR, "5.1", _INFERRED),
)
ASKED_SELDOM = Check(
    *("L12", "A number is asked for sixteen times at most", BOTH),
    *(_WARNING, "5.1", _INFERRED),
)
REQUEST_FORM = Check(
    *("L13", "Requests are single, or lists of pairs that all understand", BOTH),
    *(_WARNING, "2.7", _OBSERVED),
)
PING_ANSWERED = Check(
    *("L14", "Pings are answered", BOTH, _ERROR, "2.6, 7.1", _OBSERVED)
)
PING_ECHOED = Check(
    *("L15", "The answer to a ping has its number and its clock", BOTH),
    *(_ERROR, "2.6", _OBSERVED),
)
PING_CADENCE = Check(
    *("L16", "Pings go out at least every 5 s", BOTH, _WARNING, "6", _OBSERVED)
)
IDLE_CADENCE = Check(
    *("L17", "On control and CI-V idles fill pauses of more than 2.5 s", BOTH),
    *(_WARNING, "6", _OBSERVED),
)
NOT_SILENT = Check(
    *("L18", "Nobody falls silent for 5 s without a goodbye", BOTH),
    *(_ERROR, "6, 7.1", _OBSERVED),
)
GOODBYE_LAST = Check(
    *("L19", "After its goodbye on a stream a side begins nothing new there", BOTH),
    *(_ERROR, "2.8, 7.1", _INFERRED),
)
NO_STORM = Check(
    *("L20", "At most 100 calls, requests and pings a second on a stream", BOTH),
    *(_WARNING, "6", _ASSUMED),
)
CALL_ANSWERED = Check(*("L21", "A call is answered", RADIO, _ERROR, "2.3", _OBSERVED))

# ---- sessions ------------------------------------------------------------------------

RESPONSE_FIRST = Check(
    *("S1", "The login response is the first numbered packet, with number 1", RADIO),
    *(_ERROR, "2.11, 7.1", _OBSERVED),
)
TOKEN_REQUEST = Check(
    *("S2", "The login's token request is not 0", CLIENT, _WARNING, "2.9", _INFERRED)
)
INNER_RISES = Check(
    *("S3", "The inner number rises by one with each request", CLIENT),
    *(_ERROR, "2.9", _OBSERVED),
)
ANSWER_ECHOES = Check(
    *("S4", "Answers have inner number and token request of the question", RADIO),
    *(_ERROR, "2.9", _OBSERVED),
)
TOKEN_USED = Check(
    *("S5", "Requests after the login carry the token that the radio gave", CLIENT),
    *(_ERROR, "2.9", _OBSERVED),
)
ANSWERED = Check(
    *("S6", "Requests on control are answered within 3 s", RADIO),
    *(_ERROR, "2.12, 7.3", _OBSERVED),
)
LOGIN_REPEATED = Check(
    *("S7", "A login that is not answered is sent again, as a new packet", CLIENT),
    *(_ERROR, "7.2", _INFERRED),
)
LOGIN_ACCEPTED = Check(
    *("S8", "The login is accepted", CLIENT, _ERROR, "2.11", _OBSERVED)
)
NO_SECOND_TRY = Check(
    *("S9", "Refused credentials are not tried again", CLIENT),
    *(_ERROR, "7.2", _INFERRED),
)
AUDIO_OFFERED = Check(
    *("S10", "The capabilities offer audio: none is in somebody else's use", RADIO),
    *(_WARNING, "2.13", _OBSERVED),
)
GRANTED = Check(
    *("S11", "The stream request is granted", RADIO, _ERROR, "2.16", _OBSERVED)
)
REFUSED_STAYS_OFF = Check(
    *("S12", "A client that was refused keeps away from CI-V and audio", CLIENT),
    *(_ERROR, "7.2", _INFERRED),
)
ASKED_ONCE = Check(
    *("S13", "Streams are asked for once while they are open", CLIENT),
    *(_ERROR, "2.16", _OBSERVED),
)
RADIO_NAMED = Check(
    *("S14", "The stream request names the radio as the capabilities do", CLIENT),
    *(_ERROR, "2.10.1, 2.15", _OBSERVED),
)
CODECS_ALLOWED = Check(
    *("S15", "Codecs and rates are those a radio can have, and offered", CLIENT),
    *(_WARNING, "2.13, 8.1", _OBSERVED),
)
TX_BUFFER = Check(
    *("S16", "The TX buffer is at most 500 ms: above, radios stay mute", CLIENT),
    *(_WARNING, "8.6", _OBSERVED),
)
PORTS_TOLD = Check(
    *("S17", "A grant tells the CI-V port", RADIO, _ERROR, "2.16", _OBSERVED)
)
PORTS_USED = Check(
    *("S18", "The client calls the ports that it was told", CLIENT),
    *(_WARNING, "1.1, 2.16", _OBSERVED),
)
GRANT_NOTICE = Check(
    *("S19", "A grant is followed by the notice that the radio is in use", RADIO),
    *(_WARNING, "2.14", _OBSERVED),
)
RENEWED = Check(
    *("S20", "The token is renewed at least every 70 s", CLIENT),
    *(_ERROR, "6", _OBSERVED),
)
RENEWAL_GRANTED = Check(
    *("S21", "Renewals are granted", RADIO, _ERROR, "2.12", _OBSERVED)
)
TOKEN_REMOVED = Check(
    *("S22", "A client that leaves removes its token first", CLIENT),
    *(_ERROR, "2.12, 7.2", _OBSERVED),
)
GOODBYE_EVERYWHERE = Check(
    *("S23", "A client that leaves says so on each of its streams", CLIENT),
    *(_ERROR, "2.8, 7.2", _OBSERVED),
)
RADIO_STOPS = Check(
    *("S24", "The radio stops within 2 s of the client's goodbye", RADIO),
    *(_ERROR, "7.3", _INFERRED),
)
PAYLOAD_SIZE = Check(
    *("S25", "The payload size of a control packet is its length less 16", BOTH),
    *(_ERROR, "2.9", _OBSERVED),
)
CODES = Check(
    *("S26", "Requests are marked 01, answers 02 and notices 03", BOTH),
    *(_WARNING, "2.9", _OBSERVED),
)
SECRETS = Check(
    *("S27", "The password stands in the login only, and as its passcode", CLIENT),
    *(_ERROR, "2.10, 3", _OBSERVED),
)
FIELDS_CLEAN = Check(
    *("S28", "Reserved bytes of requests are zero", CLIENT),
    *(_WARNING, "2.9-2.15", _OBSERVED),
)

# ---- CI-V ----------------------------------------------------------------------------

OPEN_FIRST = Check(
    *("C1", "CI-V is opened before it is used, and not used once closed", CLIENT),
    *(_ERROR, "2.17, 7.3", _OBSERVED),
)
CIV_WHILE_OPEN = Check(
    *("C2", "The radio sends CI-V only while it is open", RADIO),
    *(_ERROR, "7.3", _INFERRED),
)
CIV_LENGTH = Check(
    *("C3", "The data length of CI-V is that of its bytes", BOTH),
    *(_ERROR, "2.18", _OBSERVED),
)
CIV_NUMBERS = Check(
    *("C4", "The inner number of CI-V rises by one with each packet", BOTH),
    *(_WARNING, "4.4", _OBSERVED),
)
WHOLE_FRAMES = Check(
    *("C5", "CI-V datagrams hold whole frames, FE FE to FD", BOTH),
    *(_WARNING, "9", _OBSERVED),
)
CIV_ANSWERED = Check(
    *("C6", "The radio answers CI-V: not a word for 2 s and 5 questions", RADIO),
    *(_ERROR, "7.3, 9", _OBSERVED),
)
ECHO = Check(
    *("C7", "What the radio echoes, the client has sent", RADIO),
    *(_WARNING, "9", _OBSERVED),
)
CIV_CLOSED = Check(
    *("C8", "CI-V is closed before the client leaves it", CLIENT),
    *(_WARNING, "2.17, 7.2", _INFERRED),
)
CIV_RATE = Check(
    *("C9", "At most 100 CI-V datagrams a second go to the radio", CLIENT),
    *(_WARNING, "9", _ASSUMED),
)
UNKEYED = Check(
    *("C10", "The transmitter is not left keyed", CLIENT, _ERROR, "8.6", _INFERRED)
)

# ---- audio ---------------------------------------------------------------------------

AUDIO_MAX = Check(
    *("A1", "An audio datagram has at most 1364 bytes of samples", BOTH),
    *(_ERROR, "2.19, 8.3", _OBSERVED),
)
AUDIO_LENGTH = Check(
    *("A2", "The data length of audio is that of its bytes", BOTH),
    *(_ERROR, "2.19", _OBSERVED),
)
AUDIO_NUMBERS = Check(
    *("A3", "Audio numbers rise by one with each datagram", BOTH),
    *(_ERROR, "4.4", _OBSERVED),
)
SPLIT = Check(
    *("A4", "A block of 20 ms is cut into pieces of 1364, the rest last", BOTH),
    *(_WARNING, "8.3", _OBSERVED),
)
IDENT = Check(
    *("A5", "The ident of audio begins with 80 or 81", BOTH),
    *(_WARNING, "8.4", _OBSERVED),
)
AS_GRANTED = Check(
    *("A6", "Audio is sent only as it was asked for and granted", BOTH),
    *(_ERROR, "2.15, 7.3", _OBSERVED),
)
TX_PACE = Check(
    *("A7", "Transmit audio goes out block by block, five at once at most", CLIENT),
    *(_WARNING, "8.6", _OBSERVED),
)
RX_GAPS = Check(
    *("A8", "Received audio does not stop for 200 ms and go on", RADIO),
    *(_WARNING, "8.5", _INFERRED),
)
RX_FLOWS = Check(
    *("A9", "Audio that was granted comes within 3 s of the call", RADIO),
    *(_ERROR, "8.5", _OBSERVED),
)

CHECKS = tuple(each for each in list(globals().values()) if isinstance(each, Check))
