"""What `icom-sim decode` says of captures: everything, by name, and no password."""

import json
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import BODIES, from_packet, hostile_datagrams
from icom_proto.codec import Body, layout, size_of
from icom_proto.codes import Stream
from icom_proto.credentials import obscure
from icom_proto.fields import Array
from icom_proto.packets import AudioData, Header
from icom_sim.captures.civ_words import civ_command, civ_words
from icom_sim.captures.declarations import PACKETS
from icom_sim.captures.decode import KINDS, Decoder, Filters
from icom_sim.captures.follow import Direction, Placed
from icom_sim.captures.json_lines import JsonLines
from icom_sim.captures.lines import CaptureLines, Shown
from icom_sim.captures.reader import CapturedDatagram, CaptureReader
from icom_sim.captures.text_lines import TextLines
from icom_sim.cli.decode import decode
from sim.capture_files import CLIENT, DATA, RADIO, T, ethernet, ipv4, pcap, udp
from sim.icom_sim_process import ENVIRONMENT
from sources import ROOT

CAPTURES = ROOT / "fixtures" / "captures"
NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcap"))
LOSSY = "wfserver160__rigplane__lossy5-seed12"
CONTROL_ONLY = "rigplanemock__icomlan110__control-civ-only"
WRONG_PASSWORD = "wfserver160__wfview160__wrong-password"
# Of the lab (MANIFEST).
USER, PASSWORDS = "tester", ("secret-Pa55", "wrong-Pa55")


def path_of(name: str) -> Path:
    return CAPTURES / f"{name}.pcap"


def lines_of(name: str, shown: Shown) -> list[str]:
    return list(CaptureLines(CaptureReader(path_of(name)), shown))


@cache
def objects_of(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in lines_of(name, Shown(as_json=True)))


# ---- row 1: everything is understood -------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_only_what_the_manifest_explains_is_unknown(name: str) -> None:
    explained = (CAPTURES / "not_packets.txt").read_text().splitlines()
    unknown = [
        f"{name}.pcap {each['number']} {each['stream'].upper()} {each['reason']}"
        for each in objects_of(name)
        if each["kind"] == "unknown"
    ]
    assert unknown == [line for line in explained if line.startswith(f"{name}.pcap ")]
    assert len(objects_of(name)) == len(list(CaptureReader(path_of(name))))


# ---- JSON ----------------------------------------------------------------------------


def test_a_json_line_has_every_field_by_its_declared_name() -> None:
    fields = {packet.kind: [f.name for f in packet.fields] for packet in PACKETS}
    for each in objects_of(CONTROL_ONLY):
        given_names = [n for n in each["fields"] if not n.endswith("_name")] + [
            n
            for n in each["fields"]
            if n in fields[each["kind"]] and n.endswith("_name")
        ]
        assert sorted(set(given_names)) == sorted(fields[each["kind"]])
        assert [n for n in each["header"] if n != "type_name"] == [
            field.name for field in layout(Header)
        ]


def test_numbers_bytes_and_names_of_values_are_told() -> None:
    login, response, token = (
        next(each for each in objects_of(CONTROL_ONLY) if each["kind"] == kind)
        for kind in ("login", "login-response", "token")
    )
    assert login["stream"] == "control"
    assert login["direction"] == "to-radio"
    assert login["length"] == 128
    assert login["fields"]["payload_size"] == 112
    assert login["fields"]["computer"] == "icom-lan"
    assert response["fields"]["error"] == "00000000"
    assert response["fields"]["error_name"] == "ok"
    assert token["fields"]["request"] == 2
    assert token["fields"]["request_name"] == "CONFIRM_TOKEN"


@pytest.mark.parametrize("name", [LOSSY, CONTROL_ONLY])
def test_the_short_way_writes_the_same_lines(name: str) -> None:
    filters = Filters(kinds=KINDS)  # all, but asked for: no short way
    slowly = lines_of(name, Shown(as_json=True, filters=filters))
    assert [json.loads(line) for line in slowly] == list(objects_of(name))
    assert slowly == lines_of(name, Shown(as_json=True))


def placed(data: bytes, stream: Stream, *, cut: bool = False) -> Placed:
    datagram = CapturedDatagram(1, T, CLIENT, RADIO, data, cut)
    return Placed(datagram, stream, Direction.TO_RADIO, 1)


