"""Fake radios as pytest fixtures. Installed, it is there: nothing to import.

    async def test_my_client_tunes(icom_radio):
        async with MyClient(icom_radio.host, icom_radio.port) as client:
            await client.tune(7_074_000)
        assert icom_radio.frequency_hz == 7_074_000

`icom_radio` is fresh for each test, `icom_radio_session` one for all; both are on free
ports of this machine, so that tests may run side by side. `icom_virtual` runs a test of
an asyncio client in simulated time. Markers say what kind of radio it is. The report of
a test that failed names the seed and the scenario, and keeps a capture.

Everything else is imported when a test asks for a radio: the plugin is loaded in every
pytest run of whoever has this package installed.
"""

import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from icom_sim.harness.ear import Ear
    from icom_sim.harness.golden import GoldenLog
    from icom_sim.harness.handle import RadioHandle
    from icom_sim.harness.loop_thread import LoopThread
    from icom_sim.harness.recipe import Recipe
    from icom_sim.harness.recorded import RecordedRadio
    from icom_sim.harness.replayed import ReplayedRadio
    from icom_sim.harness.virtual import VirtualRadio

MARKERS: Final = {
    "model": "(name): which radio icom_radio is; `icom-sim models` lists them",
    "dialect": "(name=None, **knobs): how it behaves; `icom-sim dialects` lists both",
    "network": "(*rules): presets and rules of its network, as `icom-sim net rules`",
    "audio": "(source): what it hears, as `icom-sim serve --audio`",
    "scenario": "(name): a scenario of `icom-sim scenarios`, or a file; judged at the"
    " end of the radio",
    "seed": "(number): decides all chance of the radio and its network",
}
REPLAY: Final = "icom_replay"
REPLAY_MARKER: Final = (
    f"{REPLAY}(file, session=None, speed=1, loop=False, fallback=None): what"
    " icom_replay() plays, a capture by its path from the test file"
)
CAPTURES: Final = ".icom-captures"
_RADIOS = pytest.StashKey[list["RecordedRadio"]]()
_SHARED = pytest.StashKey["RadioHandle"]()
_SHARED_NAME: Final = "icom_radio_session"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("icom-sim", "fake Icom radios")
    group.addoption(
        "--icom-seed",
        type=int,
        metavar="N",
        help="seed of all fake radios; default: one for each test, made of its name",
    )
    group.addoption(
        "--icom-captures",
        default=CAPTURES,
        metavar="DIR",
        help=f"where failing tests leave their captures (default: {CAPTURES})",
    )
    group.addoption(
        "--icom-update-golden",
        action="store_true",
        help="write the golden logs of icom_golden instead of comparing",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", REPLAY_MARKER)
    for name, text in MARKERS.items():
        config.addinivalue_line("markers", f"icom_{name}{text}")


# fixtures


@pytest.fixture(scope="session")
def icom_loop_thread() -> Iterator["LoopThread"]:
    """The thread in which all fake radios of this process live."""
    from icom_sim.harness.loop_thread import LoopThread

    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def icom_radio(
    request: pytest.FixtureRequest, icom_loop_thread: "LoopThread"
) -> Iterator["RadioHandle"]:
    """A fake radio on free loopback ports, fresh for this test."""
    with ExitStack() as stack:
        yield _start(stack, request.node, icom_loop_thread, {})


@pytest.fixture(scope="session")
def icom_radio_session(
    request: pytest.FixtureRequest, icom_loop_thread: "LoopThread"
) -> Iterator["RadioHandle"]:
    """One fake radio for all tests of this process; markers do not apply to it."""
    node = request.session
    with ExitStack() as stack:
        radio = _start(stack, node, icom_loop_thread, {})
        node.stash[_SHARED] = radio
        yield radio
        del node.stash[_SHARED]


@pytest.fixture
def icom_radios(
    request: pytest.FixtureRequest, icom_loop_thread: "LoopThread"
) -> Iterator[Callable[..., "RadioHandle"]]:
    """A function that makes one more radio at each call.

    It is of the marked kind, but for what the call says in the words of the markers:
    `icom_radios(model="IC-705", network=["wifi", "loss:5"], dialect={"ulaw": False})`.
    """
    with ExitStack() as stack:
        yield lambda **changes: _start(stack, request.node, icom_loop_thread, changes)


@pytest.fixture
def icom_virtual(request: pytest.FixtureRequest) -> "VirtualRadio":
    """A fake radio in simulated time: `icom_virtual.run(session)` runs a coroutine.

    `session` is called with the radio, in an event loop whose clock jumps.
    """
    from icom_sim.harness.virtual import VirtualRadio

    radio = VirtualRadio(_recipe(request.node, {}))
    _radios_of(request.node).append(radio)
    return radio


@pytest.fixture
def icom_ear() -> "Ear":
    """Takes the audio that a client hands over, and tells whether it is a tone."""
    from icom_sim.harness.ear import Ear

    return Ear()


@pytest.fixture
def icom_replay(
    request: pytest.FixtureRequest, icom_loop_thread: "LoopThread"
) -> Iterator[Callable[..., "ReplayedRadio"]]:
    """A function that plays the radio of a capture on free loopback ports.

    `icom_replay("session.pcap", speed="max")`, by its path from the test file; without
    arguments that of the marker.
    """
    with ExitStack() as stack:
        yield lambda *given, **options: _replay(
            stack, request.node, icom_loop_thread, given, options
        )


@pytest.fixture
def icom_golden(request: pytest.FixtureRequest) -> "GoldenLog":
    """`icom_golden(name, radio.saw.events)` must be as in golden/NAME.jsonl."""
    from icom_sim.harness.golden import GoldenLog

    update = bool(request.config.getoption("--icom-update-golden"))
    return GoldenLog(request.path.parent, update=update)


def _replay(
    stack: ExitStack,
    node: pytest.Item,
    thread: "LoopThread",
    given: tuple[object, ...],
    options: dict[str, Any],
) -> "ReplayedRadio":
    from icom_sim.harness.replayed import ReplayedRadio, replay_setup
    from icom_sim.replay.recorded import ReplayError

    mark = node.get_closest_marker(REPLAY)
    if not given and mark is not None:
        given, options = mark.args, {**mark.kwargs, **options}
    mistake = f"{REPLAY} takes one capture, not {len(given)}"
    if len(given) == 1:
        try:
            setup = replay_setup(given[0], node.path.parent, options)
        except ReplayError as error:
            mistake = str(error)
        else:
            radio = ReplayedRadio(thread, setup)
            radio.start()
            stack.callback(radio.stop)
            return radio
    pytest.fail(mistake, pytrace=False)


def _start(
    stack: ExitStack,
    node: pytest.Item | pytest.Session,
    thread: "LoopThread",
    changes: Mapping[str, object],
) -> "RadioHandle":
    from icom_sim.harness.handle import RadioHandle

    radio = RadioHandle(thread, _recipe(node, changes))
    _radios_of(node).append(radio)
    radio.start()
    stack.callback(_stop, radio)
    return radio


def _stop(radio: "RadioHandle") -> None:
    from icom_sim.harness.recorded import ScenarioFailedError

    try:
        radio.stop()
    except ScenarioFailedError as error:
        verdict = str(error)
    else:
        return
    pytest.fail(verdict, pytrace=False)


# markers


def _recipe(
    node: pytest.Item | pytest.Session, changes: Mapping[str, object]
) -> "Recipe":
    """What the markers of this test ask for. A wrong one is an error of the test."""
    from icom_sim.harness.recipe import RecipeError, recipe_of

    found = ((name, node.get_closest_marker(f"icom_{name}")) for name in MARKERS)
    marks = {name: (mark.args, mark.kwargs) for name, mark in found if mark}
    marks |= {name: _arguments(value) for name, value in changes.items()}
    # The same in every process and run: a test that fails fails again.
    own_seed = zlib.crc32(node.nodeid.encode()) + len(_radios_of(node))
    seed = node.config.getoption("--icom-seed")
    try:
        return recipe_of(marks, seed=seed, default_seed=own_seed)
    except RecipeError as error:
        mistake = str(error)
    pytest.fail(mistake, pytrace=False)


def _arguments(given: object) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """One value, several, or by name: what a marker takes, as one argument."""
    if isinstance(given, Mapping):
        return (), given
    if isinstance(given, (list, tuple)):
        return tuple(given), {}
    return (given,), {}


# reports


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say how to repeat what failed, and keep what its radios saw."""
    report = yield
    radios = list(_radios_of(item))
    shared = _shared_by(item)
    if shared is not None:
        radios.append(shared)
    if report.failed and radios:
        from icom_sim.harness.report import report_of

        captures = item.config.rootpath / str(item.config.getoption("--icom-captures"))
        report.sections.append(("icom-sim", report_of(item, radios, captures)))
    if call.when == "teardown" and _RADIOS in item.stash:
        del item.stash[_RADIOS]  # a thousand tests shall not hold a thousand radios
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """What one test keyed is no carrier for the next one."""
    try:
        return (yield)
    finally:
        shared = _shared_by(item)
        if shared is not None:
            shared.release()


def _radios_of(node: pytest.Item | pytest.Session) -> "list[RecordedRadio]":
    return node.stash.setdefault(_RADIOS, [])


def _shared_by(item: pytest.Item) -> "RadioHandle | None":
    if _SHARED_NAME in getattr(item, "fixturenames", ()):
        return item.session.stash.get(_SHARED, None)
    return None
