"""A radio that is lost and comes back, over real UDP."""

import asyncio
import logging
from typing import Any

import pytest

import icom_lan
from icom_lan import AudioFormatError, AudioRecoveryState, IcomRadio
from icom_proto.events import AudioReceived
from lan.fake_session import RECOVERED, RECOVERING, Told
from lan.fast_loop import fast
from lan.radio_server import LOOPBACK, RadioServer, radio_at

UNKEY = b"\x1c\x00\x00"
BLOCK = bytes(1920)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"reconnect_delay": 0}, "reconnect_delay"),
        ({"reconnect_delay": 61.0}, "at most reconnect_max_delay"),
        ({"watchdog_timeout": 0}, "watchdog_timeout"),
    ],
)
def test_times_that_cannot_be_are_refused(
    arguments: dict[str, Any], match: str
) -> None:
    with pytest.raises(ValueError, match=match):
        IcomRadio(LOOPBACK, **arguments)


def test_a_callback_that_is_none_is_refused_at_once() -> None:
    wrong: Any = "print"
    with pytest.raises(TypeError, match="on_audio_recovery"):
        IcomRadio(LOOPBACK, on_audio_recovery=wrong)


def test_the_states_are_strings() -> None:
    assert [str(state) for state in AudioRecoveryState] == [
        "recovering",
        "recovered",
        "failed",
    ]


@fast
async def test_a_radio_that_comes_back_is_used_again_and_meanwhile_calls_say_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "icom_lan.reconnect")
    async with RadioServer() as first:
        radio = radio_at(
            first, auto_reconnect=True, watchdog_timeout=10, reconnect_delay=1
        )
        await radio.connect()
        await radio.set_ptt(True)
        asked = asyncio.create_task(a_read_that_hangs(first, radio))
        await first.once(lambda: b"\x04" in first.bodies or None)
    with pytest.raises(icom_lan.ConnectionError, match="fell silent"):
        await asked
    assert not radio.connected
    with pytest.raises(icom_lan.ConnectionError, match=r"Not connected.*reconnecting"):
        await radio.get_frequency()
    async with RadioServer(first.port) as second:
        await second.once(lambda: UNKEY in second.bodies or None)
        assert await radio.get_frequency() == 14_074_000
        assert second.bodies == [UNKEY, b"\x03"]
        await radio.disconnect()
        await second.released()


async def a_read_that_hangs(server: RadioServer, radio: IcomRadio) -> None:
    server.answers[b"\x04"] = None
    await radio.get_mode()


@fast
async def test_a_radio_that_another_client_holds_is_waited_for() -> None:
    async with RadioServer() as first:
        radio = radio_at(
            first, auto_reconnect=True, watchdog_timeout=10, reconnect_delay=1
        )
        await radio.connect()
    async with RadioServer(first.port) as second, radio_at(second):
        loop = asyncio.get_running_loop()
        began = loop.time()
        logins = second.once(lambda: True if second.logins >= 3 else None)
        await logins
        assert loop.time() - began >= 15, "refused, it came again at once"
        assert not radio.connected
        await radio.disconnect()


@fast
async def test_a_session_on_which_nothing_happens_is_not_lost() -> None:
    async with RadioServer() as server:
        radio = radio_at(server, auto_reconnect=True, watchdog_timeout=10)
        await radio.connect()
        closing = asyncio.create_task(radio.wait_closed())
        await asyncio.wait([closing], timeout=25)
        assert not closing.done()
        assert server.logins == 1
        await radio.disconnect()
        await closing


@pytest.mark.parametrize(
    ("watchdog_s", "least_s", "most_s"), [(3.0, 2.0, 14.0), (20.0, 19.0, 60.0)]
)
@fast
async def test_the_watchdog_says_how_long_silence_is_borne(
    watchdog_s: float, least_s: float, most_s: float
) -> None:
    async with RadioServer() as server:
        radio = radio_at(server, watchdog_timeout=watchdog_s)
        await radio.connect()
        loop = asyncio.get_running_loop()
        began = loop.time()
        server.vanish()
        with pytest.raises(icom_lan.ConnectionError, match="fell silent"):
            await radio.wait_closed()
        assert least_s <= loop.time() - began < most_s
        await radio.disconnect()


