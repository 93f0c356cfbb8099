"""Starts one worker: `python -I start_worker.py CORE [PATH ...]`. A script, not a
module.

`python -I` keeps the working directory off the path. It must stay off: a peer's package
is also called `icom_lan`, and would be hidden by ours. So the `benchmarks` package is
loaded by its location, and only a worker of our own side is given the repository as a
PATH.
"""

import importlib.util
import os
import sys
from pathlib import Path


def main() -> None:
    """Pin, put the paths in place, and hand over to `benchmarks.worker`."""
    core, *paths = sys.argv[1:]
    if int(core) >= 0 and sys.platform == "linux":
        os.sched_setaffinity(0, {int(core)})
    sys.path[:0] = paths
    here = Path(__file__).parent
    spec = importlib.util.spec_from_file_location(
        "benchmarks", here / "__init__.py", submodule_search_locations=[str(here)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["benchmarks"] = package
    spec.loader.exec_module(package)
    worker = importlib.import_module("benchmarks.worker")
    worker.main()


if __name__ == "__main__":
    main()
