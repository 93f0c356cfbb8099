"""`icom-sim proxy`, `record` and `scrub`, as people type them."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from icom_lan import IcomRadio
from icom_proto.events import Address
from icom_sim.captures.reader import CaptureReader
from icom_sim.cli import main
from icom_sim.control.addresses import UnixAddress
from icom_sim.control.client import ControlClient
from icom_sim.proxy.sniffer import Selection
from icom_sim.radio_server import RadioServer
from icom_sim.radio_setup import RadioSetup
from sim.capture_files import CLIENT, RADIO, ipv4, ipv6, udp
from sim.icom_sim_process import ENVIRONMENT, WAIT_S

SOMEWHERE = ("proxy", "--listen", "127.0.0.1:0", "--radio", "192.0.2.1")
ANYBODY = Address(CLIENT.host, 53), Address(RADIO.host, 9)
A_CALL = bytes.fromhex("100000000300000021cb0a0100000000")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("proxy",), ("--radio",)),
        (("proxy", "--radio", "x:0"), ("'x:0'", "1 to 65533")),
        (("proxy", "--radio", "x:y"), ("'x:y'", "HOST:PORT")),
        (("proxy", "--radio", "127.0.0.1"), ("talk to itself", "--listen")),
        ((*SOMEWHERE, "--record-from", "ptt"), ("--record FILE",)),
        ((*SOMEWHERE, "--record-from", "noon"), ("noon", "ptt", "streams_granted")),
        ((*SOMEWHERE, "--loss", "300"), ("300", "0 to 100")),
        ((*SOMEWHERE, "--rule", "lost:5"), ("lost",)),
        ((*SOMEWHERE, "--network", "tin-can"), ("tin-can", "wifi-lossy")),
        ((*SOMEWHERE, "--duration", "0"), ("duration", "more than 0")),
        ((*SOMEWHERE, "--record", "no/such/x.pcap"), ("no/such", "No such file")),
        (("record", "--out", "x.pcap", "--ports", "5-3"), ("'5-3'", "1 to 65535")),
        (("record", "--out", "x.pcap", "--ports", "70000"), ("'70000'",)),
        (("record",), ("--out",)),
        (("scrub", "a.pcap"), ("OUT.pcap",)),
        (("scrub", "a.pcap", "b.pcap", "--secret", "abc"), ("at least 4",)),
    ],
)
def test_a_mistake_is_one_line_and_status_2(
    words: tuple[str, ...],
    said: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert complaint(words, 2, monkeypatch, capsys, said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        # Without rights it is those that are missing.
        (("record", "--interface", "nope", "--out", "x.pcap"), ("interface",)),
        (("scrub", "missing.pcap", "b.pcap"), ("missing.pcap", "No such file")),
        (("scrub", "-", "b.pcap"), ("standard input",)),
        (("scrub", __file__, "b.pcap"), ("no capture",)),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_1(
    words: tuple[str, ...],
    said: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert complaint(words, 1, monkeypatch, capsys, said)
    assert list(tmp_path.iterdir()) == []


def complaint(
    words: tuple[str, ...],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: tuple[str, ...],
) -> str:
    monkeypatch.setattr(sys, "argv", ["icom-sim", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    output, errors = capsys.readouterr()
    assert (ended.value.code, output, errors.count("\n")) == (status, "", 1)
    for part in said:
        assert part in errors
    return errors


def test_the_proxy_records_a_session_over_a_bad_network_and_takes_orders(
    tmp_path: Path,
) -> None:
    path, control = tmp_path / "session.pcap", tmp_path / "orders"

    async def program() -> list[dict[str, Any]]:
        loop = asyncio.get_running_loop()
        async with RadioServer(RadioSetup(), listener=lambda *_: None) as server:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "icom_sim", "proxy", "--events", "jsonl"),
                *("--radio", f"127.0.0.1:{server.control_port}"),
                *("--listen", "127.0.0.1:0", "--loss", "2", "--seed", "1"),
                *("--record", str(path), "--control", str(control)),
                env=ENVIRONMENT,
                stdout=asyncio.subprocess.PIPE,
            )
            assert process.stdout is not None
            async with asyncio.timeout(WAIT_S):
                first = json.loads(await process.stdout.readline())
                port = first["control_port"]
                async with radio_at(port) as radio:
                    assert await radio.get_frequency() == 14_074_000
                    order = await loop.run_in_executor(None, ask, control)
                    await radio.set_ptt(True)
                    await radio.set_ptt(False)
                process.send_signal(signal.SIGINT)
                rest, _ = await process.communicate()
        assert process.returncode == 0
        assert order == 2
        return [first, *map(json.loads, rest.decode().splitlines())]

    def radio_at(port: int) -> IcomRadio:
        return IcomRadio("127.0.0.1", port=port, username="icom", password="icom")

    def ask(where: Path) -> object:
        with ControlClient(UnixAddress(str(where))) as client:
            return client.order("net-add", {"rule": "duplicate:50"})

    told = asyncio.run(program())
    names = [each["event"] for each in told]
    assert names[:3] == ["relaying", "session_opened", "streams_granted"]
    assert names[-2:] == ["relayed", "summary"]
    assert {"ptt", "session_closed"} <= set(names)
    recorded = list(CaptureReader(path))
    assert len(recorded) == told[-2]["recorded"]
    ours = [told[0][f"{stream}_port"] for stream in ("control", "civ", "audio")]
    assert all(
        (each.source.port in ours) is not (each.destination.port in ours)
        for each in recorded
    )


def test_of_what_is_heard_only_icom_s_is_kept() -> None:
    call = ipv4(udp(A_CALL))
    selection = Selection()
    kept = selection.take(call, 5.0)
    assert kept is not None
    assert (kept.t, kept.source, kept.destination, kept.data) == (
        *(5.0, CLIENT, RADIO, A_CALL),
    )
    stranger = ipv4(udp(b"not Icom's", *ANYBODY))
    assert selection.take(stranger, 6.0) is None
    assert selection.take(ipv6(), 7.0) is None
    assert selection.take(b"", 8.0) is None
    assert selection.take(ipv4(b"x" * 20, protocol=6), 8.0) is None


def test_ports_decide_instead_if_they_are_given() -> None:
    stranger = ipv4(udp(b"not Icom's", *ANYBODY))
    assert Selection((range(9, 10),)).take(stranger, 0.0) is not None
    assert Selection((range(10, 53),)).take(stranger, 0.0) is None
