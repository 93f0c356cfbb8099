"""What links and audio streams count, in records that others read and add up."""

from icom_proto.quick_dataclass import dataclass


@dataclass(slots=True)
class LinkCounters:
    """Datagrams since the link was made; requests are counted by number asked for."""

    received: int = 0
    ignored: int = 0
    sent: int = 0
    requests_sent: int = 0
    requests_received: int = 0
    resent: int = 0
    fillers_sent: int = 0
    withheld: int = 0


@dataclass(slots=True)
class RecoveryCounters:
    """Sums since the link opened; numbers of datagrams, requests counted per number."""

    missed: int = 0
    asked: int = 0
    healed: int = 0
    reordered: int = 0
    filled: int = 0
    late: int = 0
    given_up: int = 0
    duplicates: int = 0
    restarts: int = 0


@dataclass(slots=True)
class AudioCounters:
    """Datagrams since the stream began, but for `holes`: losses in a row count once.

    `out_of_order` is handed on late, and only where no order was asked for.
    """

    delivered: int = 0
    lost: int = 0
    holes: int = 0
    late: int = 0
    out_of_order: int = 0
    restarts: int = 0
    malformed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioQuality:
    """How received audio stands at one moment.

    `delay_s` is how long a hole is waited for; `pending` datagrams wait behind one.
    `longest_hole` counts the datagrams of the longest loss in a row. `drift_ppm` is how
    much faster than ours the sender's clock runs; None while it is not known.
    """

    delay_s: float
    pending: int
    jitter_s: float
    jitter_max_s: float
    longest_hole: int
    drift_ppm: float | None
