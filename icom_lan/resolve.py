"""Host names to addresses without holding up the event loop, or its end.

The loop's own `getaddrinfo` runs in its thread pool, and `asyncio.run` waits for that
pool: Ctrl-C during a slow look-up would hang until the name server has timed out. Here
the look-up has a thread of its own that nobody waits for.
"""

import asyncio
import socket
import threading
from contextlib import suppress

from icom_lan.exceptions import ConnectionError


async def resolve(host: str) -> str:
    """The IPv4 address of a host; the protocol has room for no other kind."""
    try:
        socket.inet_pton(socket.AF_INET, host)
    except (OSError, ValueError):  # ValueError: a NUL in it
        return await _look_up(host)
    return host


async def _look_up(host: str) -> str:
    loop = asyncio.get_running_loop()
    found: asyncio.Future[str | OSError | ValueError] = loop.create_future()

    def settle(result: str | OSError | ValueError) -> None:
        if not found.done():  # the caller was cancelled
            found.set_result(result)

    def look_up() -> None:
        result: str | OSError | ValueError
        try:
            infos = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)
            result = str(infos[0][4][0])
        except (OSError, ValueError) as error:  # ValueError: no such name can exist
            result = error
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=look_up, name="icom_lan resolve", daemon=True).start()
    result = await found
    if isinstance(result, str):
        return result
    why = result.strerror if isinstance(result, OSError) else "not a host name"
    raise ConnectionError(
        f"{host!r} cannot be resolved ({why}): check the host name, or use its IPv4"
        " address"
    )
