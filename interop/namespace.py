"""A network namespace of our own: only a loopback, so nothing leaves the machine.

It lives as long as the process that was started in it and needs no clean-up.
"""

import contextlib
import subprocess
from collections.abc import Iterator

# The address that kappanhang is given: its ports there lead to the fake radio's.
REDIRECTED_HOST = "127.0.0.2"
REDIRECTED_PORTS = (50_001, 50_002, 50_003)


def namespace_command() -> list[str]:
    """The command that runs another one in a new namespace; [] if not allowed."""
    script = 'ip link set lo up && exec "$@"'
    command = ["unshare", "--net", "--", "sh", "-c", script, "sh"]
    try:
        tried = subprocess.run([*command, "true"], capture_output=True)
    except FileNotFoundError:
        return []
    return command if tried.returncode == 0 else []


@contextlib.contextmanager
def lost_datagrams(percent: float) -> Iterator[None]:
    """Let the kernel drop UDP datagrams, evenly spread and repeatable; 0 drops none."""
    every = str(round(100 / percent)) if percent else ""
    match = ("-p", "udp", "-m", "statistic", "--mode", "nth", "--every", every)
    rule = ("INPUT", *match, "--packet", "0", "-j", "DROP")
    if percent:
        subprocess.run(("iptables", "-A", *rule), check=True)
    try:
        yield
    finally:
        if percent:
            subprocess.run(("iptables", "-D", *rule), check=True)


def dropped_datagrams() -> int:
    """How many the rule of `lost_datagrams` has dropped so far."""
    listing = subprocess.run(
        ("iptables", "-L", "INPUT", "-v", "-x", "-n"),
        check=True,
        capture_output=True,
        text=True,
    )
    rules = [line.split() for line in listing.stdout.splitlines() if "DROP" in line]
    return sum(int(words[0]) for words in rules if words[0].isdigit())


def redirect_ports(ports: tuple[int, int, int]) -> None:
    """Send what goes to the well-known ports of REDIRECTED_HOST to these ports."""
    nat = ("iptables", "-t", "nat")
    subprocess.run((*nat, "-F", "OUTPUT"), check=True)
    for known, actual in zip(REDIRECTED_PORTS, ports, strict=True):
        match = ("-p", "udp", "-d", REDIRECTED_HOST, "--dport", str(known))
        target = ("-j", "DNAT", "--to-destination", f"127.0.0.1:{actual}")
        subprocess.run((*nat, "-A", "OUTPUT", *match, *target), check=True)
