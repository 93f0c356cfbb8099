"""Every way in which connecting fails: typed, prompt, telling what to check."""

import asyncio
import logging
import socket
import threading

import pytest

import icom_lan
from icom_lan import IcomLanError, IcomRadio
from icom_lan.exceptions import error_for
from icom_proto.credentials import obscure
from icom_proto.events import ClientGranted, CloseReason, Output, RadioBusy
from lan.fast_loop import fast
from lan.radio_server import LOOPBACK, PASSWORD, USERNAME, RadioServer, radio_at

SECRETS = (PASSWORD, PASSWORD.encode(), obscure(PASSWORD), obscure(PASSWORD).hex())


def assert_no_secret(text: str) -> None:
    for secret in SECRETS:
        for form in (secret, repr(secret)[2:-1]):
            assert str(form) not in text


@fast
async def test_a_wrong_password_is_an_authentication_error_without_the_password() -> (
    None
):
    async with RadioServer() as server:
        radio = radio_at(server, password="Wr0ng-Pa55word")
        with pytest.raises(icom_lan.AuthenticationError, match="check user") as caught:
            await radio.connect()
        assert "Wr0ng" not in str(caught.value) + repr(caught.value) + repr(radio)
        assert not radio.connected
        # The next attempt is free to succeed.
        async with radio_at(server) as radio:
            assert radio.connected


@fast
async def test_a_host_that_does_not_answer_is_a_timeout_that_says_where() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind((LOOPBACK, 0))
        port = deaf.getsockname()[1]
        loop = asyncio.get_running_loop()
        radio = IcomRadio(LOOPBACK, port=port, timeout=2)
        began = loop.time()
        with pytest.raises(icom_lan.TimeoutError, match="within 2 s") as caught:
            await radio.connect()
        assert f"{LOOPBACK}:{port}: nothing answered" in str(caught.value)
        assert loop.time() >= began + 2


@fast
async def test_a_port_where_nothing_listens_is_told_apart_from_silence() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind((LOOPBACK, 0))
        port = gone.getsockname()[1]
    radio = IcomRadio(LOOPBACK, port=port, timeout=2)
    with pytest.raises(icom_lan.TimeoutError, match="Connection refused"):
        await radio.connect()


@fast
async def test_a_name_that_cannot_be_resolved_is_a_connection_error() -> None:
    for host in (
        "no-such-host.invalid",
        "a" * 64 + ".invalid",
        "bad host",
        "a\0b",
        "::1",
        "",
    ):
        with pytest.raises(
            icom_lan.ConnectionError, match=r"cannot be resolved .* IPv4"
        ):
            await IcomRadio(host, timeout=100).connect()


@fast
async def test_a_name_is_resolved() -> None:
    async with RadioServer() as server:
        radio = IcomRadio(
            "localhost",
            port=server.port,
            username=USERNAME,
            password=PASSWORD,
            timeout=100,
        )
        async with radio:
            assert await radio.get_frequency() == 14_074_000


@fast
async def test_a_slow_name_server_holds_up_neither_the_timeout_nor_cancelling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, answer = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow(*_: object) -> None:
        loop.call_soon_threadsafe(asked.set)
        answer.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(icom_lan.TimeoutError, match="the host name is not resolved"):
        await IcomRadio("slow.example", timeout=0.5).connect()
    asked.clear()
    connecting = asyncio.create_task(IcomRadio("slow.example").connect())
    await asked.wait()
    connecting.cancel()
    await asyncio.wait([connecting])
    assert connecting.cancelled()
    answer.set()


@fast
async def test_an_address_without_a_route_is_a_connection_error() -> None:
    with pytest.raises(icom_lan.ConnectionError, match="cannot be reached from here"):
        await IcomRadio("255.255.255.255", timeout=2).connect()


def test_an_answer_of_the_name_server_after_the_program_ended_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = threading.Event()
    failures: list[object] = []

    def slow(*_: object) -> None:
        answer.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr(threading, "excepthook", failures.append)
    with pytest.raises(icom_lan.TimeoutError):
        asyncio.run(IcomRadio("slow.example", timeout=0.01).connect())
    asking = [each for each in threading.enumerate() if "resolve" in each.name]
    assert asking
    answer.set()
    for each in asking:
        each.join(20)
    assert failures == []


