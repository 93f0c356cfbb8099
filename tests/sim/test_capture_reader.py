"""Reading captures: link layers, both formats, damage, and what is no capture."""

import gzip
import io
import random
import sys
from pathlib import Path

import pytest

from icom_sim.captures.reader import CapturedDatagram, CaptureError, CaptureReader
from sim.capture_files import (
    CLIENT,
    CLIENT_6,
    DATA,
    IPV4_TYPE,
    IPV6_TYPE,
    RADIO,
    RADIO_6,
    T,
    block,
    ethernet,
    interface,
    ipv4,
    ipv6,
    pcap,
    pcapng,
    udp,
)
from sources import ROOT

CAPTURES = ROOT / "fixtures" / "captures"
EXPECTED = CapturedDatagram(1, T, CLIENT, RADIO, DATA)
EXPECTED_6 = CapturedDatagram(1, T, CLIENT_6, RADIO_6, DATA)

COOKED_1 = bytes.fromhex("0000 0001 0006 0102030405060000")
COOKED_2 = bytes.fromhex("0000 00000002 0001 00 06 0102030405060000")
TAG, OUTER_TAG = bytes.fromhex("81000007"), bytes.fromhex("88a80005")
# Hop-by-hop and destination options of 8 and 16 bytes, in front of UDP.
EXTENSIONS = bytes.fromhex("3c00000000000000") + bytes.fromhex("1101") + bytes(14)

LINKS = {
    "ethernet": (1, ethernet(), EXPECTED),
    "ethernet, IPv6": (1, ethernet(ipv6(), IPV6_TYPE), EXPECTED_6),
    "short frames are padded": (1, ethernet() + bytes(9), EXPECTED),
    "VLAN": (1, ethernet(ipv4(), TAG + IPV4_TYPE), EXPECTED),
    "VLAN in VLAN": (1, ethernet(ipv6(), OUTER_TAG + TAG + IPV6_TYPE), EXPECTED_6),
    "IPv4 options": (1, ethernet(ipv4(options=bytes(8))), EXPECTED),
    "IPv6 extensions": (12, ipv6(extensions=EXTENSIONS, first=0), EXPECTED_6),
    "cooked v1": (113, COOKED_1 + IPV4_TYPE + ipv4(), EXPECTED),
    "cooked v2": (276, IPV6_TYPE + COOKED_2 + ipv6(), EXPECTED_6),
    "cooked v2, VLAN": (276, TAG[:2] + COOKED_2 + TAG[2:] + IPV4_TYPE + ipv4(), None),
    "null": (0, bytes.fromhex("02000000") + ipv4(), EXPECTED),
    "null, another byte order": (0, bytes.fromhex("0000001e") + ipv6(), EXPECTED_6),
    "loop": (108, bytes.fromhex("00000002") + ipv4(), EXPECTED),
    "raw IP": (101, ipv6(), EXPECTED_6),
    "raw IP, as BSD has it": (12, ipv4(), EXPECTED),
    "IPv4 alone": (228, ipv4(), EXPECTED),
}


def read(tmp_path: Path, content: bytes) -> tuple[list[CapturedDatagram], list[str]]:
    path = tmp_path / "some.pcap"
    path.write_bytes(content)
    reader = CaptureReader(path)
    found = list(reader)
    return found, [note.removeprefix(f"{str(path)!r}: ") for note in reader.notes]


@pytest.mark.parametrize("name", LINKS)
def test_every_link_layer_gives_the_same_datagram(name: str, tmp_path: Path) -> None:
    link_type, frame, expected = LINKS[name]
    # The second time by what was remembered of the first.
    found, notes = read(tmp_path, pcap([frame, frame], link_type=link_type))
    expected = expected or EXPECTED
    assert found[0] == expected
    assert [each.data for each in found] == [DATA, DATA]
    assert found[1].source == expected.source
    assert notes == []


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("nano", [False, True])
def test_pcap_is_read_in_both_byte_orders_and_resolutions(
    order: str, nano: bool, tmp_path: Path
) -> None:
    content = pcap([ethernet()], order=order, nano=nano)
    assert read(tmp_path, content) == ([EXPECTED], [])