def header_for(body: Body, size: int) -> Header:
    return Header(length=size, type=body.TYPE, seq=7, sender_id=1, receiver_id=2)


@given(data=st.data())
@settings(max_examples=25)
def test_any_packet_becomes_one_json_object_with_all_its_fields(
    data: st.DataObject,
) -> None:
    cls = data.draw(st.sampled_from(BODIES))
    body = data.draw(from_packet(cls))
    raw = body.encode()
    raw = header_for(body, 16 + len(raw)).encode() + raw
    line = JsonLines(payload=True)
    for stream in Stream:
        decoded = Decoder().decode(placed(raw, stream))
        if type(decoded.body) is not cls:
            continue
        found = json.loads(line.line(decoded))["fields"]
        for field in layout(cls):
            value = getattr(decoded.body, field.name)
            if isinstance(value, int):
                assert found[field.name] == value
            elif isinstance(field.kind, Array):
                assert len(found[field.name]) == len(value)


@given(raw=hostile_datagrams(), stream=st.sampled_from(Stream), cut=st.booleans())
@settings(max_examples=40)
def test_no_bytes_are_too_strange_for_a_line(
    raw: bytes, stream: Stream, cut: bool
) -> None:
    decoded = Decoder().decode(placed(raw, stream, cut=cut))
    assert (decoded.kind == "unknown") == bool(decoded.reason)
    json.loads(JsonLines(secrets=True, payload=True).line(decoded))
    assert TextLines(T, secrets=True, payload=True).line(decoded).count("\n") == 1


def test_audio_is_told_by_its_size_unless_asked_for() -> None:
    name = "wfserver160__wfview160__session-ulaw-8k"
    kinds = Filters(kinds=("audio-data",))
    plain = json.loads(lines_of(name, Shown(as_json=True, filters=kinds))[0])
    whole = Shown(as_json=True, payload=True, filters=kinds)
    full = json.loads(lines_of(name, whole)[0])
    size = plain["fields"]["data_length"]
    assert plain["length"] == size_of(AudioData) + size
    assert "data" not in plain["fields"]
    assert len(bytes.fromhex(full["fields"]["data"])) == size


# ---- credentials ---------------------------------------------------------------------


def forms_of(secret: str) -> Iterable[str]:
    """As text, in hexadecimal, obfuscated, and the first of it."""
    for form in (secret.encode(), obscure(secret), obscure(secret[:6])):
        yield form.hex()
        yield form.decode("ascii")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", [WRONG_PASSWORD, CONTROL_ONLY, LOSSY])
def test_no_password_and_no_user_name_is_shown_unasked(
    name: str, as_json: bool
) -> None:
    text = "".join(lines_of(name, Shown(as_json=as_json, payload=True)))
    for secret in (USER, *PASSWORDS):
        assert not [form for form in forms_of(secret) if form in text]
    assert "<hidden>" in text
    clear = "".join(lines_of(name, Shown(as_json=as_json, secrets=True)))
    assert USER in clear
    assert PASSWORDS[name == WRONG_PASSWORD] in clear


def test_a_login_that_is_not_whole_shows_nothing_of_it(tmp_path: Path) -> None:
    login = next(
        each.data
        for each in CaptureReader(path_of(WRONG_PASSWORD))
        if len(each.data) == 128
    )
    frames = [ethernet(ipv4(udp(data))) for data in (login[:120], login)]
    path = tmp_path / "cut.pcap"
    path.write_bytes(pcap(frames, snaplen=42 + 110))
    for as_json in (False, True):
        reader = CaptureReader(path)
        text = "".join(CaptureLines(reader, Shown(as_json=as_json, payload=True)))
        assert not [form for form in forms_of(PASSWORDS[1]) if form in text]
        assert "only 110 bytes were recorded of 128" in text


# ---- readable lines ------------------------------------------------------------------


def test_lines_tell_when_where_and_what() -> None:
    lines = lines_of(WRONG_PASSWORD, Shown())
    assert lines[0] == (
        "   0.000000  1 control to-radio  are-you-there   sender_id=0xb32c\n"
    )
    assert lines[4] == (
        "   0.001189  1 control to-radio  login           seq=1 inner_seq=48 "
        'token_request=67c7 username="<hidden>" password="<hidden>" '
        'computer="lab-wfvi-wfview"\n'
    )
    assert "error=wrong user name or password" in lines[5]
    text = "".join(lines_of(CONTROL_ONLY, Shown()))
    assert "E0>98 set frequency: 14.100000 MHz" in text
    assert "rx_codec=pcm16-mono tx_codec=pcm16-mono rx_rate_hz=48000" in text


