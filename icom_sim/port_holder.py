"""Who has a UDP port: for the one who meets "address already in use"."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# What usually has the ports of an Icom radio.
USUAL_HOLDERS = "another icom-sim, wfview or RS-BA1 may hold it; see `ss -lunp`"


def describe_holder(port: int, proc: Path = Path("/proc")) -> str:
    """The process that has it, where the system lets us see it; else who may be it."""
    inodes = set(_inodes(port, proc))
    for process in _processes(proc) if inodes else ():
        if _sockets(process) & inodes:
            return f"{_name(process)} (process {process.name}) holds it"
    return USUAL_HOLDERS


def _inodes(port: int, proc: Path) -> Iterator[str]:
    """Of the sockets that are bound to this port (proc_net(5): field 2 ends with the
    port in hex, field 10 is the inode)."""
    for table in ("udp", "udp6"):
        with suppress(OSError):
            for line in (proc / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _processes(proc: Path) -> list[Path]:
    with suppress(OSError):
        return [each for each in proc.iterdir() if each.name.isdigit()]
    return []


def _sockets(process: Path) -> set[str]:
    """Inodes of its open sockets; none of a process of somebody else."""
    found = set()
    with suppress(OSError):
        for each in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                target = str(each.readlink())
                if target.startswith("socket:["):
                    found.add(target[len("socket:[") : -1])
    return found


def _name(process: Path) -> str:
    """As `ps` shows it; "a program" if it ended meanwhile."""
    with suppress(OSError):
        return (process / "comm").read_text().strip()
    return "a program"
