"""Each knob of the links: the difference that it makes on the wire.

The defaults are what all other tests of the radio hold. Those of CI-V and audio stand
in `test_stream_dialect.py`.
"""

from dataclasses import replace
from itertools import pairwise

import pytest

from dialect_bench import (
    client_of,
    config_with,
    headers,
    idle_numbers,
    numbers,
    sent,
    shows,
)
from foreign_client import AUDIO, CIV, CONFIG, CONTROL, ForeignClient
from forge import bodies, drain, of
from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType, Stream
from icom_proto.events import LinkClosed, Output, Transmit
from icom_proto.link_dialect import (
    IahSeq,
    Iar,
    PingLength,
    PingStep,
    RtxAnswers,
    RtxForm,
    RtxGone,
)
from icom_proto.packets import (
    AreYouThere,
    Disconnect,
    Header,
    Idle,
    LoginResponse,
    Ping,
    Ready,
    RetransmitMany,
    RetransmitOne,
    SeqRange,
)
from icom_proto.radio_links import REMEMBERED_MAX

ANSWER = bytes.fromhex("fefee09803fd")
PING, DATA, RETRANSMIT = PacketType.PING, PacketType.DATA, PacketType.RETRANSMIT
IAH, READY = PacketType.I_AM_HERE, PacketType.READY


# ---- pings ---------------------------------------------------------------------------


@shows("ping_len")
@pytest.mark.parametrize(
    ("ping_len", "asked_with", "answered_with"),
    [(PingLength.ZERO, 0, 0), (PingLength.WS, 0, 21), (PingLength.FULL, 21, 21)],
)
def test_pings_have_the_length_of_the_dialect(
    ping_len: PingLength, asked_with: int, answered_with: int
) -> None:
    client = client_of(ping_len=ping_len)
    asked = headers(client.call(), PING)
    answered = headers(client.say(Ping(reply=0, time=7)), PING)
    assert [each.length for each in asked] == [asked_with]
    assert [each.length for each in answered] == [answered_with]


@shows("ping_ms", "civ_ping_ms", "audio_ping_ms")
@pytest.mark.parametrize(
    ("stream", "knob", "default"),
    [(CONTROL, "ping_ms", 10), (CIV, "civ_ping_ms", 10), (AUDIO, "audio_ping_ms", 2)],
)
def test_each_stream_has_its_own_pause_between_pings(
    stream: Stream, knob: str, default: int
) -> None:
    for client, count in (client_of(), default), (client_of(**{knob: 250}), 4):
        client.connect()
        assert len(pings_of_radio(client.bench.wait(1.0), stream)) == count


@shows("ping_start")
def test_pings_start_at_any_number_and_wrap() -> None:
    client = client_of(ping_start=0xFFFF)
    outputs = client.call() + client.bench.wait(0.2)
    assert [each.seq for each in pings_of_radio(outputs)] == [0xFFFF, 0, 1]


@shows("ping_step")
@pytest.mark.parametrize(
    ("step", "lost", "answered"),
    [(PingStep.SENT, [7, 8, 9], 10), (PingStep.CONFIRMED, [7, 7, 7], 8)],
)
def test_pings_are_counted_when_sent_or_when_answered(
    step: PingStep, lost: list[int], answered: int
) -> None:
    client = client_of(ping_start=7, ping_step=step)
    outputs = client.call() + client.bench.wait(0.2)
    assert [each.seq for each in pings_of_radio(outputs)] == lost
    *_, last = of(Ping, bodies(outputs))
    client.say(Ping(reply=1, time=last.time), seq=lost[-1])
    [header] = pings_of_radio(client.bench.wait(0.1))
    assert header.seq == answered


@shows("pong")
def test_a_radio_may_leave_pings_unanswered() -> None:
    client = client_of(pong=False)
    client.call()
    assert sent(client.say(Ping(reply=0, time=7))) == []
    assert LoginResponse in map(type, bodies(client.say(client.login())))


