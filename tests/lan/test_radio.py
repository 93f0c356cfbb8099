"""IcomRadio against the core's radio role over real UDP: sessions and commands."""

import asyncio
from typing import Any

import pytest

import icom_lan
from icom_lan import (
    AudioCodec,
    AudioFormatError,
    CivFrame,
    CommandError,
    IcomRadio,
    Mode,
)
from icom_proto.codes import Codec
from icom_proto.events import ClientGranted, ClientLeft, CloseReason
from lan.fast_loop import fast
from lan.radio_server import LOOPBACK, RadioServer, radio_at


@fast
async def test_the_frequency_is_read_and_set() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        assert await radio.get_frequency() == 14_074_000
        await radio.set_frequency(7_100_500)
        assert server.bodies[-1] == bytes.fromhex("05 00 05 10 07 00")


@fast
async def test_mode_and_filter_are_read_and_set() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[b"\x04"] = b"\x04\x03\x02"
        assert await radio.get_mode() is Mode.CW
        await radio.set_mode(Mode.USB)
        await radio.set_mode("rtty-r", 2)
        assert server.bodies[-2:] == [b"\x06\x01", b"\x06\x08\x02"]


@fast
async def test_a_mode_without_a_name_survives() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[b"\x04"] = b"\x04\x77\x01"
        assert await radio.get_mode() == 0x77


@fast
async def test_the_s_meter_is_read() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[b"\x15\x02"] = b"\x15\x02\x01\x20"
        assert await radio.get_s_meter() == 120


@fast
async def test_any_command_can_be_sent_and_its_answer_is_taken_apart() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[b"\x1a\x05\x01\x18"] = b"\x1a\x05\x01\x18\x03"
        answer = await radio.send_civ(0x1A, 0x05, b"\x01\x18")
        assert answer == CivFrame(0xE0, 0x98, 0x1A, 0x05, b"\x01\x18\x03")
        answer = await radio.send_civ(0x14, 0x01, b"\x01\x28")
        assert answer == CivFrame(0xE0, 0x98, 0xFB)
        assert (await radio.send_civ(0x03)).data == b"\x00\x40\x07\x14\x00"


@fast
async def test_commands_of_many_tasks_are_all_answered() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[b"\x04"] = b"\x04\x03\x02"
        reads = [radio.get_frequency() for _ in range(50)]
        modes = [radio.get_mode() for _ in range(50)]
        assert await asyncio.gather(*reads) == [14_074_000] * 50
        assert await asyncio.gather(*modes) == [Mode.CW] * 50


@fast
async def test_a_refused_command_is_a_command_error_that_names_it() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[b"\x14\x01"] = b"\xfa"
        with pytest.raises(CommandError, match="14 01"):
            await radio.send_civ(0x14, 0x01)
        assert await radio.get_frequency() == 14_074_000


@fast
async def test_an_answer_that_makes_no_sense_is_a_command_error() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[b"\x03"] = b"\x03\xff"
        with pytest.raises(CommandError, match="makes no sense"):
            await radio.get_frequency()


@fast
async def test_a_command_without_an_answer_ends_at_the_timeout() -> None:
    async with RadioServer() as server, radio_at(server, timeout=2) as radio:
        server.answers[b"\x04"] = None
        with pytest.raises(icom_lan.TimeoutError, match="04 within 2 s"):
            await radio.get_mode()


@fast
async def test_a_timeout_is_the_builtin_one_too() -> None:
    async with RadioServer() as server, radio_at(server, timeout=2) as radio:
        server.answers[b"\x04"] = None
        with pytest.raises(TimeoutError):
            await radio.get_mode()


@pytest.mark.parametrize(
    ("change", "arguments"),
    [
        ("set_frequency", (-1,)),
        ("set_frequency", (10**12,)),
        ("set_mode", ("LOUD",)),
        ("set_mode", (Mode.USB, 4)),
        ("send_civ", (0x14, 0x01, b"\xfd")),
    ],
)
@fast
async def test_what_no_radio_can_do_is_refused_before_anything_is_sent(
    change: str, arguments: tuple[object, ...]
) -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        before = list(server.bodies)
        with pytest.raises(ValueError, match=r"."):
            await getattr(radio, change)(*arguments)
        await radio.get_frequency()
        assert server.bodies == [*before, b"\x03"]


@fast
async def test_a_frequency_that_is_no_whole_number_of_hz_is_a_type_error() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        in_megahertz: Any = 14.074
        with pytest.raises(TypeError, match="float"):
            await radio.set_frequency(in_megahertz)


@fast
async def test_the_word_off_does_not_key_the_radio() -> None:
    """A string that is not empty is true, as one from a command line is."""
    async with RadioServer() as server, radio_at(server) as radio:
        before, word = list(server.bodies), "off"
        with pytest.raises(TypeError, match="True or False, not 'off'"):
            await radio.set_ptt(word)  # type: ignore[arg-type]
        await radio.get_frequency()
        assert server.bodies == [*before, b"\x03"]


@pytest.mark.parametrize("when", ["before connect", "after disconnect"])
@fast
async def test_without_a_session_every_call_says_so(when: str) -> None:
    async with RadioServer() as server:
        radio = radio_at(server)
        if when == "after disconnect":
            await radio.connect()
            await radio.disconnect()
        assert not radio.connected
        for call in (
            radio.get_frequency(),
            radio.set_ptt(True),
            radio.start_audio_rx_opus(print),
            radio.push_audio_tx_opus(b""),
            radio.wait_closed(),
        ):
            with pytest.raises(icom_lan.ConnectionError, match="Not connected to"):
                await call
        await radio.stop_audio_rx_opus()
        await radio.stop_audio_tx_opus()
        await radio.disconnect()


