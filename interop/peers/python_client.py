"""icom-lan and rigplane: Python libraries with one API under two names.

They are driven through their documented API by `python_session.py`, which runs with the
interpreter of each one's own environment.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from interop.install import install_python_package, venv_python
from interop.lab import Lab, Process
from interop.session import (
    LOOK_IN,
    ClientReport,
    Endpoint,
    Model,
    Visit,
    read_report,
    session_orders,
)

IC_7610 = Model("IC-7610", 0x98)
SCRIPT = Path(__file__).with_name("python_session.py")
# Connecting takes 1.1.0 and rigplane about 65 CI-V queries, 4 s; with loss, more.
SESSION_TIMEOUT_S = 90.0
CONNECT_S = 40.0
HOLD_S = 120.0


@dataclass(frozen=True, slots=True)
class PythonClient:
    """One release of the library; the names are those of its documented API."""

    requirement: str
    module: str
    read_frequency: str
    write_frequency: str
    takes_model: bool
    model: Model = IC_7610
    no_scope: str = ""
    talks_always: bool = False
    audio_min: float = 0.95
    rate_hz: int = 48_000

    @property
    def name(self) -> str:
        """Package and version, as the matrix shows it."""
        return self.requirement.replace("==", " ")

    def install(self) -> str | None:
        """None, or why it cannot be had."""
        return install_python_package(self.requirement)

    def run(self, lab: Lab, radio: Endpoint, visit: Visit) -> ClientReport:
        """One whole session against this radio."""
        process = self._start(lab, radio, visit, hold_s=0.0)
        process.wait(SESSION_TIMEOUT_S)
        return read_report(lab, process)

    def hold(self, lab: Lab, radio: Endpoint) -> Process:
        """A session that stays; LabError if it is not let in."""
        process = self._start(lab, radio, LOOK_IN, HOLD_S)
        process.wait_for_text("holding", CONNECT_S)
        return process

    def _start(self, lab: Lab, radio: Endpoint, visit: Visit, hold_s: float) -> Process:
        orders = session_orders(lab, self.name, radio, visit) | asdict(self)
        words = json.dumps(orders | {"hold_s": hold_s})
        python = venv_python(self.requirement)
        return lab.start(self.name, (python, "-I", SCRIPT, words))


ICOM_LAN_0_7 = PythonClient(
    requirement="icom-lan==0.7.0",
    module="icom_lan.radio",
    read_frequency="get_frequency",
    write_frequency="set_frequency",
    takes_model=False,
)
ICOM_LAN_1_1 = PythonClient(
    requirement="icom-lan==1.1.0",
    module="icom_lan.runtime.radio",
    read_frequency="get_freq",
    write_frequency="set_freq",
    takes_model=True,
)
RIGPLANE = PythonClient(
    requirement="rigplane==2.11.1",
    module="rigplane.runtime.radio",
    read_frequency="get_freq",
    write_frequency="set_freq",
    takes_model=True,
)