@shows("foreign_ping")
def test_a_ping_for_somebody_else_comes_beside_each_own_one() -> None:
    client = client_of(foreign_ping=True)
    client.log_in()
    receivers = [
        each.receiver_id == client.own_ids[CONTROL]
        for each in headers(client.bench.wait(0.35), PING)
    ]
    assert receivers.count(True) == receivers.count(False) == 3


# ---- handshake and goodbye -----------------------------------------------------------


@shows("data_calls_ignored")
def test_first_calls_on_the_data_streams_go_unanswered() -> None:
    client = client_of(data_calls_ignored=2)
    client.take_streams()
    answers = [sent(client.say(AreYouThere(), AUDIO)) for _ in range(3)]
    assert [len(each) for each in answers] == [0, 0, 1]
    assert numbers(client.say(Ready(), AUDIO, 1), READY) == [1]


@shows("iah_seq")
def test_i_am_here_takes_a_number() -> None:
    """So a second one has another, and the login response is not the first."""
    client = client_of(iah_seq=IahSeq.TRACKED)
    calls = client.say(AreYouThere()) + client.say(AreYouThere())
    assert numbers(calls, IAH) == [0, 1]
    client.say(Ready(), seq=1)
    assert numbers(client.say(client.login()), DATA) == [2]
    assert numbers(client.say(RetransmitOne(), seq=1), IAH) == [1], "and is kept"


@shows("iar")
@pytest.mark.parametrize(
    ("iar", "answers"), [(Iar.ECHO, [0]), (Iar.ONE, [1]), (Iar.NEVER, [])]
)
def test_ready_is_answered_as_the_dialect_does(iar: Iar, answers: list[int]) -> None:
    client = client_of(iar=iar)
    client.say(AreYouThere())
    assert numbers(client.say(Ready(), seq=0), READY) == answers
    assert LoginResponse in map(type, bodies(client.say(client.login())))


@shows("duplicates")
def test_packets_of_handshake_and_goodbye_leave_twice() -> None:
    client = client_of(duplicates=True)
    client.call()
    outputs = client.say(AreYouThere()) + client.say(Ready(), seq=1)
    client.bench.radio.close(client.bench.now)
    outputs += drain(client.bench.radio)
    kinds = [Header.decode(data).type for data in sent(outputs)]
    assert kinds == [IAH, IAH, READY, READY, *[PacketType.DISCONNECT] * 2]


@shows("check_rcvdid")
@pytest.mark.parametrize("check", [True, False])
def test_receiver_ids_are_looked_at_or_not(check: bool) -> None:
    client = client_of(check_rcvdid=check)
    client.call()
    client.radio_ids[CONTROL] ^= 1
    assert len(sent(client.say(Ping(reply=0, time=7)))) == (0 if check else 1)
    assert len(sent(client.say(client.login()))) == (0 if check else 1)
    client.own_ids[CONTROL] ^= 1
    assert sent(client.say(Ping(reply=0, time=7))) == [], "the sender always counts"


@shows("disc_data_ports")
@pytest.mark.parametrize("honours", [True, False])
def test_a_goodbye_on_audio_is_honoured_or_not(honours: bool) -> None:
    client = client_of(disc_data_ports=honours)
    client.connect()
    client.say(Disconnect(), AUDIO)
    client.bench.radio.send_audio(bytes(160), client.bench.now)
    assert len(sent(drain(client.bench.radio), AUDIO)) == (0 if honours else 1)
    assert of(LinkClosed, client.say(Disconnect())), "on control it always is"


@shows("disc_reply")
@pytest.mark.parametrize("replies", [True, False])
def test_a_goodbye_is_answered_with_an_idle(replies: bool) -> None:
    client = client_of(disc_reply=replies)
    client.log_in()
    assert bodies(client.say(Disconnect())) == [Idle()] * replies


@shows("disc_send")
@pytest.mark.parametrize("says", [True, False])
def test_a_radio_leaves_with_or_without_a_goodbye(says: bool) -> None:
    client = client_of(disc_send=says)
    client.log_in()
    client.bench.radio.close(client.bench.now)
    assert bodies(drain(client.bench.radio)) == [Disconnect()] * says


