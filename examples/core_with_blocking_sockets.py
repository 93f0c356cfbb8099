"""The core driven by `select` in a plain loop: no asyncio, no thread.

Start `icom-sim serve` in another terminal, then run this. It reads the frequency.
"""

import os
import random
import select
import socket
import time

from icom_proto import civ_commands, events
from icom_proto.civ_frames import build_frame
from icom_proto.client_connection import ClientConnection
from icom_proto.client_requests import ClientConfig
from icom_proto.codes import Stream

HOST = os.environ.get("ICOM_HOST", "127.0.0.1")
PORT = int(os.environ.get("ICOM_PORT", "50001"))


def main() -> None:
    sockets = [socket.socket(type=socket.SOCK_DGRAM) for _ in Stream]
    for each in sockets:
        each.bind(("", 0))
    control, civ, audio = (each.getsockname()[1] for each in sockets)
    config = ClientConfig(username="icom", password="icom")
    rng = random.SystemRandom()
    core = ClientConnection(config, rng=rng, local_ports=(control, civ, audio))
    ports = [PORT, 0, 0]
    core.open(time.monotonic())
    while True:
        while (output := core.poll_output()) is not None:
            match output:
                case events.Transmit(stream=stream, data=data):
                    sockets[stream].sendto(data, (HOST, ports[stream]))
                case events.StreamsGranted(civ_port=civ, audio_port=audio):
                    ports = [PORT, civ or PORT + 1, audio or PORT + 2]
                case events.SessionReady():
                    body = civ_commands.read_frequency()
                    frame = build_frame(core.civ_address, 0xE0, body)
                    core.send_civ(frame, time.monotonic())
                case events.CivAnswered(frame=frame):
                    print(civ_commands.decode_frequency_answer(frame), "Hz")
                    core.close(time.monotonic())
                case events.SessionClosed(reason=reason):
                    return print(reason.value)
                case _:
                    pass
        deadline = core.next_timeout()
        wait_s = None if deadline is None else max(0, deadline - time.monotonic())
        for each in select.select(sockets, [], [], wait_s)[0]:
            stream = Stream(sockets.index(each))
            core.handle_datagram(stream, each.recv(4096), time.monotonic())
        core.handle_timeout(time.monotonic())


if __name__ == "__main__":
    main()
