"""A network namespace of our own: only a loopback, so nothing leaves the machine.

It lives as long as the process that was started in it and needs no clean-up.
"""

import subprocess

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


def redirect_ports(ports: tuple[int, int, int]) -> None:
    """Send what goes to the well-known ports of REDIRECTED_HOST to these ports."""
    nat = ("iptables", "-t", "nat")
    subprocess.run((*nat, "-F", "OUTPUT"), check=True)
    for known, actual in zip(REDIRECTED_PORTS, ports, strict=True):
        match = ("-p", "udp", "-d", REDIRECTED_HOST, "--dport", str(known))
        target = ("-j", "DNAT", "--to-destination", f"127.0.0.1:{actual}")
        subprocess.run((*nat, "-A", "OUTPUT", *match, *target), check=True)