# ---- numbers and idles ---------------------------------------------------------------


@shows("first_seq")
def test_numbers_start_anywhere_and_wrap() -> None:
    client = client_of(first_seq=0xFFFE)
    outputs = client.connect() + client.bench.wait(0.35)
    for stream in CONTROL, CIV:
        assert numbers(outputs, DATA, stream)[:3] == [0xFFFE, 0xFFFF, 0]


@shows("seq_jump")
def test_numbers_jump_once_a_second() -> None:
    client = client_of(seq_jump=100)
    client.log_in()
    idles = idle_numbers(client.bench.wait(2.5), CONTROL)
    steps = [b - a for a, b in pairwise(idles)]
    assert sorted(steps)[-3:] == [1, 101, 101]


@shows("continue_seq")
def test_a_radio_asks_a_new_session_for_the_end_of_the_old_one() -> None:
    """The datagram of PROTOCOL.md 2.7 (rtxrange); idles close the gap, and the login
    that came meanwhile is asked for."""
    client = vanished(client_of(continue_seq=True, rtx_form=RtxForm.RANGE2))
    outputs = client.log_in()
    assert LoginResponse not in map(type, bodies(outputs))
    [asked] = [each for each in bodies(outputs) if isinstance(each, RetransmitMany)]
    assert asked.encode() == bytes.fromhex("82ffffff00000000")
    for seq in *range(0xFF82, 0x10000), 0:
        client.say(Idle(), seq=seq)
    outputs = client.say(Idle()) + client.bench.wait(0.1)
    assert set(numbers(outputs, RETRANSMIT)) == {1}
    assert LoginResponse in map(type, bodies(client.say(client.login(), seq=1)))


@shows("continue_seq")
@pytest.mark.parametrize("goodbye", [True, False])
def test_a_goodbye_or_five_seconds_end_the_old_numbers(goodbye: bool) -> None:
    client = vanished(client_of(continue_seq=True), goodbye)
    answered = LoginResponse in map(type, bodies(client.log_in()))
    assert answered is goodbye
    client.bench.wait(5.0)
    again = client.say(client.login())
    assert LoginResponse in map(type, bodies(again))


@shows("early_idle")
def test_idles_may_come_before_the_login_is_answered() -> None:
    late, early = client_of(), client_of(early_idle=True)
    for client in late, early:
        client.say(AreYouThere())
    assert idle_numbers(late.bench.wait(0.25), CONTROL) == []
    assert idle_numbers(early.bench.wait(0.25), CONTROL) == [1, 2]


@shows("idle_ms", "audio_idle")
def test_idles_keep_their_pause_and_come_on_audio_if_wanted() -> None:
    client = client_of(idle_ms=250, audio_idle=True)
    client.connect()
    outputs = client.bench.wait(1.1)
    counts = [len(idle_numbers(outputs, stream)) for stream in Stream]
    assert counts == [4, 4, 4]
    client = client_of()
    client.connect()
    outputs = client.bench.wait(1.05)
    counts = [len(idle_numbers(outputs, stream)) for stream in Stream]
    assert counts == [10, 10, 0]


@shows("clock_stop_ms", "clock_stop_after_ms")
def test_a_clock_stops_for_a_while_and_goes_on_where_it_stood() -> None:
    """Nothing leaves and no number is used, whatever the radio is asked to send."""
    client = client_of(clock_stop_ms=2000, clock_stop_after_ms=1000)
    client.connect()
    before = idle_numbers(client.bench.wait(1.05), CIV)
    client.bench.wait(0.5)  # audio pings each 0.5 s, and then looks at its clock
    client.bench.radio.send_civ(ANSWER, client.bench.now)
    client.bench.radio.send_audio(bytes(160), client.bench.now)
    assert sent(client.bench.wait(1.0) + client.say(Ping(reply=0, time=7))) == []
    after = idle_numbers(client.bench.wait(1.5), CIV)
    assert after[0] == before[-1] + 1
    client.bench.radio.send_audio(bytes(160), client.bench.now)
    assert len(sent(drain(client.bench.radio), AUDIO)) == 1


