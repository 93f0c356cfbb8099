"""The test radio in rigplane's source archive: control, CI-V, one owner, no audio."""

from pathlib import Path

from interop.install import (
    install_python_package,
    install_source_archive,
    source_archive,
    venv_python,
)
from interop.lab import Lab, free_udp_ports
from interop.session import PASSWORD, USERNAME, Endpoint

REQUIREMENT = "rigplane==2.11.1"
HOST_SCRIPT = Path(__file__).with_name("mock_radio_host.py")
START_S = 15.0


def install() -> str | None:
    """None, or why it cannot be had."""
    return install_python_package(REQUIREMENT) or install_source_archive(
        REQUIREMENT, with_python_of=REQUIREMENT
    )


def start_mock_radio(lab: Lab) -> Endpoint:
    """Start it on free ports and wait until it listens."""
    control, civ, audio = free_udp_ports(3)
    process = lab.start(
        "mock_radio",
        (
            *(venv_python(REQUIREMENT), "-I", HOST_SCRIPT),
            source_archive(REQUIREMENT) / "tests",
            *(str(control), str(civ), USERNAME, PASSWORD),
        ),
    )
    process.wait_for_text("listening", START_S)
    return Endpoint("127.0.0.1", (control, civ, audio))