# ---- audio ---------------------------------------------------------------------------


@pytest.mark.parametrize("failures", [0, 3])
@fast
async def test_full_duplex_comes_back_in_the_same_form_after_any_number_of_attempts(
    failures: int,
) -> None:
    """Each direction in its own: RX in frames of 10 ms stereo, TX in 40 ms mono."""
    heard: list[bytes | None] = []
    told = Told()
    async with RadioServer() as first:
        radio = recovering_radio(first, told)
        await radio.connect()
        await radio.start_audio_rx_pcm(heard.append, channels=2, frame_ms=10)
        await radio.start_audio_tx_pcm(frame_ms=40)
        first.play(BLOCK)
        await first.once(lambda: True if len(heard) > 10 else None)
        await radio.push_audio_tx_pcm(bytes(2 * 1920))
    await told.until(1)
    heard.clear()
    with pytest.raises(icom_lan.ConnectionError, match="reconnecting"):
        await radio.push_audio_tx_pcm(bytes(2 * 1920))
    if failures:
        await refused(first.port, failures)
    async with RadioServer(first.port) as second:
        await told.until(2)
        assert told.states == [RECOVERING, RECOVERED]
        second.play(BLOCK)
        await second.once(lambda: True if len(heard) > 10 else None)
        assert {len(frame) for frame in heard if frame is not None} == {1920}
        await radio.push_audio_tx_pcm(bytes(2 * 1920))
        with pytest.raises(AudioFormatError):
            await radio.push_audio_tx_pcm(bytes(1920))
        await second.until(AudioReceived)
        await radio.disconnect()
        await second.released()


@fast
async def test_audio_that_was_stopped_while_the_radio_was_gone_stays_stopped() -> None:
    heard: list[bytes | None] = []
    told = Told()
    async with RadioServer() as first:
        radio = recovering_radio(first, told)
        await radio.connect()
        await radio.start_audio_rx_pcm(heard.append)
        await radio.start_audio_tx_pcm()
    await told.until(1)
    await radio.stop_audio_rx_pcm()
    async with RadioServer(first.port) as second:
        await told.until(2)
        second.play(BLOCK)
        await radio.push_audio_tx_pcm(bytes(1920))
        await second.until(AudioReceived)
        assert heard == []
        await radio.start_audio_rx_pcm(heard.append)
        await second.once(lambda: True if heard else None)
        await radio.disconnect()


@fast
async def test_audio_that_shall_not_come_back_can_be_started_again() -> None:
    heard: list[bytes | None] = []
    told = Told()
    async with RadioServer() as first:
        radio = recovering_radio(first, told, auto_recover_audio=False)
        await radio.connect()
        await radio.start_audio_rx_pcm(heard.append)
    async with RadioServer(first.port) as second:
        second.play(BLOCK)
        await second.once(lambda: None if radio.connected else True)
        await second.once(lambda: True if radio.connected else None)
        await radio.start_audio_rx_pcm(heard.append)
        await second.once(lambda: True if heard else None)
        assert told.states == []
        await radio.disconnect()


def recovering_radio(
    server: RadioServer,
    told: Told,
    **changes: Any,  # noqa: ANN401
) -> IcomRadio:
    defaults: dict[str, Any] = {"auto_reconnect": True, "on_audio_recovery": told}
    defaults |= {"watchdog_timeout": 10, "reconnect_delay": 0.5}
    defaults |= {"reconnect_max_delay": 5.0}
    return radio_at(server, **defaults | changes)


async def refused(port: int, times: int) -> None:
    """A radio for which the password is right, but which refuses the streams."""
    async with RadioServer(port, rx_codecs=()) as server:
        await server.once(lambda: True if server.logins >= times else None)