@shows("clock_stop_ms")
def test_a_login_while_the_clock_stands_still_is_answered_when_asked_again() -> None:
    client = client_of(clock_stop_ms=1000, clock_stop_after_ms=0)
    client.call()
    client.bench.wait(0.2)
    assert sent(client.say(client.login())) == []
    client.bench.wait(1.0)
    assert len(sent(client.say(RetransmitOne(), seq=1))) == 1


@shows("continue_seq")
def test_a_radio_goes_on_with_the_latest_clients_only() -> None:
    client = client_of(continue_seq=True)
    client.log_in()
    for port in range(REMEMBERED_MAX):
        client.bench.client(port=40000 + port).say(AreYouThere())
    client.pings_on.clear()
    client.bench.wait(3.0)
    again = client.bench.client()
    assert LoginResponse in map(type, bodies(again.log_in()))


# ---- repetition ----------------------------------------------------------------------


@shows("rtx_form", "rtx_wrap_split")
@pytest.mark.parametrize(
    ("form", "split", "before", "lost", "requests"),
    [
        (RtxForm.DUP2, True, 3, 3, ["04000400 05000500", "1/6"]),
        (RtxForm.SINGLE, True, 3, 3, ["1/4", "1/5", "1/6"]),
        (RtxForm.RANGE2, True, 3, 3, ["04000600 00000000"]),
        (RtxForm.RANGE2, True, 3, 1, ["1/4"]),
        (RtxForm.RANGE2, True, 0xFFFD, 4, ["feffffff 00000100"]),
        (RtxForm.RANGE2, False, 0xFFFD, 4, ["feff0100 00000000"]),
    ],
)
def test_missing_packets_are_asked_for_in_the_form_of_the_dialect(
    form: RtxForm, split: bool, before: int, lost: int, requests: list[str]
) -> None:
    client = client_of(rtx_form=form, rtx_wrap_split=split)
    client.call()
    client.say(Idle(), seq=before - 1)
    client.say(Idle(), seq=before)
    client.say(Idle(), seq=(before + lost + 1) & 0xFFFF)
    outputs = client.bench.wait(0.02)
    found = [data for data in sent(outputs) if Header.decode(data).type == RETRANSMIT]
    assert [request_text(data) for data in found] == requests


@shows("rtx_gone")
@pytest.mark.parametrize(
    ("gone", "one", "listed"),
    [
        (RtxGone.IDLE, [5000], [5001]),
        (RtxGone.SILENT, [], []),
        (RtxGone.WS, [5000], [2]),  # a new number, of no use to who asked
    ],
)
def test_a_packet_that_is_gone_is_answered_with_an_idle_or_not(
    gone: RtxGone, one: list[int], listed: list[int]
) -> None:
    client = client_of(rtx_gone=gone)
    client.log_in()
    assert idle_numbers(client.say(RetransmitOne(), seq=5000), CONTROL) == one
    request = RetransmitMany(ranges=(SeqRange(first=5001, last=5001),))
    assert idle_numbers(client.say(request), CONTROL) == listed
    assert len(sent(client.say(RetransmitOne(), seq=1))) == 1, "this one is not gone"


@shows("rtx_answers")
@pytest.mark.parametrize(
    ("answers", "civ", "audio"),
    [(RtxAnswers.ALL, 1, 1), (RtxAnswers.NOT_AUDIO, 1, 0), (RtxAnswers.NONE, 0, 0)],
)
def test_requests_are_answered_on_some_streams(
    answers: RtxAnswers, civ: int, audio: int
) -> None:
    client = client_of(rtx_answers=answers)
    client.connect()
    client.bench.radio.send_civ(ANSWER, 0.0)
    client.bench.radio.send_audio(bytes(160), 0.0)
    drain(client.bench.radio)
    assert len(sent(client.say(RetransmitOne(), CIV, seq=1))) == civ
    assert len(sent(client.say(RetransmitOne(), AUDIO, seq=0))) == audio


