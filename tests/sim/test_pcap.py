"""Reading captures: both byte orders, other traffic, and files that end too early."""

from pathlib import Path

import pytest

from icom_proto.events import Address
from icom_sim.captures.pcap import CapturedDatagram, CaptureError, read_pcap
from sources import ROOT

CAPTURES = ROOT / "fixtures" / "captures"
RECORDED = CAPTURES / "wfserver160__wfview160__wrong-password.pcap"

# Written by hand: what it is to be is beside each piece.
LITTLE_FILE = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000")
BIG_FILE = bytes.fromhex("a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000001")
ETHERNET = bytes.fromhex("0102030405060708090a0b0c 0800")
IPV4 = bytes.fromhex("45 00 0020 0000 4000 40 11 0000 c0a8010a c0a80102")
UDP = bytes.fromhex("cb21 c351 000c 0000")
FRAME = ETHERNET + IPV4 + UDP + b"data"
EXPECTED = CapturedDatagram(
    number=1,
    time=1_700_000_000.25,
    source=Address("192.168.1.10", 52001),
    destination=Address("192.168.1.2", 50001),
    data=b"data",
)


def little(frame: bytes, fraction: int = 250_000) -> bytes:
    words = (1_700_000_000, fraction, len(frame), len(frame))
    return b"".join(word.to_bytes(4, "little") for word in words) + frame


def big(frame: bytes, fraction: int = 250_000) -> bytes:
    words = (1_700_000_000, fraction, len(frame), len(frame))
    return b"".join(word.to_bytes(4, "big") for word in words) + frame


def read(tmp_path: Path, content: bytes) -> list[CapturedDatagram]:
    path = tmp_path / "some.pcap"
    path.write_bytes(content)
    return list(read_pcap(path))


def test_a_capture_is_read_in_either_byte_order(tmp_path: Path) -> None:
    assert read(tmp_path, LITTLE_FILE + little(FRAME)) == [EXPECTED]
    assert read(tmp_path, BIG_FILE + big(FRAME)) == [EXPECTED]


def test_nanoseconds_are_read_as_such(tmp_path: Path) -> None:
    magic = bytes.fromhex("4d3cb2a1")
    content = magic + LITTLE_FILE[4:] + little(FRAME, 250_000_000)
    assert read(tmp_path, content) == [EXPECTED]
    magic = bytes.fromhex("a1b23c4d")
    assert read(tmp_path, magic + BIG_FILE[4:] + big(FRAME, 250_000_000)) == [EXPECTED]


def test_other_traffic_is_passed_over_and_counted(tmp_path: Path) -> None:
    arp = ETHERNET[:12] + bytes.fromhex("0806") + bytes(28)
    tcp = ETHERNET + IPV4[:9] + b"\x06" + IPV4[10:] + bytes(20)
    fragment = ETHERNET + IPV4[:6] + b"\x20\x00" + IPV4[8:] + UDP + b"data"
    later = ETHERNET + IPV4[:6] + b"\x00\xb9" + IPV4[8:] + b"datadata"
    others = b"".join(little(frame) for frame in (arp, tcp, fragment, later))
    (found,) = read(tmp_path, LITTLE_FILE + others + little(FRAME))
    assert (found.number, found.data) == (5, b"data")


def test_options_of_ip_and_padding_of_ethernet_are_no_payload(tmp_path: Path) -> None:
    options = ETHERNET + b"\x46" + IPV4[1:] + bytes(4) + UDP + b"data"
    padded = FRAME + bytes(6)
    found = read(tmp_path, LITTLE_FILE + little(options) + little(padded))
    assert [each.data for each in found] == [b"data", b"data"]


@pytest.mark.parametrize("cut", [1, 4, 12, 45, 46, 50, 61])
def test_all_before_the_cut_can_be_read_and_then_the_cut_is_told(
    tmp_path: Path, cut: int
) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes((LITTLE_FILE + 2 * little(FRAME))[:-cut])
    reading = read_pcap(path)
    assert next(reading) == EXPECTED
    with pytest.raises(CaptureError, match="the file ends inside"):
        next(reading)


def test_a_packet_cut_by_the_recorder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="packet 2 is not whole"):
        read(tmp_path, LITTLE_FILE + little(FRAME) + little(FRAME[:-1]))
    with pytest.raises(CaptureError, match="packet 1 is not whole"):
        read(tmp_path, LITTLE_FILE + little(FRAME[:20]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a classic pcap file"),
        (bytes.fromhex("0a0d0d0a") + bytes(40), "not a classic pcap file"),
        (LITTLE_FILE[:20], "not a classic pcap file"),
        (LITTLE_FILE[:20] + bytes.fromhex("71000000"), "link type 113"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(CaptureError, match=reason):
        read(tmp_path, content)


def test_a_recorded_session_is_read_as_it_was() -> None:
    found = list(read_pcap(RECORDED))
    assert [each.number for each in found] == list(range(1, 9))
    assert found[0].destination == Address("127.0.0.1", 50001)
    assert found[0].data.hex()[:16] == "1000000003000000"
    assert 0 < found[-1].time - found[0].time < 0.01


def test_every_recording_has_the_packets_that_the_manifest_says() -> None:
    manifest = (CAPTURES / "MANIFEST.md").read_text("utf-8")
    for path in sorted(CAPTURES.glob("*.pcap")):
        count = sum(1 for _ in read_pcap(path))
        assert f"| {path.name} | {path.stat().st_size} | {count} |" in manifest
