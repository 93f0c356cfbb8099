"""The tables of both sessions, each pair of state and input: listed, or refused."""

from collections.abc import Mapping
from enum import IntEnum
from itertools import product
from typing import TypeVar

from icom_proto.session_states import (
    CLIENT_TABLE,
    RADIO_TABLE,
    ClientInput,
    ClientState,
    RadioInput,
    RadioState,
)

State = TypeVar("State", bound=IntEnum)
Input = TypeVar("Input", bound=IntEnum)


def reachable(
    table: Mapping[tuple[State, Input], State], start: State
) -> frozenset[State]:
    """Every state that some row of inputs leads to."""
    found, before = {start}, 0
    while len(found) > before:
        before = len(found)
        found |= {after for (state, _), after in table.items() if state in found}
    return frozenset(found)


def written(table: Mapping[tuple[State, Input], State]) -> dict[str, str]:
    return {f"{s.name} {i.name}": after.name for (s, i), after in table.items()}


def test_every_state_is_reachable() -> None:
    assert reachable(CLIENT_TABLE, ClientState.NEW) == set(ClientState)
    assert reachable(RADIO_TABLE, RadioState.NEW) == set(RadioState)


def test_nothing_leaves_closed() -> None:
    assert not [pair for pair in CLIENT_TABLE if pair[0] is ClientState.CLOSED]
    assert not [pair for pair in RADIO_TABLE if pair[0] is RadioState.CLOSED]


def test_a_client_can_leave_and_can_fail_in_every_state_before_it_leaves() -> None:
    open_states = [state for state in ClientState if state < ClientState.LEAVING]
    for state, event in product(open_states, (ClientInput.LEAVE, ClientInput.FAILED)):
        after = CLIENT_TABLE[state, event]
        # Where no token was given there is none to give back.
        has_token = state >= ClientState.CONFIRMING
        assert after is (ClientState.LEAVING if has_token else ClientState.CLOSED)
    assert CLIENT_TABLE[ClientState.LEAVING, ClientInput.LEFT] is ClientState.CLOSED


def test_a_session_at_the_radio_can_end_in_every_state() -> None:
    for state in set(RadioState) - {RadioState.CLOSED, RadioState.STREAMING}:
        assert RADIO_TABLE[state, RadioInput.GONE] is RadioState.CLOSED
    # An owner gives its streams back first.
    given_back = RADIO_TABLE[RadioState.STREAMING, RadioInput.STREAMS_CLOSED]
    assert given_back is RadioState.AUTHENTICATED


def test_each_input_means_something_somewhere() -> None:
    assert {event for _, event in CLIENT_TABLE} == set(ClientInput)
    assert {event for _, event in RADIO_TABLE} == set(RadioInput)


def test_the_client_table_is_this_and_nothing_else() -> None:
    """Each pair that is not listed here, LEAVE and FAILED apart, is refused."""
    listed = {
        "NEW LINK_UP": "LOGGING_IN",
        "LOGGING_IN LOGIN_ACCEPTED": "CONFIRMING",
        "CONFIRMING CAPABILITIES": "CHOOSING",
        "CHOOSING REQUEST": "REQUESTING",
        "REQUESTING GRANT": "GRANTED",
        "GRANTED EVICTION": "EVICTED",
        "GRANTED REQUEST": "REQUESTING",
        "EVICTED REQUEST": "REQUESTING",
        "LEAVING LEFT": "CLOSED",
    }
    rest = {
        pair: after
        for pair, after in written(CLIENT_TABLE).items()
        if not pair.endswith((" LEAVE", " FAILED"))
    }
    assert rest == listed


def test_the_radio_table_is_this_and_nothing_else() -> None:
    assert written(RADIO_TABLE) == {
        "NEW LOGIN": "AUTHENTICATED",
        "NEW GONE": "CLOSED",
        "AUTHENTICATED LOGIN": "AUTHENTICATED",
        "AUTHENTICATED STREAMS_GRANTED": "STREAMING",
        "AUTHENTICATED LEASE_OVER": "LAPSED",
        "AUTHENTICATED LOGOUT": "NEW",
        "AUTHENTICATED GONE": "CLOSED",
        "STREAMING LOGIN": "STREAMING",
        "STREAMING STREAMS_CLOSED": "AUTHENTICATED",
        "LAPSED LOGIN": "AUTHENTICATED",
        "LAPSED LOGOUT": "NEW",
        "LAPSED GONE": "CLOSED",
    }
