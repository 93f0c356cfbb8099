"""CI-V requests in line and on the wire: which answer is whose, and what expires."""

import pytest

from icom_proto.civ_frames import NG, OK
from icom_proto.civ_requests import (
    CANCELLED,
    REQUESTS_MAX,
    SILENT,
    CivRequest,
    CivRequests,
)
from icom_proto.errors import LocalProtocolError

FREQUENCY = bytes.fromhex("fefe98e003fd")
SET_MODE = bytes.fromhex("fefe98e00601fd")
LEVEL_1, LEVEL_2 = (
    bytes.fromhex("fefe98e01401fd"),
    bytes.fromhex("fefe98e01402fd"),
)
SCOPE = bytes.fromhex("270000010150")


def on_wire(requests: CivRequests, *frames: bytes, deadline: float = 1.0) -> list[int]:
    """Put these on the wire; their numbers."""
    made = [requests.make(frame, deadline, urgent=False) for frame in frames]
    requests.on_wire += made
    return [each.request_id for each in made]


def taken(requests: CivRequests, body: bytes) -> int | None:
    """The number of the request that this body completes."""
    request = requests.take_answered(body)
    return request.request_id if request else None


@pytest.mark.parametrize(
    ("frame", "body", "fits"),
    [
        (FREQUENCY, bytes.fromhex("030050810300"), True),
        (FREQUENCY, bytes.fromhex("040102"), False),
        (FREQUENCY, OK, False),
        (SET_MODE, OK, True),
        (SET_MODE, bytes.fromhex("0601"), False),
        (LEVEL_1, bytes.fromhex("14010128"), True),
        (LEVEL_1, bytes.fromhex("14020128"), False),
        (bytes.fromhex("fefe98e02700fd"), SCOPE, False),
    ],
)
def test_data_answers_reads_and_ok_answers_writes(
    frame: bytes, body: bytes, fits: bool
) -> None:
    assert CivRequest(1, frame, 1.0).is_answered_by(body) is fits


def test_a_refusal_is_for_whatever_has_been_on_the_wire_longest() -> None:
    requests = CivRequests()
    first, second = on_wire(requests, FREQUENCY, SET_MODE)
    assert taken(requests, NG) == first
    assert taken(requests, NG) == second
    assert taken(requests, NG) is None


def test_an_ok_passes_over_a_read() -> None:
    requests = CivRequests()
    read, write = on_wire(requests, FREQUENCY, SET_MODE)
    assert taken(requests, OK) == write
    assert taken(requests, bytes.fromhex("030050810300")) == read


def test_the_line_moves_only_while_the_wire_is_free() -> None:
    requests = CivRequests()
    first, second = (
        requests.make(frame, 1.0, urgent=False) for frame in (LEVEL_1, LEVEL_2)
    )
    requests.wait(first)
    requests.wait(second)
    assert requests.take_next() is first
    requests.on_wire.append(first)
    assert requests.take_next() is None
    assert taken(requests, bytes.fromhex("14010000")) == first.request_id
    assert requests.take_next() is second
    requests.put_back(second)
    assert requests.take_next() is second
    assert requests.take_next() is None


def test_numbers_are_never_that_of_the_silent_ones() -> None:
    requests = CivRequests()
    numbers = [requests.make(FREQUENCY, 1.0, urgent=False).request_id for _ in range(3)]
    assert len({*numbers, SILENT}) == 4


def test_requests_expire_at_their_deadline_in_line_and_on_the_wire() -> None:
    requests = CivRequests()
    (sent,) = on_wire(requests, SET_MODE, deadline=2.0)
    waiting = requests.make(FREQUENCY, 1.0, urgent=False)
    requests.wait(waiting)
    requests.wait(requests.make(FREQUENCY, 9.0, urgent=False))
    assert requests.soonest == 1.0
    assert requests.take_expired(0.999) == []
    assert requests.take_expired(1.0) == [waiting]
    assert not requests.answer_owed, "it was never sent"
    assert [each.request_id for each in requests.take_expired(2.0)] == [sent]
    assert requests.answer_owed
    assert requests.soonest == 9.0


def test_the_line_has_a_limit() -> None:
    requests = CivRequests()
    for _ in range(REQUESTS_MAX):
        requests.wait(requests.make(FREQUENCY, 1.0, urgent=False))
    with pytest.raises(LocalProtocolError, match=str(REQUESTS_MAX)):
        requests.make(FREQUENCY, 1.0, urgent=False)
    urgent = requests.make(FREQUENCY, 1.0, urgent=True)  # does not stand in line
    assert urgent.request_id > SILENT


def test_the_wire_has_a_limit_but_not_for_our_own() -> None:
    requests = CivRequests()
    on_wire(requests, *[SET_MODE] * REQUESTS_MAX)
    with pytest.raises(LocalProtocolError, match="wait already"):
        requests.make(SET_MODE, 1.0, urgent=True)
    assert requests.make_silent(SET_MODE, 1.0).request_id == SILENT


def test_a_cancelled_request_in_line_is_never_sent() -> None:
    requests = CivRequests()
    first, second = (
        requests.make(frame, 1.0, urgent=False) for frame in (LEVEL_1, LEVEL_2)
    )
    requests.wait(first)
    requests.wait(second)
    third = requests.make(FREQUENCY, 1.0, urgent=False)
    requests.wait(third)
    assert requests.silence(second.request_id) is None
    assert requests.take_next() is first
    assert requests.take_next() is third
    assert requests.silence(second.request_id) is None, "unknown by now"


def test_a_cancelled_request_on_the_wire_still_takes_its_answer() -> None:
    requests = CivRequests()
    first, second = on_wire(requests, SET_MODE, SET_MODE)
    silenced = requests.silence(second)
    assert silenced is not None
    assert taken(requests, OK) == first
    assert taken(requests, OK) == CANCELLED


def test_a_cancelled_request_that_expires_on_the_wire_is_still_owed_an_answer() -> None:
    """Else its late OK would confirm the next write."""
    requests = CivRequests()
    (number,) = on_wire(requests, SET_MODE)
    requests.silence(number)
    requests.take_expired(1.0)
    assert requests.answer_owed


def test_nothing_is_owed_for_a_request_of_our_own() -> None:
    """Or each read that proves the wire clear would need another one."""
    requests = CivRequests()
    requests.on_wire.append(requests.make_silent(FREQUENCY, 1.0))
    requests.take_expired(1.0)
    assert not requests.answer_owed


def test_everything_is_handed_back_when_the_stream_closes() -> None:
    requests = CivRequests()
    (sent,) = on_wire(requests, SET_MODE)
    waiting = requests.make(FREQUENCY, 1.0, urgent=False)
    requests.wait(waiting)
    assert [each.request_id for each in requests.take_all()] == [
        sent,
        waiting.request_id,
    ]
    assert requests.soonest == float("inf")
