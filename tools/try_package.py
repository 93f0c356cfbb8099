"""Installs each built distribution into an environment of its own, and runs it.

Usage: try_package.py FOLDER, with exactly one sdist and one wheel in it. Two things are
asked of each: that the library and its command line work with nothing but Python, and
that the simulator works with its extra. Run by `tox -e package`.
"""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

PACKAGES = {"icom_proto", "icom_lan", "icom_sim"}


def main(folder: Path) -> None:
    [sdist] = folder.glob("*.tar.gz")
    [wheel] = folder.glob("*.whl")
    check_contents(wheel)
    for distribution in (sdist, wheel):
        with tempfile.TemporaryDirectory() as scratch:
            try_distribution(distribution, Path(scratch))
        print(f"{distribution.name}: installs and runs")


def check_contents(wheel: Path) -> None:
    """The wheel holds our packages, each marked as typed, and nothing beside them."""
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names}
    extra = {each for each in tops - PACKAGES if not each.endswith(".dist-info")}
    missing = {f"{each}/py.typed" for each in PACKAGES} - names
    if extra or missing:
        sys.exit(
            f"{wheel.name}: not expected {sorted(extra)}, missing {sorted(missing)}"
        )


def try_distribution(distribution: Path, scratch: Path) -> None:
    venv.create(scratch, with_pip=True)
    programs = scratch / ("Scripts" if sys.platform == "win32" else "bin")
    python = programs / "python"

    # In the scratch folder, so that nothing is imported from the working tree.
    def run(*command: object) -> str:
        done = subprocess.run(
            [str(part) for part in command], cwd=scratch, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    run(python, "-m", "pip", "install", distribution)
    others = run(python, "-m", "pip", "freeze", "--exclude", "icom-lan-kit").split()
    if others:
        sys.exit(f"{distribution.name} brought with it: {others}")
    run(python, "-W", "error", "-c", "import icom_lan, icom_proto, icom_sim")
    run(programs / "icom-lan", "--help")

    run(python, "-m", "pip", "install", f"{distribution}[sim]")
    run(programs / "icom-sim", "--help")
    run(programs / "icom-sim", "serve", "--port", "0", "--duration", "0.2")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
