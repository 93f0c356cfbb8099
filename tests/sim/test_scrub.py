"""Scrubbed captures: nobody's secrets, and everything else as it was."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from icom_proto.codec import HEADER_SIZE
from icom_proto.codes import PacketType, Stream
from icom_proto.credentials import obscure
from icom_proto.datagrams import decode_datagram
from icom_proto.events import Address
from icom_proto.packets import ConnInfo, Header, Login, StreamRequest
from icom_sim.captures.follow import Follower, Placed
from icom_sim.captures.pcap_writer import PcapWriter
from icom_sim.captures.reader import CapturedDatagram, CaptureError, CaptureReader
from icom_sim.captures.scrub import (
    Cleaner,
    ScrubError,
    ScrubOptions,
    clean,
    look,
    scrub_file,
)
from icom_sim.captures.scrub_scan import Scan
from icom_sim.captures.scrub_secrets import Secrets
from icom_sim.captures.scrub_soak import Person, main, session, soak
from icom_sim.captures.scrub_substitutes import Substitutes
from sim.capture_files import CLIENT_6, IPV6_TYPE, RADIO_6, ethernet, ipv6, pcap, udp

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "captures"
SESSION = FIXTURES / "wfserver160__icomlan070__session-ulaw-8k.pcap"
SMALL = FIXTURES / "rigplanemock__icomlan070__control-civ-only.pcap"
LOSSY = FIXTURES / "wfserver160__rigplane__lossy5-seed12.pcap"
OPTIONS = ScrubOptions()
OWNER = Person("operator", "hunter2-and-more", "shack-pc")
CLIENT, RADIO = Address("192.168.178.20", 52001), Address("192.168.178.5", 50001)


def scrubbed(
    datagrams: list[CapturedDatagram], options: ScrubOptions = OPTIONS
) -> list[CapturedDatagram]:
    secrets, _ = look(datagrams, options)
    cleaner = Cleaner(Substitutes(secrets, options.seed), options)
    return list(clean(datagrams, cleaner, options))


def owners_session() -> list[CapturedDatagram]:
    return session(OWNER, Random(1))


@pytest.mark.parametrize("path", [SESSION, LOSSY], ids=lambda path: path.stem)
def test_a_recorded_session_keeps_all_but_its_secrets(
    path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.pcap"
    report = scrub_file(str(path), str(out), OPTIONS)
    before, after = list(CaptureReader(path)), list(CaptureReader(out))
    assert [each.t for each in after] == [each.t for each in before]
    assert [len(each.data) for each in after] == [len(each.data) for each in before]
    assert [each.data[:8] for each in after] == [each.data[:8] for each in before]
    content = out.read_bytes()
    for text in ("tester", "secret-Pa55"):
        assert text.encode() not in content
        assert obscure(text) not in content
    assert report.datagrams == len(after)
    assert not list(tmp_path.glob(".*"))


def test_the_same_file_gives_the_same_file(tmp_path: Path) -> None:
    one, two, other = (tmp_path / name for name in ("1", "2", "3"))
    scrub_file(str(SMALL), str(one), OPTIONS)
    scrub_file(str(SMALL), str(two), OPTIONS)
    scrub_file(str(SMALL), str(other), ScrubOptions(seed=1))
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()


def test_an_original_and_what_is_no_file_are_not_replaced(tmp_path: Path) -> None:
    original, pipe, link = (tmp_path / name for name in ("in", "pipe", "link"))
    original.write_bytes(SMALL.read_bytes())
    os.mkfifo(pipe)
    link.symlink_to(original)
    for out, told in ((original, "IN and OUT"), (link, "IN and"), (pipe, "no file")):
        with pytest.raises(ScrubError, match=told):
            scrub_file(str(original), str(out), OPTIONS)
    assert pipe.is_fifo()
    assert original.read_bytes() == SMALL.read_bytes()
    scrub_file(str(SMALL), str(link), OPTIONS)
    assert link.is_symlink()
    assert original.read_bytes() != SMALL.read_bytes()


def test_a_secret_has_one_substitute_and_two_have_two() -> None:
    done = {type(b): b for b in bodies(scrubbed(owners_session()))}
    login, request, notice = done[Login], done[StreamRequest], done[ConnInfo]
    assert isinstance(login, Login)
    assert isinstance(request, StreamRequest)
    assert isinstance(notice, ConnInfo)
    assert request.username == login.username != login.password
    assert (len(login.username), len(login.password)) == (8, 16)
    assert notice.computer == login.computer
    assert notice.name == request.name
    assert notice.identity == request.identity
    assert login.token_request == request.token_request == notice.token_request
    assert request.token == notice.token != bytes(4)
    assert login.token == bytes(4)


def test_addresses_and_the_ids_made_of_them_still_match() -> None:
    # 192.168.178.20, port 52001: an id as most clients make it (PROTOCOL.md 1.3).
    own_id = 178 << 24 | 20 << 16 | CLIENT.port
    kind = PacketType.ARE_YOU_THERE
    header = Header(length=16, type=kind, seq=0, sender_id=own_id, receiver_id=0)
    call = CapturedDatagram(1, 0.0, CLIENT, RADIO, header.encode())
    found = [*owners_session(), call]
    *_, after = scrubbed(found)
    secrets, _ = look(found, OPTIONS)
    substitutes = Substitutes(secrets, 0)
    host = substitutes.host(CLIENT.host)
    third, fourth = map(int, host.split(".")[2:])
    sent = Header.decode(after.data)
    assert sent.sender_id == third << 24 | fourth << 16 | CLIENT.port
    assert host != substitutes.host(RADIO.host)
    notice = next(b for b in bodies(scrubbed(found)) if isinstance(b, ConnInfo))
    assert ".".join(map(str, notice.ip_address)) == host


def test_icom_s_hardware_addresses_stay_icom_s() -> None:
    secrets = Secrets()
    identity = bytes.fromhex("000000000000001080000090c7123456")
    secrets.identity(identity)
    substitute = Substitutes(secrets, 0).identity(identity)
    assert substitute[:13] == identity[:13]
    assert substitute[13:] != identity[13:]


def test_no_credential_of_random_sessions_is_left() -> None:
    assert soak(40, seed=7) == []


class Hole(Cleaner):
    """Forgets one kind of datagram, as a scrubber with a bug would."""

    def cleaned(self, placed: Placed) -> bytes:
        data = placed.datagram.data
        return data if len(data) == 0x90 else super().cleaned(placed)


def test_the_soak_finds_what_a_scrubber_with_a_hole_leaves() -> None:
    assert len(soak(5, 7, make_cleaner=Hole)) == 5


def test_a_hole_is_noticed_and_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out.pcap"
    with pytest.raises(ScrubError, match="by a bug: packet 10 still has"):
        scrub_file(str(SMALL), str(out), OPTIONS, make_cleaner=Hole)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", range(13))
def test_the_scan_knows_a_passcode_at_every_place(place: int) -> None:
    secrets = Secrets([b"hunter2!"])
    form = obscure(" " * place + "hunter2!"[: 16 - place])[place:]
    datagram = owners_session()[-1]
    data = datagram.data[:HEADER_SIZE] + b"--" + form
    left = Scan(secrets).left_in(CapturedDatagram(1, 0.0, CLIENT, RADIO, data))
    assert left == "a name or password as passcode"


def test_a_secret_that_no_login_shows_is_found_when_it_is_named() -> None:
    *known, audio, _ = owners_session()
    quoted = [*known, replace(audio, data=audio.data[:-9] + b"my secret")]
    options = ScrubOptions(secrets=(b"my secret",))
    assert b"my secret" in scrubbed(quoted)[-1].data
    assert b"my secret" not in scrubbed(quoted, options)[-1].data


def test_other_traffic_is_left_out_or_searched(tmp_path: Path) -> None:
    source, out = tmp_path / "in.pcap", tmp_path / "out.pcap"
    with PcapWriter(str(source), clock=lambda: 1.0) as capture:
        for each in owners_session():
            capture.note(each.source, each.destination, each.data)
        capture.note(
            Address("10.9.8.7", 53), Address("10.9.8.6", 999), b"a hunter2-and-more b"
        )
    report = scrub_file(str(source), str(out), OPTIONS)
    assert report.others == 1
    assert len(list(CaptureReader(out))) == report.datagrams
    scrub_file(str(source), str(out), ScrubOptions(keep_others=True))
    *_, last = CaptureReader(out)
    assert (last.data[:2], last.data[-2:], len(last.data)) == (b"a ", b" b", 20)
    assert b"hunter2" not in last.data
    assert not last.source.host.startswith("10.")


def test_what_cannot_be_scrubbed_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ScrubError, match="standard input"):
        scrub_file("-", str(tmp_path / "out"), OPTIONS)
    with pytest.raises(CaptureError, match="No such file"):
        scrub_file(str(tmp_path / "none"), str(tmp_path / "out"), OPTIONS)
    nothing = tmp_path / "nothing.pcap"
    PcapWriter(str(nothing)).close()
    with pytest.raises(ScrubError, match="no Icom session"):
        scrub_file(str(nothing), str(tmp_path / "out"), OPTIONS)
    with pytest.raises(ScrubError, match="No such file or directory"):
        scrub_file(str(SMALL), str(tmp_path / "no" / "out"), OPTIONS)
    with pytest.raises(ScrubError, match="Is a directory"):
        scrub_file(str(SMALL), str(tmp_path), OPTIONS)
    assert [each.name for each in tmp_path.iterdir()] == ["nothing.pcap"]


def test_ipv6_is_written_as_ipv4(tmp_path: Path) -> None:
    source, out = tmp_path / "in.pcap", tmp_path / "out.pcap"
    call = bytes.fromhex("100000000300000021cb0a0100000000")
    packet = ipv6(udp(call, CLIENT_6, RADIO_6))
    source.write_bytes(pcap([ethernet(packet, IPV6_TYPE)]))
    scrub_file(str(source), str(out), OPTIONS)
    (only,) = CaptureReader(out)
    assert (only.source, only.destination) == (
        Address("192.0.2.1", CLIENT_6.port),
        Address("192.0.2.2", RADIO_6.port),
    )
    assert len(only.data) == len(call)


def test_what_was_not_recorded_whole_stays_so(tmp_path: Path) -> None:
    source, out = tmp_path / "in.pcap", tmp_path / "out.pcap"
    with PcapWriter(str(source), clock=lambda: 1.0) as capture:
        for each in owners_session():
            size = len(each.data)
            capture.note(each.source, each.destination, each.data[:0x56], size=size)
    scrub_file(str(source), str(out), OPTIONS)
    before, after = list(CaptureReader(source)), list(CaptureReader(out))
    assert [each.cut for each in after] == [each.cut for each in before]
    assert [len(each.data) for each in after] == [len(each.data) for each in before]
    assert obscure(OWNER.username) not in out.read_bytes()


def test_the_soak_can_be_run_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rounds", "3"]) == 0
    assert capsys.readouterr().out == "3 rounds, 0 with something left\n"


def test_an_id_that_is_made_of_no_address_is_none_of_the_radios(
    tmp_path: Path,
) -> None:
    """One program writes 1 in front of the port (1.3), as 10.0.0.1 would."""
    header = Header(
        length=16,
        type=PacketType.ARE_YOU_THERE,
        seq=0,
        sender_id=1 << 16 | CLIENT.port,
        receiver_id=0,
    )
    source = tmp_path / "in.pcap"
    with PcapWriter(str(source)) as capture:
        capture.note(CLIENT, Address("10.0.0.1", 50001), header.encode())
    scrub_file(str(source), str(tmp_path / "out.pcap"), OPTIONS)
    (call,) = CaptureReader(tmp_path / "out.pcap")
    assert call.data == header.encode()


def bodies(datagrams: Iterable[CapturedDatagram]) -> list[object]:
    """Of the whole control packets."""
    found: list[object] = []
    follower = Follower()
    for each in datagrams:
        placed = follower.place(each)
        if placed is not None and len(each.data) in (0x80, 0x90):
            found.append(decode_datagram(Stream.CONTROL, each.data)[1])
    return found