def test_each_interface_of_pcapng_has_its_link_type_and_clock(tmp_path: Path) -> None:
    links = [interface(1), interface(101, 9), interface(113, 0x80 | 10)]
    packets = [
        (0, round(T * 10**6), ethernet()),
        (1, round(T * 4) * 250_000_000, ipv6()),
        (2, round(T * 2**10), COOKED_1 + IPV4_TYPE + ipv4()),
    ]
    found, notes = read(tmp_path, pcapng(packets, links))
    assert [each.t for each in found] == [T, T, T]
    assert [each.source for each in found] == [CLIENT, CLIENT_6, CLIENT]
    assert [each.number for each in found] == [1, 2, 3]
    assert notes == []


def test_gzip_is_read_too(tmp_path: Path) -> None:
    content = gzip.compress(pcap([ethernet()] * 3))
    assert len(read(tmp_path, content)[0]) == 3
    found, notes = read(tmp_path, content[:-9])
    assert len(found) == 3
    assert "the 3 packets before that are usable" in notes[0]


def test_a_pipe_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BufferedReader(Unseekable(pcap([ethernet()] * 2)))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    assert len(list(CaptureReader("-"))) == 2


class Unseekable(io.RawIOBase):
    """A pipe: it gives a few bytes at a time and cannot go back."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, into: object) -> int:
        view = memoryview(into)  # type: ignore[arg-type]  # typed as Buffer since 3.12
        data = self._content.read(min(len(view), 7))
        view[: len(data)] = data
        return len(data)


NO_CAPTURES = {
    "it is empty": b"",
    "it begins with 23 20 69 63": b"# icom",
    "it begins with 01": b"\x01",
    "nothing of it is usable": pcap([])[:20],
    "it ends in the middle of a packet; nothing": pcap([ethernet()])[:50],
    "Not a gzipped file": b"\x1f\x8b\x01\x01" + bytes(20),
}


@pytest.mark.parametrize("reason", NO_CAPTURES)
def test_a_file_that_is_no_capture_is_said_in_one_line(
    reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad"
    path.write_bytes(NO_CAPTURES[reason])
    if reason == "Not a gzipped file":
        reason = "Unknown compression method"
    with pytest.raises(CaptureError, match=reason) as caught:
        list(CaptureReader(path))
    assert repr(str(path)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_opened_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="Is a directory"):
        list(CaptureReader(tmp_path))
    with pytest.raises(CaptureError, match="No such file"):
        list(CaptureReader(tmp_path / "missing.pcap"))


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_a_file_cut_anywhere_gives_all_before_the_cut(
    kind: str, tmp_path: Path
) -> None:
    frames = [ethernet()] * 3
    packets = [(0, at, frame) for at, frame in enumerate(frames)]
    whole = pcap(frames) if kind == "pcap" else pcapng(packets, [interface(1)])
    size = (len(whole) - len(pcap([]))) // 3 if kind == "pcap" else 92
    for end in range(len(whole) - size, len(whole)):
        found, notes = read(tmp_path, whole[:end])
        assert len(found) == 2
        is_between = end == len(whole) - size
        expected = "it ends in the middle of a packet; the 2 packets before"
        assert is_between or expected in notes[0]
    assert len(read(tmp_path, whole)[0]) == 3


def test_a_short_snaplen_gives_the_beginnings_and_says_so(tmp_path: Path) -> None:
    found, notes = read(tmp_path, pcap([ethernet()] * 2, snaplen=50))
    assert [(each.data, each.cut) for each in found] == [(DATA[:8], True)] * 2
    assert notes == [
        "2 of 2 datagrams were not recorded whole (snaplen too short, or fragments); "
        "their headers are usable"
    ]
    found, notes = read(tmp_path, pcap([ethernet()] * 2, snaplen=30))
    assert found == []
    assert "2 packets cut or damaged before the UDP payload: passed over" in notes


def test_of_fragments_the_first_is_used_and_the_others_are_counted(
    tmp_path: Path,
) -> None:
    first = ipv4(udp(bytes(100))[:40], fragment=0x2000)
    later = ipv4(bytes(68), fragment=5)
    fragments_6 = [
        ipv6(
            udp(bytes(99))[:40], extensions=bytes.fromhex("1100000100000001"), first=44
        ),
        ipv6(bytes(67), extensions=bytes.fromhex("1100002800000001"), first=44),
    ]
    found, notes = read(tmp_path, pcap([first, later, *fragments_6], link_type=101))
    assert [(len(each.data), each.cut) for each in found] == [(32, True), (32, True)]
    assert "2 packets later fragments of IP packets: passed over" in notes


def test_other_traffic_is_no_fault(tmp_path: Path) -> None:
    arp = ethernet(bytes(28), bytes.fromhex("0806"))
    tcp = ethernet(ipv4(bytes(20), protocol=6))
    found, notes = read(tmp_path, pcap([arp, tcp, ethernet()]))
    assert [each.number for each in found] == [3]
    assert notes == []
    assert read(tmp_path, pcap([arp, tcp])) == ([], ["no UDP datagram in 2 packets"])


def test_an_unknown_link_type_is_named_with_those_that_are_read(
    tmp_path: Path,
) -> None:
    _, notes = read(tmp_path, pcap([bytes(60)], link_type=127))
    assert "1 packets of link type 127; Ethernet, VLAN" in notes[0]


def test_steps_of_the_clock_are_noted_and_times_stay_as_recorded(
    tmp_path: Path,
) -> None:
    times = [T, T + 1, T - 5, T - 4, T + 7200]
    found, notes = read(tmp_path, pcap([ethernet()] * 5, times=times))
    assert [each.t for each in found] == times
    assert notes == [
        "the clock goes back by 6.000 s at packet 3; times are as recorded",
        "the clock goes ahead by 7204.000 s at packet 5; times are as recorded",
    ]
    _, notes = read(tmp_path, pcap([ethernet()] * 99, times=[T, T - 9, T] * 33))
    assert len(notes) == 6
    assert notes[-1] == "the clock steps 33 times in all"


@pytest.mark.parametrize("kind", ["pcap", "pcapng"])
def test_a_packet_that_claims_gigabytes_is_not_read(kind: str, tmp_path: Path) -> None:
    packets = [(0, at, ethernet()) for at in range(2)]
    size, absurd = len(ethernet()), b"\xf0\xff\xff\x7f"
    if kind == "pcap":
        content, size_at = pcap([ethernet()] * 2), -size - 8
    else:  # the size of the second block
        content, size_at = pcapng(packets, [interface(1)]), -88
    content = content[:size_at] + absurd + content[size_at:][4:]
    found, notes = read(tmp_path, content)
    assert len(found) == 1
    assert "the 1 packets before that are usable" in notes[0]


def test_a_block_of_one_word_is_not_taken_for_a_sudden_end(tmp_path: Path) -> None:
    content = pcapng([(0, 0, ethernet())], [interface(1)])
    for unknown in (b"", b"word", bytes(8)):
        assert len(read(tmp_path, content + block(0xBAD, unknown))[0]) == 1
        assert read(tmp_path, content + block(0xBAD, unknown))[1] == []


def test_damage_of_any_kind_ends_in_notes_or_one_error(tmp_path: Path) -> None:
    rng = random.Random(5)
    packets = [(at % 2, at, ethernet()) for at in range(6)]
    files = [
        pcap([ethernet()] * 6),
        pcapng(packets, [interface(1), interface(1, 9)]),
        gzip.compress(pcap([ethernet()] * 6)),
    ]
    for _ in range(150):
        content = bytearray(rng.choice(files))
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(content))
            content[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(5))
        try:
            _, notes = read(tmp_path, bytes(content))
        except CaptureError as error:
            notes = [str(error)]
        assert all("\n" not in note for note in notes)


def test_every_recording_has_the_packets_that_the_manifest_says() -> None:
    manifest = (CAPTURES / "MANIFEST.md").read_text("utf-8")
    for path in sorted(CAPTURES.glob("*.pcap")):
        found = list(CaptureReader(path))
        assert [each.number for each in found] == list(range(1, len(found) + 1))
        assert f"| {path.name} | {path.stat().st_size} | {len(found)} |" in manifest
