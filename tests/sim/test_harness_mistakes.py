"""What the handle of the pytest plugin says to a word that it does not know.

A misspelt event was waited for, and a misspelt datagram never sent, which made
`assert not saw.sent("Logn")` true for ever.
"""

from collections.abc import Callable

import pytest

from icom_proto.codes import Stream
from icom_sim.actions import ActionError
from icom_sim.harness import LoopThread, RadioHandle, recipe_of
from icom_sim.harness.record import Record, SeenDatagram
from icom_sim.network import Direction

MISTAKES: dict[str, Callable[[Record], object]] = {
    "unknown event 'pttt' (did you mean 'ptt'?): there are session_opened, ": (
        lambda saw: saw.wait_for("pttt", within_s=0)
    ),
    "unknown field of event ptt 'onn' (did you mean 'on'?): there are on": (
        lambda saw: saw.wait_for("ptt", within_s=0, onn=True)
    ),
    "unknown kind of datagram 'Logn' (did you mean 'Login'?): there are ": (
        lambda saw: saw.sent("Logn")
    ),
    "unknown stream 'sound': there are control, civ, audio": (
        lambda saw: saw.sent(stream="sound")
    ),
}


@pytest.mark.parametrize(("told", "mistake"), MISTAKES.items())
def test_a_word_that_is_none_is_told_with_those_there_are(
    told: str, mistake: Callable[[Record], object]
) -> None:
    with pytest.raises(ValueError, match=r"^unknown ") as refused:
        mistake(Record(1))
    assert str(refused.value).startswith(told)


def test_bytes_that_no_packet_has_can_be_asked_for() -> None:
    saw = Record(1)
    saw.note_datagram(Direction.TO_RADIO, Stream.CIV, b"?", 0.0)
    assert saw.sent("Malformed") == [
        SeenDatagram(Direction.TO_RADIO, Stream.CIV, b"?", 0.0)
    ]
    assert saw.sent("Login") == []


def test_a_refused_action_is_one_line_without_the_radio_s_inside() -> None:
    thread = LoopThread()
    radio = RadioHandle(thread, recipe_of({}, seed=1, default_seed=1))
    radio.start()
    try:
        with pytest.raises(ActionError, match="does not turn to 10 Hz") as refused:
            radio.turn_dial(10)
    finally:
        radio.stop()
        thread.close()
    assert refused.value.__context__ is None
