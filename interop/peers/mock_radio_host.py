"""Run rigplane's mock radio until it is ended, by the interpreter that has rigplane.

python -I mock_radio_host.py TESTS_DIRECTORY CONTROL_PORT CIV_PORT USER PASSWORD
"""

import asyncio
import importlib
import sys

CIV_ADDRESS = 0x98
HOLD_S = 8.0


async def serve(control_port: int, civ_port: int, user: str, password: str) -> None:
    """It refuses a second client, and holds a silent owner's session for HOLD_S."""
    module = importlib.import_module("mock_server")
    radio = module.MockIcomRadio(
        host="127.0.0.1",
        port=control_port,
        civ_port=civ_port,
        username=user,
        password=password,
        radio_addr=CIV_ADDRESS,
        single_owner=True,
        keepalive_hold_s=HOLD_S,
    )
    await radio.start()
    print("listening", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    tests, control, civ, username, secret = sys.argv[1:]
    sys.path.insert(0, tests)
    asyncio.run(serve(int(control), int(civ), username, secret))
