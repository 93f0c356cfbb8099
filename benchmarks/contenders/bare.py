"""The limits beside the contenders: what the kernel and plain Python do with no
protocol.
"""

import socket
from time import perf_counter, process_time

from benchmarks.bursts import roomy_socket
from benchmarks.contenders import Figures, Sample
from benchmarks.latency import figures
from benchmarks.workload import audio_datagrams


def recv(count: int, bursts: int) -> Sample:
    """Row 7b: `count` queued datagrams, one `recv` each, and nothing done with them."""
    sender, receiver = roomy_socket(), roomy_socket()
    sender.connect(receiver.getsockname())
    receiver.connect(sender.getsockname())
    datagrams = audio_datagrams(count)

    def sample() -> Figures:
        elapsed = 0.0
        for _ in range(bursts):
            for datagram in datagrams:
                sender.send(datagram)
            elapsed += _drain(receiver, count)
        return {"per_s": bursts * count / elapsed}

    return sample


def _drain(receiver: socket.socket, count: int) -> float:
    read = receiver.recv
    start = process_time()
    for _ in range(count):
        read(2048)
    return process_time() - start


def udp_echo(port: int, count: int) -> Sample:
    """Row 7e: a blocking socket against a blocking echo, datagrams of CI-V size."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(("127.0.0.1", port))
    client.settimeout(5)
    question = bytes(27)

    def sample() -> Figures:
        taken = []
        for _ in range(count):
            start = perf_counter()
            client.send(question)
            client.recv(2048)
            taken.append(perf_counter() - start)
        return figures(taken)

    return sample
