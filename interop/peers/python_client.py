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
    ClientReport,
    Endpoint,
    Model,
    read_report,
    session_orders,
)

IC_7610 = Model("IC-7610", 0x98)
SCRIPT = Path(__file__).with_name("python_session.py")
# Connecting takes 1.1.0 and rigplane about 65 CI-V queries, 4 s; with loss, more.
SESSION_TIMEOUT_S = 75.0


@dataclass(frozen=True, slots=True)
class PythonClient:
    """One release of the library; the names are those of its documented API."""

    requirement: str
    module: str
    read_frequency: str
    write_frequency: str
    takes_model: bool
    model: Model = IC_7610

    @property
    def name(self) -> str:
        """Package and version, as the matrix shows it."""
        return self.requirement.replace("==", " ")

    def install(self) -> str | None:
        """None, or why it cannot be had."""
        return install_python_package(self.requirement)

    def run(self, lab: Lab, radio: Endpoint, password: str) -> ClientReport:
        """One whole session against this radio."""
        process = self.start(lab, radio, password, hold_s=0.0)
        process.wait(SESSION_TIMEOUT_S)
        return read_report(lab, process)

    def start(
        self, lab: Lab, radio: Endpoint, password: str, *, hold_s: float
    ) -> Process:
        """Start a session; with `hold_s` one that only stays for so long."""
        orders = session_orders(lab, self.name, radio, password) | asdict(self)
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
