"""The seven old names: they work, and warn where they are called."""

import inspect
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from icom_lan import ConnectionError, IcomRadio, __version__
from icom_lan.deprecation import DEPRECATED_SINCE, REMOVED_IN
from lan.audio_bench import Listener, play_bytes, sent, start
from lan.fast_loop import fast
from lan.radio_server import RadioServer, radio_at

OLD = (
    "start_audio_rx",
    "stop_audio_rx",
    "start_audio_tx",
    "push_audio_tx",
    "stop_audio_tx",
    "start_audio",
    "stop_audio",
)
ARGUMENTS: dict[str, tuple[object, ...]] = {
    "start_audio_rx": (print,),
    "push_audio_tx": (bytes(1920),),
    "start_audio": (print,),
}
BLOCK = bytes(range(1, 241)) * 8  # 20 ms


def method(radio: IcomRadio, name: str) -> Callable[..., Coroutine[Any, Any, None]]:
    found: Callable[..., Coroutine[Any, Any, None]] = getattr(radio, name)
    return found


@pytest.mark.check("1.15", "1.16", "1.17", "1.18", "1.19", "1.20", "1.21", "1.23")
@pytest.mark.parametrize("name", OLD)
def test_an_old_name_warns_at_the_callers_line_and_names_the_new_one(name: str) -> None:
    """API.md 17, 25: the line was the library's own, and filters hid it."""
    radio = IcomRadio("192.0.2.1")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")  # as Python has it: only for __main__'s lines
        warnings.filterwarnings("always", module=__name__)
        call = method(radio, name)
        line = inspect.stack()[0].lineno + 1
        coroutine = call(*ARGUMENTS.get(name, ()))
    coroutine.close()
    (warning,) = caught
    assert warning.category is DeprecationWarning
    assert (warning.filename, warning.lineno) == (__file__, line)
    text = str(warning.message)
    assert f"IcomRadio.{name}() is deprecated" in text
    assert f"use IcomRadio.{name}_opus()" in text
    assert REMOVED_IN in text


@pytest.mark.check("1.22")
def test_the_old_names_stay_for_two_minor_releases() -> None:
    since, until = DEPRECATED_SINCE.split("."), REMOVED_IN.split(".")
    assert since[0] == until[0]
    assert int(until[1]) - int(since[1]) == 2
    now = [int(part) for part in __version__.split(".")]
    assert [int(part) for part in since] <= now < [int(part) for part in until]


@pytest.mark.check("1.14", "13.8")
@pytest.mark.parametrize("name", OLD)
def test_a_new_name_does_not_warn(name: str) -> None:
    radio = IcomRadio("192.0.2.1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        method(radio, f"{name}_opus")(*ARGUMENTS.get(name, ())).close()


@pytest.mark.parametrize("name", ["start_audio_rx", "start_audio_tx", "push_audio_tx"])
async def test_an_old_name_raises_what_the_new_one_does(name: str) -> None:
    with (
        pytest.warns(DeprecationWarning, match=name),
        pytest.raises(ConnectionError, match="Not connected to radio"),
    ):
        await method(IcomRadio("192.0.2.1"), name)(*ARGUMENTS.get(name, ()))


def test_an_old_name_takes_what_the_new_one_takes() -> None:
    for name in OLD:
        old, new = getattr(IcomRadio, name), getattr(IcomRadio, f"{name}_opus")
        assert inspect.signature(old) == inspect.signature(new)
        assert old.__name__ == name
        assert f"{name}_opus" in old.__doc__


@pytest.mark.check("13.1", "13.2", "13.3", "13.4", "13.5", "13.6", "13.7")
@pytest.mark.filterwarnings("ignore:IcomRadio")
@fast
async def test_old_names_do_what_the_new_ones_do() -> None:
    async with RadioServer() as server, radio_at(server) as radio:
        await start(server)
        listener = Listener(server)

        async def hear(count: int) -> None:
            await play_bytes(server, BLOCK)
            await listener.until(count)

        def state() -> object:
            return radio.get_audio_stats()["state"]

        await radio.start_audio_rx(listener)
        await hear(2)
        assert state() == "receiving"
        await radio.start_audio_tx()
        assert state() == "transmitting"
        await radio.push_audio_tx(BLOCK)
        assert await sent(server, 2) == BLOCK
        await radio.stop_audio_tx()
        assert state() == "receiving"
        await radio.stop_audio_rx()
        assert state() == "idle"
        await radio.start_audio(listener, tx_enabled=True)
        await hear(4)
        assert state() == "transmitting"
        await radio.stop_audio()
        assert state() == "idle"
