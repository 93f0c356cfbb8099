"""Every row of the matrix: which program, against what, and what counts as good."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from icom_sim.dialects.presets import DIALECTS
from interop import afsk_scenarios, hamlib_scenarios, replay_scenarios
from interop.client_scenarios import (
    AUDIO_MIN,
    CLIENT_COLUMNS,
    WFSERVER_TRIES_MAX,
    run_mock_radio,
    run_wfserver,
)
from interop.foreign_clients import (
    CLEAN,
    LOSSY,
    SHORT_COLUMNS,
    WHOLE_COLUMNS,
    Case,
    ForeignClient,
    run_short,
    run_whole,
)
from interop.lab import Lab, LabError, time_limit
from interop.limits import LIMITS
from interop.peers import mock_radio, wfserver
from interop.peers.kappanhang import Kappanhang
from interop.peers.python_client import ICOM_LAN_0_7, ICOM_LAN_1_1, RIGPLANE
from interop.peers.wfview import CODECS, OPUS_MIN, PCM16, WfView
from interop.report import Outcome, Row
from interop.session import SHORT, WHOLE

CLIENTS: tuple[ForeignClient, ...] = (
    *(ICOM_LAN_0_7, ICOM_LAN_1_1, RIGPLANE, Kappanhang(), WfView()),
)
# With room for two cores that have other work, too.
WHOLE_S, SHORT_S = 400.0, 150.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row: how to install what it needs, and how to fill it in."""

    name: str
    title: str
    condition: str
    columns: tuple[str, ...]
    install: Callable[[], str | None]
    fill: Callable[[Lab, Row], None]
    timeout_s: float
    needs_namespace: bool = False

    def run(self, directory: Path, hole: str | None) -> Row:
        """Fill the row; with a reason for a hole, only with that."""
        row = Row(self.name, self.title, self.condition, self.columns)
        if hole is not None:
            row.close(Outcome.HOLE, hole)
            return row
        try:
            with time_limit(self.timeout_s), Lab(directory) as lab:
                self.fill(lab, row)
        except LabError as error:
            row.close(Outcome.FAILED, str(error))
        row.close(Outcome.FAILED, "not reached")
        return row


def _whole_scenarios() -> Iterator[Scenario]:
    """Each client with all it can, on a clean network and on a bad one."""
    for client in CLIENTS:
        for network in (CLEAN, LOSSY):
            yield Scenario(
                name=f"{_slug(client)}-{network.name}",
                title=f"{client.name} → icom-sim {client.model.name}",
                condition=network.text,
                columns=WHOLE_COLUMNS,
                install=client.install,
                fill=partial(
                    run_whole, Case(client=client, visit=WHOLE, network=network)
                ),
                timeout_s=WHOLE_S * network.tries,
                needs_namespace=isinstance(client, Kappanhang),
            )


def _codec_scenarios() -> Iterator[Scenario]:
    """wfview with its other codecs; Opus is offered by wfview's own server only."""
    for codec, text in CODECS.items():
        if codec == PCM16:
            continue
        knobs = ("connection=WFVIEW",) if codec >= OPUS_MIN else ()
        client = WfView(codec)
        for network in (CLEAN, LOSSY):
            limit = LIMITS.get((client.name, text))
            case = Case(
                client=client,
                visit=SHORT,
                network=network,
                knobs=knobs,
                limit=limit.reason if limit else "",
            )
            yield Scenario(
                name=f"{_slug(client)}-codec-{codec}-{network.name}",
                title=f"{client.name}, {text} → icom-sim {client.model.name}",
                condition=network.text,
                columns=SHORT_COLUMNS,
                install=client.install,
                fill=partial(run_short, case),
                timeout_s=SHORT_S * network.tries,
            )


def _dialect_scenarios() -> Iterator[Scenario]:
    """Each client under each preset."""
    for client in CLIENTS:
        for dialect in DIALECTS:
            limit = LIMITS.get((client.name, dialect))
            case = Case(client=client, visit=SHORT, dialect=dialect)
            if limit is None:
                yield _dialect_scenario(case, "")
            else:
                yield _dialect_scenario(replace(case, limit=limit.reason), "")
                yield _dialect_scenario(replace(case, knobs=limit.knobs), "-but")


def _dialect_scenario(case: Case, but: str) -> Scenario:
    client = case.client
    return Scenario(
        name=f"{_slug(client)}-as-{case.dialect}{but}",
        title=f"{client.name} → icom-sim {client.model.name}",
        condition=", ".join((f"as {case.dialect}", *case.knobs)),
        columns=SHORT_COLUMNS,
        install=client.install,
        fill=partial(run_short, case),
        timeout_s=SHORT_S,
        needs_namespace=isinstance(client, Kappanhang),
    )


def _wfserver_scenario(loss_percent: float) -> Scenario:
    return Scenario(
        name=f"wfserver-1.60-{'loss' if loss_percent else 'clean'}",
        title="icom-lan → wfserver 1.60",
        condition=f"{loss_percent:g} % loss" if loss_percent else "clean",
        columns=CLIENT_COLUMNS,
        install=wfserver.install,
        fill=partial(run_wfserver, loss_percent),
        timeout_s=120.0 * WFSERVER_TRIES_MAX,
        needs_namespace=loss_percent > 0,
    )


def _slug(client: ForeignClient) -> str:
    return client.name.replace(" ", "-")


HEADINGS = {
    WHOLE_COLUMNS: "Whole sessions with `icom-sim serve`",
    SHORT_COLUMNS: "Codecs and dialects",
    CLIENT_COLUMNS: "Our client with other people's radios",
    hamlib_scenarios.COLUMNS: "Hamlib on a pseudo-terminal",
    afsk_scenarios.COLUMNS: "Packet decoders",
    replay_scenarios.COLUMNS: "Captures, replayed",
}
SCENARIOS = [
    *_whole_scenarios(),
    *_codec_scenarios(),
    *_dialect_scenarios(),
    *map(_wfserver_scenario, AUDIO_MIN),
    *hamlib_scenarios.hamlib_scenarios(Scenario),
    *afsk_scenarios.afsk_scenarios(Scenario),
    *replay_scenarios.replay_scenarios(Scenario),
    Scenario(
        name="rigplane-mock-2.11.1",
        title="icom-lan → rigplane 2.11.1 mock radio",
        condition="clean",
        columns=CLIENT_COLUMNS,
        install=mock_radio.install,
        fill=run_mock_radio,
        timeout_s=120.0,
    ),
]
