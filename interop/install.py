"""Get foreign programs from their package indexes, once.

Everything lands in `.interop/` (virtual environments, source archives) or, for Debian
packages, in the system. Each function is idempotent and returns None, or one line that
says why the program cannot be had here.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / ".interop"
INSTALL_TIMEOUT_S = 600.0


def make_cache() -> None:
    """Create the cache directory, ignored by git from within."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")


def venv_python(requirement: str) -> Path:
    """The interpreter of the environment that holds this one requirement."""
    return CACHE / "venvs" / requirement / "bin" / "python"


def install_python_package(requirement: str) -> str | None:
    """One environment per package: two of them install the same import name."""
    if _installed_version(requirement) == requirement.partition("==")[2]:
        return None
    python = venv_python(requirement)
    return _run(sys.executable, "-m", "venv", str(python.parent.parent)) or _run(
        str(python), "-m", "pip", "install", "--quiet", requirement
    )


def _installed_version(requirement: str) -> str:
    python, name = venv_python(requirement), requirement.partition("==")[0]
    if not python.exists():
        return ""
    asking = f"from importlib.metadata import version; print(version({name!r}))"
    answer = subprocess.run(
        [python, "-I", "-c", asking], capture_output=True, text=True
    )
    return answer.stdout.strip()


def source_archive(requirement: str) -> Path:
    """Where the unpacked source archive of a requirement is."""
    return CACHE / "sources" / requirement.replace("==", "-")


def install_source_archive(requirement: str, *, with_python_of: str) -> str | None:
    """Download and unpack the source archive, which holds files that wheels omit."""
    if source_archive(requirement).exists():
        return None
    target = CACHE / "sources"
    fault = _run(
        *(str(venv_python(with_python_of)), "-m", "pip", "download", "--quiet"),
        *("--no-deps", "--no-binary", ":all:", "--dest", str(target), requirement),
    )
    if fault is None:
        archive = target / f"{requirement.replace('==', '-')}.tar.gz"
        with tarfile.open(archive) as opened:
            opened.extractall(target, filter="data")
    return fault


def install_debian_packages(programs: dict[str, str]) -> str | None:
    """Install the packages (values) whose programs (keys) are not on the path."""
    wanted = sorted({p for name, p in programs.items() if not shutil.which(name)})
    if not wanted:
        return None
    names = " ".join(wanted)
    if not shutil.which("apt-get"):
        return f"not a Debian machine, and there is no {names}"
    if os.geteuid() != 0:
        return f"only root may install: apt-get install {names}"
    return _run("apt-get", "update", "-qq") or _run(
        *("apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted)
    )


def _run(*command: str) -> str | None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]} {command[1]}: {error}"
    if done.returncode == 0:
        return None
    last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
    return f"`{' '.join(command)}` failed: {last}"