@fast
async def test_a_busy_radio_is_told_with_who_holds_it() -> None:
    async with RadioServer() as server, radio_at(server) as first:
        second = radio_at(server)
        with pytest.raises(icom_lan.RadioBusyError, match="another client") as caught:
            await second.connect()
        assert isinstance(caught.value, icom_lan.ConnectionError)
        assert caught.value.computer == socket.gethostname()[:16]
        assert caught.value.ip_address == LOOPBACK
        assert await first.get_frequency() == 14_074_000


@fast
async def test_streams_that_are_taken_back_while_connecting_leave_nothing_open() -> (
    None
):
    async with RadioServer() as server:

        def take_back(event: Output) -> None:
            if isinstance(event, ClientGranted):
                server.driver.apply(server.core.force_disconnect)

        server.on_any = take_back
        with pytest.raises(icom_lan.ConnectionError, match="closed the streams"):
            await radio_at(server).connect()
        assert server.core.clients == ()


@fast
async def test_a_radio_whose_data_ports_cannot_exist_is_a_connection_error() -> None:
    # It names none, and there is none behind the last one.
    async with RadioServer(port=65535, civ_port=0, audio_port=0) as server:
        with pytest.raises(icom_lan.ConnectionError, match="port must be"):
            await radio_at(server).connect()
        assert server.core.clients == ()


@fast
async def test_a_radio_that_refuses_the_codec_is_a_connection_error() -> None:
    async with RadioServer(rx_codecs=()) as server:
        with pytest.raises(icom_lan.ConnectionError, match="codec") as caught:
            await radio_at(server).connect()
        assert not isinstance(caught.value, icom_lan.RadioBusyError)
        await server.released()


@pytest.mark.parametrize("reason", CloseReason)
def test_every_reason_has_an_error_that_says_where_what_and_what_to_check(
    reason: CloseReason,
) -> None:
    error = error_for(reason, "radio.local:50001", "some detail")
    assert isinstance(error, IcomLanError)
    text = str(error)
    assert text.startswith(f"radio.local:50001: {reason.value} (some detail); ")
    assert "\n" not in text


def test_a_busy_error_names_as_much_of_the_holder_as_the_radio_tells() -> None:
    hidden = error_for(CloseReason.BUSY, "x", holder=RadioBusy("", "0.0.0.0"))
    assert "by another client; " in str(hidden)
    unnamed = error_for(CloseReason.BUSY, "x", holder=RadioBusy("", "10.0.0.2"))
    assert "by another client (unnamed at 10.0.0.2); " in str(unnamed)


@fast
async def test_no_credential_appears_in_logs_or_representations(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with RadioServer() as server:
        async with radio_at(server) as radio:
            await radio.get_frequency()
            assert_no_secret(repr(radio) + repr(vars(radio)))
        await server.released()
    text = "\n".join(f"{each.getMessage()} {vars(each)}" for each in caplog.records)
    assert "session is ready" in text
    assert_no_secret(text)


@fast
async def test_logs_can_be_filtered_by_session_and_by_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "icom_lan")
    async with RadioServer() as server, radio_at(server):
        session = f"{LOOPBACK}:{server.port}"
    records = [each for each in caplog.records if each.name.startswith("icom_lan.")]
    assert {getattr(each, "session", None) for each in records} == {session}
    streams = {(each.name, getattr(each, "stream", None)) for each in records}
    assert streams == {
        ("icom_lan.control", "control"),
        ("icom_lan.civ", "civ"),
        ("icom_lan.audio", "audio"),
    }


@fast
async def test_a_radio_that_the_server_does_not_have_is_named_with_those_it_has() -> (
    None
):
    async with RadioServer() as server:
        radio = radio_at(server, radio_name="Shack")
        with pytest.raises(icom_lan.ConnectionError, match="IC-7610"):
            await radio.connect()
        async with radio_at(server, radio_name="IC-7610") as radio:
            assert radio.name == "IC-7610"
