"""Control an Icom radio in the network, and hear it: `IcomRadio` and its errors.

Names are imported when they are first used, so that `import icom_lan` costs nothing and
a program that catches one exception does not load an event loop.
"""

from importlib import import_module

# Not from typing, which would be nine tenths of this import; checkers know the name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from icom_lan.audio import (
        AUDIO_HEADER_SIZE,
        AudioPacket,
        AudioState,
        AudioStats,
        AudioStream,
        JitterBuffer,
    )
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
    from icom_lan.transport import ConnectionState, IcomTransport
    from icom_lan.types import (
        AudioCapabilities,
        AudioCodec,
        CivFrame,
        GrantedAudio,
        Mode,
        get_audio_capabilities,
    )

__version__ = "0.1.0"

__all__ = [
    "AUDIO_HEADER_SIZE",
    "AudioCapabilities",
    "AudioCodec",
    "AudioCodecBackendError",
    "AudioError",
    "AudioFormatError",
    "AudioPacket",
    "AudioRecoveryState",
    "AudioState",
    "AudioStats",
    "AudioStream",
    "AudioTranscodeError",
    "AuthenticationError",
    "CivFrame",
    "CommandError",
    "ConnectionError",
    "ConnectionState",
    "GrantedAudio",
    "IcomLanError",
    "IcomRadio",
    "IcomTransport",
    "JitterBuffer",
    "Mode",
    "RadioBusyError",
    "TimeoutError",
    "__version__",
    "get_audio_capabilities",
]

_MODULES = {
    "AUDIO_HEADER_SIZE": "icom_lan.audio",
    "AudioPacket": "icom_lan.audio",
    "AudioState": "icom_lan.audio",
    "AudioStats": "icom_lan.audio",
    "AudioStream": "icom_lan.audio",
    "JitterBuffer": "icom_lan.audio",
    "AudioRecoveryState": "icom_lan.reconnect",
    "ConnectionState": "icom_lan.transport",
    "IcomTransport": "icom_lan.transport",
    "IcomRadio": "icom_lan.radio",
    "AudioCapabilities": "icom_lan.types",
    "AudioCodec": "icom_lan.types",
    "CivFrame": "icom_lan.types",
    "GrantedAudio": "icom_lan.types",
    "Mode": "icom_lan.types",
    "get_audio_capabilities": "icom_lan.types",
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
