"""The interpreters of the contenders: one virtual environment per peer, made once.

They live in `.bench/` at the root of the repository, which ignores itself in git. All
are made from the interpreter that runs the benchmarks, so both sides use one Python.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".bench"

OURS = "icom-lan-kit"
ICOM_LAN_07 = "icom-lan 0.7.0"
ICOM_LAN_11 = "icom-lan 1.1.0"
RIGPLANE = "rigplane 2.11.1"

PEERS = {
    ICOM_LAN_07: "icom-lan==0.7.0",
    ICOM_LAN_11: "icom-lan==1.1.0",
    RIGPLANE: "rigplane==2.11.1",
}


def python_of(contender: str) -> Path:
    """The interpreter of a contender; a peer's is made and filled on first use."""
    if contender not in PEERS:
        return Path(sys.executable)
    requirement = PEERS[contender]
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    folder = cache() / f"{requirement.replace('==', '-')}-{version}"
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        print(f"installing {requirement} into {folder.relative_to(ROOT)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "install", requirement], check=True)
        complete.touch()
    return python


def cache() -> Path:
    """The cache folder, made if need be."""
    if not CACHE.exists():
        CACHE.mkdir()
        (CACHE / ".gitignore").write_text("*\n")
    return CACHE
