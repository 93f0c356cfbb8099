"""Runs a program where opuslib is missing, or is another one."""

import os
import subprocess
import sys
from pathlib import Path


def run_without(folder: Path | None, statements: str) -> str:
    """What a program prints where opuslib is missing, or is the one in this folder."""
    block = "sys.modules['opuslib'] = None" if folder is None else ""
    path = [*([str(folder)] if folder else []), *sys.path]
    program = subprocess.run(
        [sys.executable, "-c", f"import sys; {block}\n{statements}"],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
    )
    return program.stdout
