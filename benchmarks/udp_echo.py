"""A blocking UDP echo: what a round trip costs with nothing in it."""

import json
import socket


def main() -> None:
    """Name the port, then send back what comes, until killed."""
    echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.bind(("127.0.0.1", 0))
    print(json.dumps({"port": echo.getsockname()[1]}), flush=True)
    while True:
        datagram, address = echo.recvfrom(2048)
        echo.sendto(datagram, address)


if __name__ == "__main__":
    main()
