"""What radios do differently on their links: the knobs of PROTOCOL.md 10, as data.

Each field is one named behaviour of a radio's links or of the streams over them; the
defaults are those of an IC-7610. `RadioConfig.links` holds one.
"""

from icom_proto.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDialect:
    """How a radio's links behave."""
