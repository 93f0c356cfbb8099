"""Sockets that swallow what comes, and look for it each 5 ms; names its ports."""

import json
from time import sleep

from benchmarks.lean_clients import BURST, LOOK_EVERY_S, open_socket

COUNT = 50


def main() -> None:
    """Swallow until killed."""
    sockets = [open_socket() for _ in range(COUNT)]
    print(
        json.dumps({"ports": [each.getsockname()[1] for each in sockets]}), flush=True
    )
    while True:
        sleep(LOOK_EVERY_S)
        for each in sockets:
            recv = each.recv
            try:
                for _ in range(4 * BURST):
                    recv(2048)
            except BlockingIOError:
                pass


if __name__ == "__main__":
    main()