@fast
async def test_connecting_twice_is_refused_and_again_after_disconnect_works() -> None:
    async with RadioServer() as server:
        radio = radio_at(server)
        await radio.connect()
        with pytest.raises(RuntimeError, match="Already connected"):
            await radio.connect()
        await radio.disconnect()
        await radio.connect()
        assert await radio.get_frequency() == 14_074_000
        await radio.disconnect()


@fast
async def test_two_tasks_that_connect_get_one_session_and_one_error() -> None:
    async with RadioServer() as server:
        radio = radio_at(server)
        both = await asyncio.gather(
            radio.connect(), radio.connect(), return_exceptions=True
        )
        assert both[0] is None
        assert isinstance(both[1], RuntimeError)
        assert len(server.core.clients) == 1
        await radio.disconnect()
        await server.released()


@fast
async def test_the_session_is_what_was_asked_for() -> None:
    async with (
        RadioServer() as server,
        radio_at(
            server, audio_codec=AudioCodec.ULAW_2CH, audio_sample_rate=8000
        ) as radio,
    ):
        granted = await server.until(ClientGranted)
        assert (granted.rx_codec, granted.rx_rate_hz) == (Codec.ULAW_STEREO, 8000)
        assert (granted.tx_codec, granted.tx_rate_hz) == (Codec.ULAW_MONO, 8000)
        assert radio.name == "IC-7610"
        assert repr(radio) == f"<IcomRadio {LOOPBACK}:{server.port} connected>"


@fast
async def test_without_audio_there_is_no_audio_stream() -> None:
    async with RadioServer() as server, radio_at(server, audio=False) as radio:
        granted = await server.until(ClientGranted)
        assert (granted.rx_codec, granted.tx_codec) == (Codec.NONE, Codec.NONE)
        assert await radio.get_frequency() == 14_074_000
        with pytest.raises(icom_lan.AudioError, match="audio="):
            await radio.start_audio_rx_opus(print)
        with pytest.raises(icom_lan.AudioError, match="audio="):
            await radio.start_audio_tx_opus()


@fast
async def test_the_address_of_the_radio_can_be_given() -> None:
    async with (
        RadioServer() as server,
        radio_at(server, radio_addr=0x50) as radio,
    ):
        asking = asyncio.create_task(radio.get_frequency())
        await server.once(lambda: b"\x03" in server.bodies or None)
        assert set(server.addressed) == {0x50}
        asking.cancel()
        await asyncio.wait([asking])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"port": 0}, ValueError),
        ({"port": 65536}, ValueError),
        ({"timeout": 0}, ValueError),
        ({"audio_codec": 3}, ValueError),
        ({"port": 50001.0}, TypeError),
        ({"audio_sample_rate": 48000.0}, TypeError),
        ({"radio_addr": 152.0}, TypeError),
        ({"on_audio_recovery": 1}, TypeError),
        ({"on_audio_recovery": asyncio.sleep}, TypeError),
        ({"audio_sample_rate": 9600}, AudioFormatError),
        ({"radio_addr": 0x198}, ValueError),
        ({"radio_addr": 0}, ValueError),
        ({"radio_addr": 0xFD}, ValueError),
        ({"username": "seventeen letters"}, ValueError),
        ({"password": "not in ASCII: ü"}, ValueError),
    ],
)
def test_arguments_are_checked_before_connecting(
    arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        IcomRadio(LOOPBACK, **arguments)
    assert "ü" not in str(caught.value)


@fast
async def test_leaving_the_context_releases_the_radio() -> None:
    async with RadioServer() as server:
        async with radio_at(server):
            assert server.held
        await server.released()
        assert (await server.until(ClientLeft)).reason is CloseReason.PEER_DISCONNECT


@fast
async def test_an_exception_in_the_context_releases_the_radio_and_passes() -> None:
    async with RadioServer() as server:
        with pytest.raises(ZeroDivisionError):
            async with radio_at(server):
                _ = 1 / 0
        await server.released()


@fast
async def test_a_radio_that_says_goodbye_ends_waiting_calls() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.answers[b"\x04"] = None
        server.on_body = lambda body: server.close() if body == b"\x04" else None
        with pytest.raises(icom_lan.ConnectionError, match="said goodbye"):
            await radio.get_mode()
        with pytest.raises(icom_lan.ConnectionError, match="said goodbye"):
            await radio.wait_closed()
        with pytest.raises(icom_lan.ConnectionError, match="Not connected to radio"):
            await radio.get_mode()
        assert not radio.connected


@fast
async def test_waiting_for_the_end_returns_after_disconnect() -> None:
    async with RadioServer() as server:
        radio = radio_at(server)
        await radio.connect()
        waiting = asyncio.create_task(radio.wait_closed())
        await asyncio.sleep(0)
        await radio.disconnect()
        await waiting


@fast
async def test_a_radio_that_takes_the_streams_away_ends_the_session() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.driver.apply(server.core.force_disconnect)
        with pytest.raises(icom_lan.ConnectionError, match="closed the streams"):
            await radio.wait_closed()


@fast
async def test_a_radio_that_vanishes_is_noticed() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        server.vanish()
        with pytest.raises(icom_lan.ConnectionError, match="fell silent"):
            await radio.wait_closed()
