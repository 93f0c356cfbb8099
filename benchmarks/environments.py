"""The interpreters of the contenders: one virtual environment each, made once.

Ours runs twice: from the working tree, and as the wheel with the compiled core.

The environments live in `.bench/` at the root of the repository, which ignores itself
in git. All are made from the interpreter that runs the benchmarks, so both sides use
one Python.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".bench"

OURS = "icom-lan-kit"
COMPILED = "icom-lan-kit, compiled"
ICOM_LAN_07 = "icom-lan 0.7.0"
ICOM_LAN_11 = "icom-lan 1.1.0"
RIGPLANE = "rigplane 2.11.1"
PLOTTER = "matplotlib"
AIORTC = "aiortc 1.16.0"
CODECS = "codec libraries"

PEERS = {
    ICOM_LAN_07: "icom-lan==0.7.0",
    ICOM_LAN_11: "icom-lan==1.1.0",
    RIGPLANE: "rigplane==2.11.1",
    PLOTTER: "matplotlib==3.10.3",
    AIORTC: "aiortc==1.16.0",
    CODECS: "opuslib==3.0.1 soxr==1.1.0 numpy==2.4.6",
}


def our_builds() -> list[str]:
    """What is measured of ours; the first one is what the speeds are claimed for.

    Without a C compiler that is plain Python, and the rows tell what it misses.
    """
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    return [COMPILED, OURS] if shutil.which(compiler) else [OURS]


def python_of(contender: str) -> Path:
    """The interpreter of a contender; its environment is made on first use."""
    if contender == OURS:
        return Path(sys.executable)
    version = f"py{sys.version_info.major}{sys.version_info.minor}"
    if contender == COMPILED:
        return _environment(f"compiled-{_sources_digest()}-{version}", None)
    requirement = PEERS[contender]
    name = requirement.replace("==", "-").replace(" ", "-")
    return _environment(f"{name}-{version}", requirement)


def _environment(name: str, requirement: str | None) -> Path:
    """An environment with these requirements; None: our own compiled wheel."""
    folder = cache() / name
    python = folder / "bin" / "python"
    complete = folder / "complete"
    if not complete.exists():
        what = requirement or "the compiled core (a minute)"
        print(f"installing {what} into {folder.relative_to(ROOT)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        if requirement is None:
            script = str(ROOT / "tools" / "compile_wheel.py")
            subprocess.run([sys.executable, script, str(folder)], check=True)
            packages = [str(wheel) for wheel in folder.glob("*.whl")]
        else:
            packages = requirement.split()
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "install", *packages], check=True)
        complete.touch()
    return python


def _sources_digest() -> str:
    """Changes when anything changes that the wheel is made of."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
    for package in ("icom_proto", "icom_lan", "icom_sim"):
        for file in sorted((ROOT / package).rglob("*.py")):
            digest.update(file.relative_to(ROOT).as_posix().encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:10]


def cache() -> Path:
    """The cache folder, made if need be."""
    if not CACHE.exists():
        CACHE.mkdir()
        (CACHE / ".gitignore").write_text("*\n")
    return CACHE
