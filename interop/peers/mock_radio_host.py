"""Run rigplane's mock radio until it is ended, by the interpreter that has rigplane.

Usage: python -I mock_radio_host.py TESTS_DIRECTORY '{"port": …}', where the JSON is
what its constructor takes, and its switch `auth_fail`.
"""

import asyncio
import importlib
import json
import sys
from typing import Any


async def serve(options: dict[str, Any]) -> None:
    """Start it, say so, and stay."""
    module = importlib.import_module("mock_server")
    auth_fail = options.pop("auth_fail")
    radio = module.MockIcomRadio(**options)
    radio.auth_fail = auth_fail
    await radio.start()
    print("listening", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    asyncio.run(serve(json.loads(sys.argv[2])))
