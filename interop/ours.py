"""Our side of the table: `icom-lan` and its library, each run as its own process."""

import json
import sys

from interop.lab import Lab, Process
from interop.session import (
    LOOK_IN,
    PASSWORD,
    USERNAME,
    ClientReport,
    Endpoint,
    Visit,
    read_report,
    session_orders,
)

CLI_S = 30.0
SESSION_S = 60.0
HOLD_S = 120.0


def run_cli(
    lab: Lab, radio: Endpoint, *words: str, password: str = PASSWORD
) -> Process:
    """Run one `icom-lan` command to its end; the login goes by the environment."""
    login = {
        "ICOM_HOST": radio.host,
        "ICOM_PORT": str(radio.ports[0]),
        "ICOM_USER": USERNAME,
        "ICOM_PASS": password,
    }
    name = "icom_lan " + " ".join(words[:2])
    command = (*program("icom_lan.cli"), *words)
    return lab.run(name, command, CLI_S, environment=login)


def run_session(
    lab: Lab, radio: Endpoint, visit: Visit, password: str = PASSWORD
) -> ClientReport:
    """One session of `icom_lan.IcomRadio`, by `our_session.py`."""
    orders = session_orders(lab, "our_session", radio, visit, password)
    command = (sys.executable, "-m", "interop.our_session", json.dumps(orders))
    process = lab.run("our_session", command, SESSION_S)
    return read_report(lab, process)


def hold_session(lab: Lab, radio: Endpoint) -> Process:
    """A session of ours that stays until it is stopped."""
    orders = session_orders(lab, "owner", radio, LOOK_IN) | {"hold_s": HOLD_S}
    command = (sys.executable, "-m", "interop.our_session", json.dumps(orders))
    process = lab.start("owner", command)
    process.wait_for_text("holding", SESSION_S)
    return process


def program(module: str) -> tuple[str, ...]:
    """A console script as its installation makes it, without the installation."""
    starter = f"import sys; from {module} import main; sys.exit(main())"
    return sys.executable, "-c", starter
