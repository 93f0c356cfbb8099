"""Builds the wheel with the compiled core: `python tools/compile_wheel.py FOLDER`.

Needs a C compiler and Python's headers (Debian: gcc, python3-dev). The sources are
copied first: mypyc puts its libraries beside them, and in the working tree they would
be imported instead of the files that one edits. What is compiled stands in
pyproject.toml; why, in docs/compiled-core.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = (
    "icom_proto",
    "icom_lan",
    "icom_sim",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)


def compile_wheel(folder: Path) -> Path:
    """The wheel's path. Raises CalledProcessError; pip has then said why."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "source")
        copy.mkdir()
        for name in SHIPPED:
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
                shutil.copytree(source, copy / name, ignore=ignored)
            else:
                shutil.copy(source, copy / name)
        built = Path(scratch, "built")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run(
            [*pip, "wheel", "--no-deps", "--wheel-dir", str(built), str(copy)],
            check=True,
            env={**os.environ, "HATCH_BUILD_HOOKS_ENABLE": "1"},
        )
        [wheel] = built.glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, folder))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print(compile_wheel(Path(sys.argv[1])))
    except subprocess.CalledProcessError:
        sys.exit("compile_wheel: no wheel was built; pip's own lines above say why")
