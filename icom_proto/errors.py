"""The exceptions of the core: whose fault it was decides the class.

What the peer does wrong during a session is an event, never one of these; `DecodeError`
stays between a codec and the part that called it. Messages name fields, sizes and
codes; they never hold the value of a field, because some fields hold credentials.
"""


class ProtocolError(Exception):
    """The base of both."""


class DecodeError(ProtocolError):
    """Bytes from the network do not fit the layout. Decoding raises nothing else."""


class LocalProtocolError(ProtocolError):
    """The caller asked for what is not possible, or not now. Nothing has changed."""
