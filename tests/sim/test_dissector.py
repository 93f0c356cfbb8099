"""tshark with the shipped dissector, and our own decoder: one opinion of everything.

One run of tshark sees all recorded sessions, damaged datagrams, foreign traffic and a
session on unusual ports.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from icom_proto.codec import HEADER_SIZE, Body, Record
from icom_proto.codes import Stream
from icom_proto.datagrams import decode_datagram
from icom_proto.errors import DecodeError
from icom_proto.packets import Header
from icom_sim.captures.declarations import (
    HEADER,
    PACKETS,
    UNKNOWN,
    Field,
    Shape,
)
from icom_sim.captures.follow import Direction, Follower
from icom_sim.captures.lua_dissector import SHIPPED, abbreviation, stream_name
from icom_sim.captures.reader import CaptureReader
from icom_sim.cli.dissector import dissector
from sim.dissector_samples import (
    FILES,
    damaged,
    foreign,
    recorded,
    stream_of,
    unusual_ports,
)
from sim.icom_sim_process import ENVIRONMENT
from sim.tshark import Row, Sent, cut_short, rows, run_tshark, write_capture
from sources import ROOT

SMALL = next(path for path in FILES if "wrong-password" in path.stem)
MEANING = ["icom.kind", "icom.stream", "icom.direction", "icom.session"]
CIV = [f"icom.civ.{name}" for name in ("to", "command", "name", "frequency", "part")]
MORE = ["icom.answer_to", "icom.malformed", "_ws.lua.text"]
DIRECTIONS = {Direction.TO_RADIO: "to-radio", Direction.TO_CLIENT: "to-client"}
PACKET_OF = {packet.body: packet for packet in PACKETS}


def all_fields() -> Iterator[Field]:
    for field in (*HEADER.fields, *(f for each in PACKETS for f in each.fields)):
        yield from field.record.fields if field.record else (field,)


FILTERS = {
    (field.owner, field.name): f"icom.{abbreviation(field)}" for field in all_fields()
}
NAMES = dict.fromkeys(FILTERS.values()).keys()


@dataclass(frozen=True, slots=True)
class Part:
    """What was sent, and what tshark says of each datagram."""

    sent: list[Sent]
    rows: list[Row]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dissector") / "all.pcap"


@pytest.fixture(scope="module")
def parts(capture: Path) -> dict[str, Part]:
    """Everything at once: tshark takes half a second to begin."""
    known = list(recorded())
    sent = {
        "recorded": known,
        "damaged": list(damaged(known)),
        "foreign": list(foreign()),
        "unusual ports": list(unusual_ports()),
    }
    write_capture(capture, [each for part in sent.values() for each in part])
    found = iter(rows(capture, capture.parent, [*MEANING, *NAMES, *CIV, *MORE]))
    return {
        name: Part(part, [next(found) for _ in part]) for name, part in sent.items()
    }


# ---- one opinion ---------------------------------------------------------------------


def ours(data: bytes, stream: Stream) -> tuple[str, dict[str, list[str]]]:
    """Kind and fields by our decoder. Of what is no packet, the header is shown."""
    values: dict[str, list[str]] = {}
    try:
        header, body = decode_datagram(stream, data)
    except DecodeError:
        if len(data) >= HEADER_SIZE:
            add_fields(Header.decode(data), HEADER.fields, values)
        return UNKNOWN, values
    packet = PACKET_OF[type(body)]
    add_fields(header, HEADER.fields, values)
    add_fields(body, packet.fields, values)
    return packet.kind, values


def add_fields(
    packet: Body | Record, facts: tuple[Field, ...], values: dict[str, list[str]]
) -> None:
    for field in facts:
        value = getattr(packet, field.name)
        if field.record is not None:
            for record in value:
                add_fields(record, field.record.fields, values)
        elif text := as_tshark_writes(field, value):  # nothing stands for no bytes
            values.setdefault(FILTERS[field.owner, field.name], []).append(text)


def as_tshark_writes(field: Field, value: int | bytes) -> str:
    """Texts end at the first NUL there; other bytes have their whole width."""
    width = field.width or 0
    if isinstance(value, int):
        return f"0x{value:0{2 * width}x}" if field.is_hex else f"{value:d}"
    if field.shape is Shape.TEXT and not field.is_secret:
        return value.partition(b"\0")[0].decode("utf-8", "replace")
    return value.ljust(width, b"\0").hex()


def disagreements(part: Part) -> list[str]:
    found = []
    for sent, row in zip(part.sent, part.rows, strict=True):
        kind, values = ours(sent.data, stream_of(sent))
        theirs = {name: row.values[name] for name in NAMES & row.values.keys()}
        if (kind, values) != (row.one("icom.kind"), theirs):
            differing = [
                f"{name}: {values.get(name)} {theirs.get(name)}"
                for name in sorted(values.keys() | theirs.keys())
                if values.get(name) != theirs.get(name)
            ]
            found.append(f"{row.number}: {kind} {row.one('icom.kind')} {differing}")
    return found


def test_tshark_sees_the_same_kind_and_fields_in_every_recorded_datagram(
    parts: dict[str, Part],
) -> None:
    assert disagreements(parts["recorded"]) == []


def test_tshark_tells_damaged_datagrams_from_packets_as_we_do(
    parts: dict[str, Part],
) -> None:
    part = parts["damaged"]
    assert disagreements(part) == []
    marked = [row.one("icom.malformed") is not None for row in part.rows]
    unknown = [row.one("icom.kind") == UNKNOWN for row in part.rows]
    assert marked == unknown
    assert 0.2 < sum(unknown) / len(unknown) < 0.9


def test_tshark_places_recorded_datagrams_as_the_follower_does(
    parts: dict[str, Part], capture: Path
) -> None:
    placed = list(Follower().follow(CaptureReader(str(capture))))
    found = {
        each.datagram.number: (
            stream_name(each.stream),
            DIRECTIONS[each.direction],
            str(each.session),
        )
        for each in placed
    }
    wrong = [
        f"{row.number}: {found[row.number]} {where}"
        for row in parts["recorded"].rows
        if (where := tuple(row.one(name) for name in MEANING[1:])) != found[row.number]
    ]
    assert wrong == []


def test_foreign_traffic_is_left_alone(parts: dict[str, Part]) -> None:
    rows = parts["foreign"].rows
    assert [row.number for row in rows if row.one("icom.kind")] == []


def test_no_datagram_makes_lua_fail(parts: dict[str, Part]) -> None:
    everything = [row for part in parts.values() for row in part.rows]
    assert [row.number for row in everything if row.one("_ws.lua.text")] == []


def test_a_session_on_any_ports_is_told_by_its_own_packets(
    parts: dict[str, Part],
) -> None:
    rows = parts["unusual ports"].rows
    first = rows[0].number
    told = [tuple(row.one(name) for name in MEANING[1:3]) for row in rows]
    assert told == [
        ("unknown", "to-radio"),  # only the login tells what these two ports are for
        ("unknown", "to-client"),
        ("control", "to-radio"),
        ("control", "to-radio"),
        ("control", "to-client"),
        ("civ", "to-radio"),  # these were announced
        ("audio", "to-radio"),
        ("civ", "to-radio"),
        ("civ", "to-radio"),
        ("civ", "to-client"),
        ("civ", "to-radio"),
        ("audio", "to-radio"),
        ("audio", "to-client"),
    ]
    assert len({row.one("icom.session") for row in rows[2:]}) == 1
    answers = {4: 3, 9: 8, 12: 11}  # status, OK, reply to the ping
    assert {
        at: int(row.one("icom.answer_to") or 0) - first
        for at, row in enumerate(rows)
        if row.one("icom.answer_to")
    } == answers


def test_civ_frames_are_put_together_from_their_pieces(parts: dict[str, Part]) -> None:
    rows = parts["unusual ports"].rows
    shown = [[row.one(name) for name in CIV] for row in rows[7:11]]
    assert shown == [
        [None, None, None, None, "fefe98e0"],
        ["0x98", "0x05", "set the operating frequency", "14074000", None],
        ["0xe0", "0xfb", "OK", None, None],
        [None, None, None, None, "fefe98e0"],
    ]


# ---- what people see -----------------------------------------------------------------


def test_names_of_codes_and_both_ends_of_a_question_are_shown(tmp_path: Path) -> None:
    shown = run_tshark(SMALL, tmp_path, "-2", "-V", "-O", "icom")
    expected = {
        "Icom network radio, control to-radio, login",
        "Type: ARE_YOU_THERE (0x0003)",
        "Request: LOGIN (0x00)",
        "Username: 223f5c31373100000000000000000000",  # as on the wire
        "Computer: lab-wfvi-wfview",
        "Error: fffffffe (wrong user name or password)",
        "[Answered in: 6]",
        "[Answer to: 5]",
        "[Expert Info (Warning/Response): wrong user name or password]",
    }
    assert expected - {line.strip() for line in shown.splitlines()} == set()
    assert "Lua Error" not in shown


def test_what_the_capture_cut_off_is_left_out(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut_short(SMALL, cut, 100)
    shown = run_tshark(cut, tmp_path, "-V", "-O", "icom")
    assert "Token: " in shown
    assert "Username" not in shown
    assert shown.count("Cut short by the capture") >= 2
    assert "Lua Error" not in shown


def test_the_shipped_files_are_what_the_declarations_say() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "packet_files.py"), "--check"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_prints_the_shipped_dissector() -> None:
    done = CliRunner().invoke(dissector)
    assert (done.exit_code, done.output) == (0, SHIPPED.read_text("utf-8"))
