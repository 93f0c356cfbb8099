"""Captures: what is written is what the reader reads, and other tools too."""

from itertools import count
from pathlib import Path

import pytest

from icom_proto.events import Address
from icom_sim.captures.pcap_writer import CaptureWriteError, PcapWriter
from icom_sim.captures.reader import CapturedDatagram, CaptureReader

RADIO, CLIENT = Address("192.168.1.5", 50001), Address("10.0.0.7", 41000)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "session.pcap"
    times = (1_700_000_000.25 + at for at in count())
    with PcapWriter(str(path), clock=lambda: next(times)) as capture:
        capture.note(RADIO, CLIENT, b"to the client")
        capture.note(CLIENT, RADIO, b"")
    datagrams = list(CaptureReader(path))
    assert [(d.source, d.destination, d.data) for d in datagrams] == [
        (RADIO, CLIENT, b"to the client"),
        (CLIENT, RADIO, b""),
    ]
    assert [d.t for d in datagrams] == pytest.approx(
        [1_700_000_000.25, 1_700_000_001.25], abs=1e-6
    )


def test_the_bytes_are_those_of_a_sniffer(tmp_path: Path) -> None:
    # Checked against a datagram of the same addresses in `tcpdump -v`: "cksum ok".
    path = tmp_path / "one.pcap"
    with PcapWriter(str(path), clock=lambda: 1.5) as capture:
        capture.note(RADIO, CLIENT, b"abc")
    content = path.read_bytes()
    assert content[:24].hex() == "d4c3b2a1020004000000000000000000ffff000001000000"
    assert content[24:40].hex() == "0100000020a107002d0000002d000000"
    ip = content[54:74]
    assert ip[:2] == b"\x45\0"
    words = [ip[at] << 8 | ip[at + 1] for at in range(0, 20, 2)]
    assert sum(words) % 0xFFFF == 0  # RFC 1071: the sum of all is minus zero


def test_every_whole_packet_is_in_the_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "killed.pcap"
    capture = PcapWriter(str(path))
    capture.note(RADIO, CLIENT, b"before the end")
    seen: list[CapturedDatagram] = list(CaptureReader(path))
    capture.close()
    assert [each.data for each in seen] == [b"before the end"]


def test_an_unwritable_file_is_refused_by_name(tmp_path: Path) -> None:
    path = str(tmp_path / "missing" / "x.pcap")
    with pytest.raises(CaptureWriteError, match="No such file") as refused:
        PcapWriter(path)
    assert path in str(refused.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_is_told_with_the_name_of_the_file() -> None:
    with pytest.raises(CaptureWriteError, match="/dev/full"):
        PcapWriter("/dev/full")


@pytest.mark.parametrize("t", [-1.0, 2.0**32, 1e13])
def test_a_time_that_no_capture_has_is_told_in_one_line(
    t: float, tmp_path: Path
) -> None:
    """Damaged pcapng files have such."""
    path = tmp_path / "times.pcap"
    with PcapWriter(str(path)) as capture:
        with pytest.raises(CaptureWriteError, match="from 1970 to 2106"):
            capture.note(CLIENT, RADIO, b"hello", t=t)
        capture.note(CLIENT, RADIO, b"hello", t=1.0)
    assert [each.t for each in CaptureReader(path)] == [1.0]
