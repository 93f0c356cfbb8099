"""The test radio in rigplane's source archive: control, CI-V, one owner, no audio."""

import json
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
HOST, CIV_ADDRESS = "127.0.0.1", 0x98
# How long it keeps a session whose owner fell silent.
HOLD_S = 8.0


def install() -> str | None:
    """None, or why it cannot be had."""
    return install_python_package(REQUIREMENT) or install_source_archive(
        REQUIREMENT, with_python_of=REQUIREMENT
    )


def start_mock_radio(lab: Lab, *, refuses_login: bool = False) -> Endpoint:
    """Start it on free ports and wait until it listens.

    It does not compare passwords: whether it refuses a login is a switch.
    """
    control, civ, audio = free_udp_ports(3)
    options = {
        "host": HOST,
        "port": control,
        "civ_port": civ,
        "username": USERNAME,
        "password": PASSWORD,
        "radio_addr": CIV_ADDRESS,
        "single_owner": True,
        "keepalive_hold_s": HOLD_S,
        "auth_fail": refuses_login,
    }
    tests = source_archive(REQUIREMENT) / "tests"
    words = (tests, json.dumps(options))
    process = lab.start(
        "mock_radio", (venv_python(REQUIREMENT), "-I", HOST_SCRIPT, *words)
    )
    process.wait_for_text("listening", START_S)
    return Endpoint(HOST, (control, civ, audio))
