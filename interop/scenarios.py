"""Every row of the matrix: which program, against what, and what counts as good."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from interop.afsk_scenarios import afsk_scenarios
from interop.client_scenarios import (
    AUDIO_MIN,
    LOSS_PERCENT,
    WFSERVER_TRIES_MAX,
    judge_received,
    run_mock_radio,
    run_wfserver,
)
from interop.hamlib_scenarios import hamlib_scenarios
from interop.lab import Lab, LabError, time_limit
from interop.ours import FakeRadio, start_fake_radio
from interop.peers import mock_radio, wfserver
from interop.peers.kappanhang import Kappanhang
from interop.peers.python_client import ICOM_LAN_0_7, ICOM_LAN_1_1, RIGPLANE
from interop.report import Outcome, Row
from interop.session import (
    NEW_FREQUENCY_HZ,
    PASSWORD,
    ClientReport,
    Endpoint,
    Model,
)

RADIO_COLUMNS = (
    *("login", "frequency", "audio in", "audio out", "leaves", "radio ends"),
)
CLIENT_COLUMNS = (
    *("connect", "frequency", "audio in", "audio out", "`audio rx`"),
    *("release", "wrong password", "busy"),
)
SEED = 20_260
# Foreign clients send the login once, so with loss a try may be over at once.
TRIES_MAX = {0.0: 1, LOSS_PERCENT: 3}


class ForeignClient(Protocol):
    """What a module in `peers` provides for a client."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> Model: ...
    def install(self) -> str | None: ...
    def run(self, lab: Lab, radio: Endpoint, password: str) -> ClientReport: ...


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


def run_foreign_client(
    client: ForeignClient, loss_percent: float, lab: Lab, row: Row
) -> None:
    """One foreign client against the fake radio; repeated if loss ends it early."""
    for attempt in range(TRIES_MAX[loss_percent]):
        seed = SEED + attempt
        radio = start_fake_radio(
            lab, client.model, loss_percent=loss_percent, seed=seed
        )
        report = client.run(lab, radio.endpoint, PASSWORD)
        if report.connected or attempt + 1 == TRIES_MAX[loss_percent]:
            judge_foreign_client(row, report, radio, AUDIO_MIN[loss_percent])
            return
        row.notes.append(f"seed {seed}: no session ({report.error})")
        radio.process.stop()


def judge_foreign_client(
    row: Row, report: ClientReport, radio: FakeRadio, share_min: float
) -> None:
    """Hold what the client reports against what the radio reports."""
    row.notes += report.notes
    opened = report.connected and radio.saw("session_opened")
    row.judge("login", opened, report.error)
    read = report.frequency_read_hz
    row.judge("frequency", read == NEW_FREQUENCY_HZ, f"{read} Hz")
    judge_received(row, report, share_min)
    reason = radio.reason_for_leaving()
    how = f"{reason}, exit {report.exit_status} {report.error}"
    row.judge("leaves", reason is not None and report.exit_status == 0, how)
    ended, fault = radio.ends_well()
    row.judge("radio ends", ended, "" if ended else fault)
    if ended:
        row.notes.append(radio.network_note())
    heard = radio.tone_heard_s()
    share = heard / report.tx_s if report.tx_s else 0.0
    figure = f"{heard:.2f} of {report.tx_s:.2f} s"
    row.judge("audio out", share >= share_min, figure)


def _foreign_client_scenarios(
    client: ForeignClient, timeout_s: float
) -> list[Scenario]:
    slug = client.name.replace(" ", "-")
    return [
        Scenario(
            name=f"{slug}-{_name(loss)}",
            title=f"{client.name} → icom-sim {client.model.name}",
            condition=_condition(loss),
            columns=RADIO_COLUMNS,
            install=client.install,
            fill=partial(run_foreign_client, client, loss),
            timeout_s=timeout_s * TRIES_MAX[loss],
            needs_namespace=isinstance(client, Kappanhang),
        )
        for loss in AUDIO_MIN
    ]


def _wfserver_scenario(loss_percent: float) -> Scenario:
    return Scenario(
        name=f"wfserver-1.60-{_name(loss_percent)}",
        title="icom-lan → wfserver 1.60",
        condition=_condition(loss_percent),
        columns=CLIENT_COLUMNS,
        install=wfserver.install,
        fill=partial(run_wfserver, loss_percent),
        timeout_s=120.0 * WFSERVER_TRIES_MAX,
        needs_namespace=loss_percent > 0,
    )


def _name(loss_percent: float) -> str:
    return "loss" if loss_percent else "clean"


def _condition(loss_percent: float) -> str:
    return f"{loss_percent:g} % loss" if loss_percent else "clean"


SCENARIOS = [
    *_foreign_client_scenarios(ICOM_LAN_0_7, 60.0),
    *_foreign_client_scenarios(ICOM_LAN_1_1, 90.0),
    *_foreign_client_scenarios(RIGPLANE, 90.0),
    *_foreign_client_scenarios(Kappanhang(), 70.0),
    *map(_wfserver_scenario, AUDIO_MIN),
    *hamlib_scenarios(Scenario),
    *afsk_scenarios(Scenario),
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