@shows("rtx_garbage")
def test_idles_and_control_packets_are_repeated_from_used_memory() -> None:
    """The size and the number are right; CI-V comes as it was."""
    client = client_of(rtx_garbage=True)
    client.connect()
    client.bench.radio.send_civ(ANSWER, 0.0)
    [civ] = sent(drain(client.bench.radio))
    assert sent(client.say(RetransmitOne(), CIV, seq=1)) == [civ]
    seq = idle_numbers(client.bench.wait(0.2), CONTROL)[-1]
    [garbage] = repeated(client, seq)
    header = Header.decode(garbage)
    assert (len(garbage), header.seq) == (HEADER_SIZE, seq)
    assert header.length != HEADER_SIZE
    assert header.type != DATA
    [login] = repeated(client, 1)
    assert len(login) == 0x60
    assert Header.decode(login).length != 0x60


@shows("rtx_spurious_ms")
def test_a_radio_asks_for_what_it_has() -> None:
    """As often as the IC-7760 that asked 218 times in 145 s."""
    client = client_of(rtx_spurious_ms=665)
    client.log_in()
    client.say(Idle())
    outputs = client.bench.wait(14.5)
    assert numbers(outputs, RETRANSMIT) == [client.seqs[CONTROL] - 1] * 21
    assert client.say(Idle()) == [], "and goes on as if nothing had been"


# ---- while the radio runs ------------------------------------------------------------


def test_knobs_are_turned_while_the_radio_runs() -> None:
    client = client_of()
    client.connect()
    bench = client.bench
    turned = config_with(
        ping_len=PingLength.FULL, pong=False, civ_ping_ms=200, rtx_gone=RtxGone.SILENT
    )
    bench.radio.adopt(turned, bench.now)
    assert sent(client.say(Ping(reply=0, time=7)) + client.say(RetransmitOne())) == []
    bench.wait(0.2)
    pings = pings_of_radio(bench.wait(1.0), CIV)
    assert [each.length for each in pings] == [21] * 5


def test_a_clock_that_stands_still_goes_on_when_the_knob_is_turned_back() -> None:
    client = client_of(clock_stop_ms=60_000, clock_stop_after_ms=0)
    client.log_in()
    client.bench.wait(0.3)
    assert sent(client.bench.wait(1.0)) == []
    client.bench.radio.adopt(config_with(), client.bench.now)
    assert sent(client.bench.wait(0.3)) != []


def test_a_vanished_client_is_found_dead_after_the_hold_of_the_new_config() -> None:
    client = client_of()
    client.log_in()
    session = replace(CONFIG.session, stale_hold_s=2.0)
    client.pings_on.clear()
    client.bench.radio.adopt(replace(CONFIG, session=session), client.bench.now)
    assert of(LinkClosed, client.bench.wait(1.9)) == []
    assert of(LinkClosed, client.bench.wait(0.2)) != []


# ---- helpers -------------------------------------------------------------------------


def vanished(client: ForeignClient, goodbye: bool = False) -> ForeignClient:
    """The same program started again, on the same port, after its first life."""
    client.log_in()
    for _ in range(300):
        client.say(Idle())
    if goodbye:
        client.say(Disconnect())
    client.pings_on.clear()
    client.bench.wait(3.0)
    return client.bench.client()


def repeated(client: ForeignClient, seq: int) -> list[bytes]:
    """What answers a request on the control stream, be it no packet at all."""
    request = client.seal(CONTROL, RetransmitOne(), seq)
    return sent(client.bench.give(CONTROL, request, client.ports[CONTROL]))


def request_text(data: bytes) -> str:
    """Of a request for one packet its number, of others the ranges in hexadecimal."""
    if len(data) == HEADER_SIZE:
        return f"1/{Header.decode(data).seq}"
    return data[HEADER_SIZE:].hex(" ", 4)


def pings_of_radio(outputs: list[Output], stream: Stream | None = None) -> list[Header]:
    """Headers of the pings that are no answers."""
    return [
        Header.decode(output.data)
        for output in of(Transmit, outputs)
        if stream in (None, output.stream)
        for body in bodies([output])
        if isinstance(body, Ping) and not body.reply
    ]