WORDS = {
    "FEFE98E003FD": "E0>98 read frequency",
    "FEFEE098030000741400FD": "98>E0 frequency: 14.740000 MHz",
    "FEFE0098000000741400FD": "98>00 frequency: 14.740000 MHz (to all)",
    "FEFE98E0060102FD": "E0>98 set mode: USB FIL2",
    "FEFEE0980401 02FD": "98>E0 mode: USB FIL2",
    "FEFE98E02600FD": "E0>98 read mode of selected VFO",
    "FEFEE098260101 0102FD": "98>E0 mode of unselected VFO: USB DATA1 FIL2",
    "FEFE98E025010000741400FD": "E0>98 set frequency of unselected VFO: 14.740000 MHz",
    "FEFE98E01401 0128FD": "E0>98 set AF gain: 128 (50%)",
    "FEFE98E0290114 01FD": "E0>98 SUB read AF gain",
    "FEFEE098150201 24FD": "98>E0 S-meter: 124 (S9)",
    "FEFEE0981502 0160FD": "98>E0 S-meter: 160 (S9+20 dB)",
    "FEFEE0981502 0011FD": "98>E0 S-meter: 11 (S1)",
    "FEFEE0981515 0185FD": "98>E0 supply voltage: 185 (13.80 V)",
    "FEFEE0981512 0048FD": "98>E0 SWR: 48 (1.5)",
    "FEFE98E01C0001FD": "E0>98 set PTT: transmit",
    "FEFE98E017 4351FD": "E0>98 set CW text: 'CQ'",
    "FEFE98E01A05 0115FD": "E0>98 read menu setting 0115",
    "FEFEE0981900 98FD": "98>E0 model: 98 (IC-7610)",
    "FEFEE0982100 500100FD": "98>E0 offset of RIT and delta-TX: +150 Hz",
    "FEFEE0981B00 000885FD": "98>E0 repeater tone: 88.5 Hz",
    "FEFEE098FBFD": "98>E0 OK",
    "FEFEE098FAFD": "98>E0 NG",
    "FEFEE0981401 AAAAFD": "98>E0 AF gain: AA AA",
    "FEFE98E07F01 02FD": "E0>98 set command 7F: 01 02",
    "FEFEE098270000 01010000007414000000050000 00 010203FD": (
        "98>E0 scope sweep: MAIN 1/1, 14.740000 MHz +/-50 kHz, 3 points"
    ),
    "FEFEE098270001 0101010000001400000035140001FD": (
        "98>E0 scope sweep: SUB 1/1, 14.000000 MHz to 14.350000 MHz, out of range"
    ),
}


@pytest.mark.parametrize("frame", WORDS)
def test_civ_is_told_in_words(frame: str) -> None:
    assert civ_words(bytes.fromhex(frame), Direction.TO_RADIO) == WORDS[frame]


def test_an_echo_of_the_radio_is_told_as_one() -> None:
    frame = bytes.fromhex("FEFE98E003FD")
    assert civ_words(frame, Direction.TO_CLIENT) == "E0>98 read frequency (echo)"


@given(body=st.binary(min_size=1, max_size=60))
@settings(max_examples=60)
def test_any_frame_has_words(body: bytes) -> None:
    frame = b"\xfe\xfe\xe0\x98" + body.translate(None, b"\xfd\xfe") + b"\x03\xfd"
    for direction in Direction:
        assert "\n" not in civ_words(frame, direction)
    assert civ_command(frame)


def test_a_frame_in_two_datagrams_is_told_where_it_ends() -> None:
    found = [
        each
        for each in objects_of("wfserver160__kappanhang13__session-via-ayt-dedup")
        if each["kind"] == "civ-data"
    ]
    whole = [each for each in found if "civ" in each]
    assert len(whole) > 100
    head = bytes.fromhex("160000000000010001000000020000 00c103000001fefe98")
    tail = bytes.fromhex("180000000000020001000000020000 00c103000002e003fd")
    decoder = Decoder()
    parts = []
    for raw in (head, tail):
        size = len(raw).to_bytes(4, "little")
        parts.append(decoder.decode(placed(size + raw[4:], Stream.CIV)))
    assert [each.frames for each in parts] == [(), (bytes.fromhex("fefe98e003fd"),)]
    assert "no whole frame: fe fe 98" in TextLines(T).line(parts[0])
    assert "E0>98 read frequency" in TextLines(T).line(parts[1])


