"""Control an Icom radio in the network, and hear it: `IcomRadio` and its errors.

Names are imported when they are first used, so that `import icom_lan` costs nothing and
a program that catches one exception does not load an event loop.
"""

from importlib import import_module

# Not from typing, which would be nine tenths of this import; checkers know the name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from icom_lan.audio import AudioPacket
    from icom_lan.exceptions import (
        AudioCodecBackendError,
        AudioError,
        AudioFormatError,
        AudioTranscodeError,
        AuthenticationError,
        CommandError,
        ConnectionError,
        IcomLanError,
        RadioBusyError,
        TimeoutError,
    )
    from icom_lan.radio import IcomRadio
    from icom_lan.reconnect import AudioRecoveryState
    from icom_lan.types import AudioCodec, CivFrame, Mode

__version__ = "0.1.0"

__all__ = [
    "AudioCodec",
    "AudioCodecBackendError",
    "AudioError",
    "AudioFormatError",
    "AudioPacket",
    "AudioRecoveryState",
    "AudioTranscodeError",
    "AuthenticationError",
    "CivFrame",
    "CommandError",
    "ConnectionError",
    "IcomLanError",
    "IcomRadio",
    "Mode",
    "RadioBusyError",
    "TimeoutError",
    "__version__",
]

_MODULES = {
    "AudioPacket": "icom_lan.audio",
    "AudioRecoveryState": "icom_lan.reconnect",
    "IcomRadio": "icom_lan.radio",
    "AudioCodec": "icom_lan.types",
    "CivFrame": "icom_lan.types",
    "Mode": "icom_lan.types",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # What is not listed is an exception.
    module = import_module(_MODULES.get(name, "icom_lan.exceptions"))
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
