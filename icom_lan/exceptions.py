"""What goes wrong, by what an application can do about it.

Every error of this package is an `IcomLanError`; the text says what was tried, what
happened and what to check, and never holds a password. `ConnectionError` and
`TimeoutError` are also the builtins of these names, so that `except TimeoutError` means
one thing whether or not the class was imported from here.
"""

import builtins

from icom_proto.events import CloseReason, RadioBusy


class IcomLanError(Exception):
    """The base of all errors here. Catch it to say "the radio did not do it"."""

    # Set where it tells how a session ended, for who decides whether to try again.
    reason: CloseReason | None = None


class ConnectionError(IcomLanError, builtins.ConnectionError):
    """There is no session, or it ended. Check network, radio and who else uses it."""


class RadioBusyError(ConnectionError):
    """Another client holds the radio. Close it there, or wait and try again.

    A client that died without leaving holds the radio for another 15 to 60 seconds.
    """

    def __init__(
        self, message: str, *, computer: str = "", ip_address: str = ""
    ) -> None:
        super().__init__(message)
        self.computer = computer
        self.ip_address = ip_address


class AuthenticationError(IcomLanError):
    """The radio refused the login. Check user name and password in its network menu."""


class CommandError(IcomLanError):
    """The radio refused a command. Check value, mode, and what the model can do."""


class TimeoutError(IcomLanError, builtins.TimeoutError):
    """No answer in time. Check host and port; for a command, that the radio is on."""


class AudioError(IcomLanError):
    """The base of errors about audio."""


class AudioCodecBackendError(AudioError):
    """A codec library is missing or does not start. Check that it is installed."""


class AudioFormatError(AudioError):
    """A format or frame is not possible. The text names what is allowed."""


class AudioTranscodeError(AudioError):
    """A codec failed on a frame. Check that the audio is what the format says."""


_HIDDEN = "0.0.0.0"  # an IC-7610 does not tell who holds it (2.14)
_CHECK_NETWORK = "check that the radio is on and its network works"
_CHECK_OTHERS = "check whether another program uses the radio"

# For each way a session can end: what an application would catch, and what its user
# should look at. NO_ANSWER and its like are "no answer in time"; the rest is refusal
# or loss.
_BY_REASON: dict[CloseReason, tuple[type[IcomLanError], str]] = {
    CloseReason.LOCAL: (ConnectionError, "connect again to go on"),
    CloseReason.PEER_DISCONNECT: (
        ConnectionError,
        "check whether the radio was switched off or its network settings changed",
    ),
    CloseReason.NO_ANSWER: (
        TimeoutError,
        "check host and port, that the radio is on, and that its network control is"
        " enabled",
    ),
    CloseReason.SILENCE: (ConnectionError, _CHECK_NETWORK),
    CloseReason.BAD_CREDENTIALS: (
        AuthenticationError,
        "check user name and password in the radio's network menu",
    ),
    CloseReason.LOGIN_REFUSED: (
        AuthenticationError,
        "check the radio's network user settings; an earlier session may also block it"
        " for a minute",
    ),
    CloseReason.LOGIN_TIMEOUT: (
        TimeoutError,
        "check that the port is the radio's control port",
    ),
    CloseReason.NO_CAPABILITIES: (TimeoutError, _CHECK_NETWORK),
    CloseReason.NO_SUCH_RADIO: (
        ConnectionError,
        "check which radios this address serves",
    ),
    CloseReason.BUSY: (RadioBusyError, "disconnect the other client, or try later"),
    CloseReason.STREAMS_REFUSED: (
        ConnectionError,
        "check audio codec and sample rate, and whether another client has the radio;"
        " an earlier session may also block it for a minute",
    ),
    CloseReason.NO_OPUS: (
        AudioFormatError,
        "ask for another audio_codec: PCM of 16 or 8 bit, or µ-law",
    ),
    CloseReason.STREAMS_TIMEOUT: (TimeoutError, _CHECK_NETWORK),
    CloseReason.DATA_PORTS_DEAD: (
        ConnectionError,
        "check that a firewall lets the CI-V and audio ports through, and try again in"
        " a minute",
    ),
    CloseReason.LEASE_LOST: (ConnectionError, _CHECK_NETWORK),
    CloseReason.FORCED: (ConnectionError, _CHECK_OTHERS),
    CloseReason.REPLACED: (ConnectionError, _CHECK_OTHERS),
}


def error_for(
    reason: CloseReason, where: str, detail: str = "", holder: RadioBusy | None = None
) -> IcomLanError:
    """The exception for a session that ended: where, what happened, what to check."""
    kind, check = _BY_REASON[reason]
    if holder is not None and (holder.computer or holder.ip_address != _HIDDEN):
        detail = f"{holder.computer or 'unnamed'} at {holder.ip_address}"
    happened = f"{reason.value} ({detail})" if detail else reason.value
    message = f"{where}: {happened}; {check}"
    error = kind(message)
    if isinstance(error, RadioBusyError) and holder is not None:
        error.computer, error.ip_address = holder.computer, holder.ip_address
    error.reason = reason
    return error
