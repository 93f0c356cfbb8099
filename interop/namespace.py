"""A network namespace of our own: only a loopback, so nothing leaves the machine.

It lives as long as the process that was started in it and needs no clean-up.
"""

import contextlib
import subprocess
from collections.abc import Iterator

WELL_KNOWN_PORTS = (50_001, 50_002, 50_003)


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


def redirected_host(ports: tuple[int, int, int]) -> str:
    """An address whose well-known ports lead to these ports of 127.0.0.1.

    Each radio gets an address of its own: the kernel remembers where a flow went, also
    after its rule is gone.
    """
    host = f"127.1.{ports[0] >> 8}.{ports[0] & 0xFF}"
    nat = ("iptables", "-t", "nat", "-A", "OUTPUT", "-p", "udp", "-d", host)
    for known, actual in zip(WELL_KNOWN_PORTS, ports, strict=True):
        target = ("-j", "DNAT", "--to-destination", f"127.0.0.1:{actual}")
        subprocess.run((*nat, "--dport", str(known), *target), check=True)
    return host
