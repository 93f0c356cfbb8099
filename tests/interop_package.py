"""Makes `interop` importable: it is no part of the wheel, and the root is off the path.

Only this package is found in the working tree; what it imports is the installed wheel.
"""

import importlib.util
import sys

from sources import ROOT

_FOLDER = ROOT / "interop"

if "interop" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "interop", _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["interop"] = package
    spec.loader.exec_module(package)