# ---- the command ---------------------------------------------------------------------


def run(*words: str, status: int = 0, given_input: bytes | None = None) -> list[str]:
    result = CliRunner().invoke(decode, words, input=given_input)
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.output.splitlines()


def test_filters_narrow_what_is_shown() -> None:
    path = str(path_of(CONTROL_ONLY))
    everything = objects_of(CONTROL_ONLY)

    def numbers(*words: str) -> list[int]:
        return [json.loads(line)["number"] for line in run(path, "--json", *words)]

    def expected(**wanted: str) -> list[int]:
        return [
            each["number"]
            for each in everything
            if all(each[name] == value for name, value in wanted.items())
        ]

    assert numbers("--stream", "civ") == expected(stream="civ")
    assert numbers("--kind", "ping") == expected(kind="ping")
    assert numbers("--kind", "ping", "--stream", "control") == expected(
        kind="ping", stream="control"
    )
    by_code, by_words = numbers("--civ", "05"), numbers("--civ", "set freq")
    assert by_code == by_words
    assert len(by_code) == 1
    start = everything[0]["t"]
    late = [each["number"] for each in everything if each["t"] - start >= 8]
    assert numbers("--since", "8") == late
    assert numbers("--since", "8", "--until", "7") == []
    assert len(numbers("--since", "2020-01-01")) == len(everything)
    assert numbers("--until", "2020-01-01T00:00:00Z") == []
    assert numbers("--session", "2") == []


def test_several_sessions_are_noted_and_one_can_be_chosen() -> None:
    path = str(path_of("wfserver160__wfview160__kill9-reconnect"))
    assert "2 sessions; --session 1 shows one" in run(path, "--kind", "login")[-1]
    logins = run(path, "--kind", "login", "--session", "2")
    assert len([line for line in logins if " login " in line]) == 1


MISTAKES = {
    ("--kind", "pong"): "unknown kind 'pong': there are are-you-there",
    ("--since", "noon"): "'noon' is neither seconds from the start",
    ("--until", "nan"): "'nan' is neither seconds from the start",
    ("--stream", "video"): "'video' is not one of",
    ("--session", "0"): "0 is not in the range",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_named(words: tuple[str, str]) -> None:
    found = run(str(path_of(WRONG_PASSWORD)), *words, status=2)
    assert MISTAKES[words] in " ".join(found)


def test_what_is_wrong_with_a_capture_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap([ethernet(ipv4(udp(b"hello")))]))
    assert run(str(path), status=1) == [
        f"icom-sim: {str(path)!r}: no Icom traffic in 1 UDP datagrams"
    ]
    path.write_bytes(b"no capture")
    (line,) = run(str(path), status=1)
    assert "is no capture" in line
    path.write_bytes(pcap([ethernet(ipv4(udp(DATA)))] * 2)[:-3])
    lines = run(str(path))
    assert len(lines) == 2
    assert lines[1].endswith("the 1 packets before that are usable")


def test_a_capture_may_come_through_a_pipe() -> None:
    raw = path_of(WRONG_PASSWORD).read_bytes()
    assert len(run("-", given_input=raw)) == 8


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("command", ["decode", "scrub", "dissector"])
def test_a_full_disk_is_one_line(command: str, tmp_path: Path) -> None:
    file = str(path_of(WRONG_PASSWORD))
    given = {"decode": [file], "scrub": [file, str(tmp_path / "out")]}
    words = [command, *given.get(command, [])]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "icom_sim", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
    assert done.returncode == 1
    assert done.stderr == "icom-sim: cannot write: No space left on device\n"


@pytest.mark.parametrize(
    ("closed", "told"), [("- <&-", "no standard input"), (">&-", "no standard output")]
)
def test_closed_standard_streams_are_one_line(closed: str, told: str) -> None:
    file = "" if "-" in closed.split() else f"'{path_of(WRONG_PASSWORD)}'"
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m icom_sim decode {file} {closed}"],
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_pcap_is_read_without_scapy() -> None:
    code = (
        "import sys; from icom_sim.captures.reader import CaptureReader;"
        f"assert len(list(CaptureReader({str(path_of(WRONG_PASSWORD))!r}))) == 8;"
        "assert 'scapy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT)
