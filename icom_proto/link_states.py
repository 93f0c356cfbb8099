"""The states of a link as literal tables, one per role (PROTOCOL.md 7.1).

A table maps (state, input) to the next state and the packet to answer with. What stands
in none of them is not allowed: from the peer it is ignored and reported, because UDP
repeats and reorders; from our own side it is a `LocalProtocolError`. Repeats are
entries, since the answer to the first copy may have been lost.

    client   NEW -> CALLING -> READYING -> UP -> CLOSING -> CLOSED
    radio    NEW -> ANSWERED -> UP -> CLOSED
"""

from enum import IntEnum
from typing import NamedTuple

from icom_proto.codec import Body
from icom_proto.codes import Role
from icom_proto.packets import AreYouThere, Disconnect, IAmHere, Ready


class LinkState(IntEnum):
    """Where the association of two ids stands."""

    NEW = 0
    CALLING = 1
    READYING = 2
    ANSWERED = 3
    UP = 4
    CLOSING = 5
    CLOSED = 6


class LinkInput(IntEnum):
    """What can happen to a link; the first two are commands, the next come from the
    peer."""

    OPEN = 0
    CLOSE = 1
    ARE_YOU_THERE = 2
    I_AM_HERE = 3
    READY = 4
    DATA = 5
    DISCONNECT = 6
    CALL_DUE = 7
    CALLS_SPENT = 8
    READY_DUE = 9
    READY_SPENT = 10
    SILENCE = 11
    LINGER_OVER = 12


class Step(NamedTuple):
    """The next state, and the packet to send on the way."""

    state: LinkState
    answer: type[Body] | None = None


Table = dict[tuple[LinkState, LinkInput], Step]

_S, _I = LinkState, LinkInput

EITHER: Table = {
    (_S.UP, _I.DISCONNECT): Step(_S.CLOSED),
    (_S.UP, _I.SILENCE): Step(_S.CLOSED),
    (_S.NEW, _I.CLOSE): Step(_S.CLOSED),
}

CLIENT: Table = EITHER | {
    (_S.NEW, _I.OPEN): Step(_S.CALLING, AreYouThere),
    (_S.CALLING, _I.CALL_DUE): Step(_S.CALLING, AreYouThere),
    (_S.CALLING, _I.CALLS_SPENT): Step(_S.CLOSED),
    (_S.CALLING, _I.CLOSE): Step(_S.CLOSED),
    (_S.CALLING, _I.I_AM_HERE): Step(_S.READYING, Ready),
    (_S.READYING, _I.I_AM_HERE): Step(_S.READYING),
    (_S.READYING, _I.READY_DUE): Step(_S.READYING, Ready),
    # icom-lan goes on after five unanswered ones, and radios bear it (PROTOCOL 2.4).
    (_S.READYING, _I.READY_SPENT): Step(_S.UP),
    (_S.READYING, _I.READY): Step(_S.UP),
    (_S.READYING, _I.DISCONNECT): Step(_S.CLOSED),
    (_S.READYING, _I.SILENCE): Step(_S.CLOSED),
    (_S.READYING, _I.CLOSE): Step(_S.CLOSING, Disconnect),
    (_S.UP, _I.I_AM_HERE): Step(_S.UP),
    (_S.UP, _I.READY): Step(_S.UP),
    (_S.UP, _I.CLOSE): Step(_S.CLOSING, Disconnect),
    (_S.CLOSING, _I.DISCONNECT): Step(_S.CLOSED),
    (_S.CLOSING, _I.LINGER_OVER): Step(_S.CLOSED),
}

RADIO: Table = EITHER | {
    (_S.NEW, _I.ARE_YOU_THERE): Step(_S.ANSWERED, IAmHere),
    (_S.ANSWERED, _I.ARE_YOU_THERE): Step(_S.ANSWERED, IAmHere),
    (_S.ANSWERED, _I.READY): Step(_S.UP, Ready),
    # Who sends tracked packets is ready, and need not ask: its question may be lost.
    (_S.ANSWERED, _I.DATA): Step(_S.UP),
    (_S.ANSWERED, _I.DISCONNECT): Step(_S.CLOSED),
    (_S.ANSWERED, _I.SILENCE): Step(_S.CLOSED),
    (_S.ANSWERED, _I.CLOSE): Step(_S.CLOSED, Disconnect),
    (_S.UP, _I.ARE_YOU_THERE): Step(_S.UP, IAmHere),
    (_S.UP, _I.READY): Step(_S.UP, Ready),
    (_S.UP, _I.CLOSE): Step(_S.CLOSED, Disconnect),
}

TABLES: dict[Role, Table] = {Role.CLIENT: CLIENT, Role.RADIO: RADIO}
