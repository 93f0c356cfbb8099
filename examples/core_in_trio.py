"""The core driven by trio: nothing in it knows asyncio. Needs `icom-sim serve`."""

import math
import os
import random

import trio

from icom_proto import events
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Stream

HOST = os.environ.get("ICOM_HOST", "127.0.0.1")
PORT = int(os.environ.get("ICOM_PORT", "50001"))


async def main() -> None:
    sockets = [trio.socket.socket(type=trio.socket.SOCK_DGRAM) for _ in Stream]
    for each in sockets:
        await each.bind(("", 0))
    control, civ, audio = (each.getsockname()[1] for each in sockets)
    config = ClientConfig(username="icom", password="icom")
    rng = random.SystemRandom()
    core = ClientConnection(config, rng=rng, local_ports=(control, civ, audio))
    arrived, arrivals = trio.open_memory_channel[tuple[Stream, bytes]](0)
    ports = [PORT, 0, 0]

    async def read(stream: Stream) -> None:
        while True:
            await arrived.send((stream, await sockets[stream].recv(4096)))

    async with trio.open_nursery() as nursery:
        for stream in Stream:
            nursery.start_soon(read, stream)
        core.open(trio.current_time())
        while True:
            while (output := core.poll_output()) is not None:
                match output:
                    case events.Transmit(stream=stream, data=data):
                        await sockets[stream].sendto(data, (HOST, ports[stream]))
                    case events.StreamsGranted(radio=radio) as granted:
                        print("radio:", radio.name.decode())
                        ports[1] = granted.civ_port or PORT + 1
                        ports[2] = granted.audio_port or PORT + 2
                    case events.SessionReady():
                        core.close(trio.current_time())
                    case events.SessionClosed(reason=reason):
                        print("session:", reason.value)
                        return nursery.cancel_scope.cancel()
                    case _:
                        pass
            deadline = core.next_timeout()
            with trio.move_on_at(math.inf if deadline is None else deadline):
                core.handle_datagram(*await arrivals.receive(), trio.current_time())
            core.handle_timeout(trio.current_time())


trio.run(main)
