"""The states of a session, both sides, as literal tables (PROTOCOL.md 7.2 and 7.3).

One file for both, so that the conversation can be read in one place. A pair that is not
listed is not allowed: from the peer it is ignored and reported, from our own side it is
a `LocalProtocolError`. Every client state but the last two can end in CLOSED by FAILED.
"""

from enum import IntEnum


class ClientState(IntEnum):
    """How far the client has come on the control stream."""

    NEW = 0
    LOGGING_IN = 1
    CONFIRMING = 2
    CHOOSING = 3
    REQUESTING = 4
    GRANTED = 5
    EVICTED = 6
    LEAVING = 7
    CLOSED = 8


class ClientInput(IntEnum):
    """What moves a client on."""

    LINK_UP = 0
    LOGIN_ACCEPTED = 1
    CAPABILITIES = 2
    REQUEST = 3
    GRANT = 4
    EVICTION = 5
    LEAVE = 6
    LEFT = 7
    FAILED = 8


_C, _I = ClientState, ClientInput

CLIENT_TABLE: dict[tuple[ClientState, ClientInput], ClientState] = {
    (_C.NEW, _I.LINK_UP): _C.LOGGING_IN,
    (_C.NEW, _I.LEAVE): _C.CLOSED,
    (_C.NEW, _I.FAILED): _C.CLOSED,
    (_C.LOGGING_IN, _I.LOGIN_ACCEPTED): _C.CONFIRMING,
    (_C.LOGGING_IN, _I.LEAVE): _C.CLOSED,
    (_C.LOGGING_IN, _I.FAILED): _C.CLOSED,
    (_C.CONFIRMING, _I.CAPABILITIES): _C.CHOOSING,
    (_C.CONFIRMING, _I.LEAVE): _C.LEAVING,
    (_C.CONFIRMING, _I.FAILED): _C.LEAVING,
    (_C.CHOOSING, _I.REQUEST): _C.REQUESTING,
    (_C.CHOOSING, _I.LEAVE): _C.LEAVING,
    (_C.CHOOSING, _I.FAILED): _C.LEAVING,
    (_C.REQUESTING, _I.GRANT): _C.GRANTED,
    (_C.REQUESTING, _I.LEAVE): _C.LEAVING,
    (_C.REQUESTING, _I.FAILED): _C.LEAVING,
    (_C.GRANTED, _I.EVICTION): _C.EVICTED,
    (_C.GRANTED, _I.LEAVE): _C.LEAVING,
    (_C.GRANTED, _I.FAILED): _C.LEAVING,
    # A new token came with the refusal of a renewal: the streams are asked for again.
    (_C.GRANTED, _I.REQUEST): _C.REQUESTING,
    (_C.EVICTED, _I.REQUEST): _C.REQUESTING,
    (_C.EVICTED, _I.LEAVE): _C.LEAVING,
    (_C.EVICTED, _I.FAILED): _C.LEAVING,
    (_C.LEAVING, _I.LEFT): _C.CLOSED,
}


class RadioState(IntEnum):
    """How far one client has come, as the radio sees it."""

    NEW = 0
    AUTHENTICATED = 1
    STREAMING = 2
    LAPSED = 3
    CLOSED = 4


class RadioInput(IntEnum):
    """What moves a session at the radio."""

    LOGIN = 0
    STREAMS_GRANTED = 1
    STREAMS_CLOSED = 2
    LEASE_OVER = 3
    LOGOUT = 4
    GONE = 5


_R, _J = RadioState, RadioInput

RADIO_TABLE: dict[tuple[RadioState, RadioInput], RadioState] = {
    (_R.NEW, _J.LOGIN): _R.AUTHENTICATED,
    (_R.NEW, _J.GONE): _R.CLOSED,
    (_R.AUTHENTICATED, _J.LOGIN): _R.AUTHENTICATED,
    (_R.AUTHENTICATED, _J.STREAMS_GRANTED): _R.STREAMING,
    (_R.AUTHENTICATED, _J.LEASE_OVER): _R.LAPSED,
    (_R.AUTHENTICATED, _J.LOGOUT): _R.NEW,
    (_R.AUTHENTICATED, _J.GONE): _R.CLOSED,
    (_R.STREAMING, _J.LOGIN): _R.STREAMING,
    (_R.STREAMING, _J.STREAMS_CLOSED): _R.AUTHENTICATED,
    # The control link of a lapsed session lives on; only a new login brings it back.
    (_R.LAPSED, _J.LOGIN): _R.AUTHENTICATED,
    (_R.LAPSED, _J.LOGOUT): _R.NEW,
    (_R.LAPSED, _J.GONE): _R.CLOSED,
}
