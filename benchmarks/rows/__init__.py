"""The rows of the benchmark, one module each; `ALL` has them in the order printed.

The names in brackets are those of the project's list of things to show.
"""

from collections.abc import Callable

from benchmarks.report import Report
from benchmarks.rows import (
    audio_core,
    audio_socket,
    civ,
    codecs,
    concealment,
    connect,
    decode,
    farm,
    imports,
    jitter_buffer,
    loss_recovery,
    packets,
    playout,
    pytest_plugin,
    residual_loss,
    virtual_time,
)
from benchmarks.settings import Settings

ALL: dict[str, Callable[[Settings], Report]] = {
    "audio-core": audio_core.run,
    "audio-socket": audio_socket.run,
    "packets": packets.run,
    "connect": connect.run,
    "civ": civ.run,
    "virtual-time": virtual_time.run,
    "loss-recovery": loss_recovery.run,
    "residual-loss": residual_loss.run,
    "jitter-buffer": jitter_buffer.run,
    "codecs": codecs.run,
    "imports": imports.run,
    "farm": farm.run,
    "pytest": pytest_plugin.run,
    "decode": decode.run,
    "playout": playout.run,
    "concealment": concealment.run,
}
