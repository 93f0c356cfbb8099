"""The event stream of the fake radio: names, fields, and nothing that is secret."""

import json

import pytest

from icom_proto.codes import Codec, Stream
from icom_proto.events import (
    Address,
    ClientAudioStarted,
    ClientGranted,
    ClientLeft,
    ClientLoggedIn,
    ClientRefused,
    CloseReason,
    IgnoredWhy,
    PacketIgnored,
)
from icom_sim.event_log import EventLog, Style
from icom_sim.happenings import CivHandled, Happening, PttChanged, Trouble
from icom_sim.summary_text import Summary
from icom_sim.tx_verdict import TxVerdict

CLIENT = Address("192.168.1.10", 41001)
GRANTED = ClientGranted(
    CLIENT, "shack", Codec.PCM16_MONO, 48000, Codec.ULAW_MONO, 8000, 150
)
READ, ANSWER = bytes.fromhex("fefe98e003fd"), bytes.fromhex("fefee098030040071400fd")

SUMMARY: Summary = {
    "seed": 1,
    "datagrams": {
        "to_client": {
            "audio": {"sent": 100, "arriving": 96, "dropped": 4, "delayed": 96}
        },
        "to_radio": {"audio": {"sent": 0, "arriving": 0, "dropped": 0, "delayed": 0}},
    },
    "rules": [
        {"number": 1, "rule": "loss:5@to-client", "dropped": 4, "delayed": 0},
        {
            "number": 2,
            "rule": "rebind",
            "from_s": 1.5,
            "until_s": 20.25,
            "dropped": 0,
            "rebinds": 3,
        },
    ],
    "retransmit": {
        "audio": {"requests_received": 4, "resent": 4, "fillers_sent": 0},
    },
    "audio_blocks": {"sent": 50, "skipped": 0},
    "tx_datagrams": {"received": 0, "lost": 0, "malformed": 0},
    "tx": TxVerdict().to_dict(),
    "ignored": {"control": {"stranger": 2}},
}


def written(style: Style, *happenings: Happening) -> list[str]:
    lines: list[str] = []
    log = EventLog(lines.append, style, started_at=100.0)
    for happening in happenings:
        log.listen(happening, 101.25)
    return lines


@pytest.mark.parametrize(
    ("happening", "event", "fields"),
    [
        (
            ClientLoggedIn(CLIENT, "shack"),
            "session_opened",
            {"client": "192.168.1.10:41001", "computer": "shack"},
        ),
        (
            ClientRefused(CLIENT, CloseReason.BAD_CREDENTIALS),
            "login_refused",
            {"client": "192.168.1.10:41001", "reason": "bad_credentials"},
        ),
        (
            ClientRefused(CLIENT, CloseReason.BUSY),
            "streams_refused",
            {"client": "192.168.1.10:41001", "reason": "busy"},
        ),
        (
            GRANTED,
            "streams_granted",
            {
                "client": "192.168.1.10:41001",
                "computer": "shack",
                "rx_codec": "PCM16_MONO",
                "rx_rate_hz": 48000,
                "tx_codec": "ULAW_MONO",
                "tx_rate_hz": 8000,
                "tx_buffer_ms": 150,
            },
        ),
        (
            CivHandled(READ, (ANSWER,)),
            "civ",
            {"frame": READ.hex(), "answers": [ANSWER.hex()]},
        ),
        (PttChanged(True), "ptt", {"on": True}),
        (
            ClientAudioStarted(CLIENT),
            "audio_started",
            {"client": "192.168.1.10:41001"},
        ),
        (
            ClientLeft(CLIENT, "shack", CloseReason.SILENCE),
            "session_closed",
            {
                "client": "192.168.1.10:41001",
                "computer": "shack",
                "reason": "silence",
            },
        ),
    ],
)
def test_an_event_is_a_line_of_json(
    happening: Happening, event: str, fields: dict[str, object]
) -> None:
    [line] = written(Style.JSONL, happening)
    assert json.loads(line) == {"event": event, "t": 1.25, **fields}


def test_garbage_from_the_network_is_not_an_event_of_its_own() -> None:
    ignored = PacketIgnored(Stream.CONTROL, IgnoredWhy.SHORT, b"x")
    assert written(Style.JSONL, ignored) == []


def test_people_read_words() -> None:
    assert written(
        Style.TEXT,
        ClientLoggedIn(CLIENT, ""),
        CivHandled(READ, ()),
        PttChanged(False),
        Trouble("no sound"),
    ) == [
        "     1.250  session opened    192.168.1.10:41001  computer unknown",
        "     1.250  civ               FE FE 98 E0 03 FD -> no answer",
        "     1.250  ptt               off",
        "     1.250  trouble           no sound",
    ]


def test_a_computer_cannot_give_orders_to_the_terminal() -> None:
    [line] = written(Style.TEXT, ClientLoggedIn(CLIENT, "\x1b[2J\x07evil\n"))
    assert line.isprintable()
    assert "evil" in line


def test_the_summary_is_a_table_for_people_without_its_zeros() -> None:
    lines: list[str] = []
    log = EventLog(lines.append, Style.TEXT, started_at=0.0)
    log.tell_summary(SUMMARY, 9.0)
    assert lines == [
        "",
        "to client, audio                    100 sent, 96 arriving, 4 dropped",
        "to radio, audio                     nothing",
        "loss:5@to-client                    4 dropped",
        "rebind                              3 rebinds, from 1.5 s to 20.25 s",
        "retransmission, audio               4 requests received, 4 resent",
        "audio blocks                        50 sent",
        "transmitted audio                   nothing",
        "on the air                          nothing was transmitted",
        "ignored, control                    2 stranger",
    ]


def test_the_summary_is_one_more_event_for_programs() -> None:
    lines: list[str] = []
    log = EventLog(lines.append, Style.JSONL, started_at=0.0)
    log.tell_summary(SUMMARY, 9.0)
    assert [json.loads(line) for line in lines] == [
        {"event": "summary", "t": 9.0, **SUMMARY}
    ]
