"""The tables of a link, each pair of state and input: listed, or refused."""

from itertools import product

import pytest

from icom_proto.codes import Role
from icom_proto.link_states import CLIENT, RADIO, TABLES, LinkInput, LinkState
from icom_proto.packets import AreYouThere, Disconnect, IAmHere, Ready

BOTH = pytest.mark.parametrize("role", Role)

# What a role never is, and what never happens to it.
NOT_OF = {
    Role.CLIENT: {LinkState.ANSWERED},
    Role.RADIO: {LinkState.CALLING, LinkState.READYING, LinkState.CLOSING},
}
FOREIGN_INPUTS = {
    Role.CLIENT: {LinkInput.ARE_YOU_THERE, LinkInput.DATA},
    Role.RADIO: {
        LinkInput.OPEN,
        LinkInput.I_AM_HERE,
        LinkInput.CALL_DUE,
        LinkInput.CALLS_SPENT,
        LinkInput.READY_DUE,
        LinkInput.READY_SPENT,
        LinkInput.LINGER_OVER,
    },
}


def reachable(role: Role, start: LinkState) -> set[LinkState]:
    """Every state that some row of inputs leads to."""
    found, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for (before, _), step in TABLES[role].items():
            if before is state and step.state not in found:
                found.add(step.state)
                todo.append(step.state)
    return found


@BOTH
def test_every_state_of_a_role_is_reachable(role: Role) -> None:
    assert reachable(role, LinkState.NEW) == set(LinkState) - NOT_OF[role]


@BOTH
def test_every_open_state_can_be_closed_and_ends_closed(role: Role) -> None:
    for state in set(LinkState) - NOT_OF[role] - {LinkState.CLOSED}:
        closable = (state, LinkInput.CLOSE) in TABLES[role]
        assert closable is (state is not LinkState.CLOSING)
        assert LinkState.CLOSED in reachable(role, state)


@BOTH
def test_nothing_leaves_closed(role: Role) -> None:
    assert not [pair for pair in TABLES[role] if pair[0] is LinkState.CLOSED]


@BOTH
def test_each_input_of_a_role_means_something_somewhere(role: Role) -> None:
    used = {event for _, event in TABLES[role]}
    assert used == set(LinkInput) - FOREIGN_INPUTS[role]


@BOTH
def test_states_of_the_other_role_are_not_mentioned(role: Role) -> None:
    assert not [pair for pair in TABLES[role] if pair[0] in NOT_OF[role]]


def test_the_client_table_is_this_and_nothing_else() -> None:
    """Each pair that is not listed here is refused."""
    listed = {
        "NEW OPEN": "CALLING AreYouThere",
        "NEW CLOSE": "CLOSED",
        "CALLING CLOSE": "CLOSED",
        "CALLING I_AM_HERE": "READYING Ready",
        "CALLING CALL_DUE": "CALLING AreYouThere",
        "CALLING CALLS_SPENT": "CLOSED",
        "READYING CLOSE": "CLOSING Disconnect",
        "READYING I_AM_HERE": "READYING",
        "READYING READY": "UP",
        "READYING DISCONNECT": "CLOSED",
        "READYING READY_DUE": "READYING Ready",
        "READYING READY_SPENT": "UP",
        "READYING SILENCE": "CLOSED",
        "UP CLOSE": "CLOSING Disconnect",
        "UP I_AM_HERE": "UP",
        "UP READY": "UP",
        "UP DISCONNECT": "CLOSED",
        "UP SILENCE": "CLOSED",
        "CLOSING DISCONNECT": "CLOSED",
        "CLOSING LINGER_OVER": "CLOSED",
    }
    assert written(Role.CLIENT) == listed


def test_the_radio_table_is_this_and_nothing_else() -> None:
    listed = {
        "NEW CLOSE": "CLOSED",
        "NEW ARE_YOU_THERE": "ANSWERED IAmHere",
        "ANSWERED CLOSE": "CLOSED Disconnect",
        "ANSWERED ARE_YOU_THERE": "ANSWERED IAmHere",
        "ANSWERED READY": "UP Ready",
        "ANSWERED DATA": "UP",
        "ANSWERED DISCONNECT": "CLOSED",
        "ANSWERED SILENCE": "CLOSED",
        "UP CLOSE": "CLOSED Disconnect",
        "UP ARE_YOU_THERE": "UP IAmHere",
        "UP READY": "UP Ready",
        "UP DISCONNECT": "CLOSED",
        "UP SILENCE": "CLOSED",
    }
    assert written(Role.RADIO) == listed


def written(role: Role) -> dict[str, str]:
    """The table as text, in every pair that it could have."""
    table = {}
    for state, event in product(LinkState, LinkInput):
        step = TABLES[role].get((state, event))
        if step is not None:
            answer = f" {step.answer.__name__}" if step.answer else ""
            table[f"{state.name} {event.name}"] = step.state.name + answer
    return table


def test_only_handshake_packets_are_answers() -> None:
    steps = [*CLIENT.values(), *RADIO.values()]
    answers = {step.answer for step in steps if step.answer is not None}
    assert answers == {AreYouThere, IAmHere, Ready, Disconnect}
