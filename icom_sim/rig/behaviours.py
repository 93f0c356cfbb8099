"""What a radio does beyond answering one command, and how well that is known.

The rows are those of `command_facts`, with a kind of model in place of the code. What
they say is what the tests of the rig show.
"""

from dataclasses import dataclass

from icom_sim.rig.command_facts import Fact, parse_fact, rows_of
from icom_sim.rig.models import RigModel, VfoLayout

_TABLE = """
all      1.2   T 7760         answers go to the address that asked
all      1.2   T MK2          a frame for another radio is ignored
all      1.2   T MK2          a question to address 00 is answered
all      7.1   I -            a write to address 00 does nothing
all      1.4   T MK2,705,7760 frames are echoed on the network
all      7.1   T -            NG leaves everything as it was
all      1.8   T -            dial and mode key are reported to 00
all      1.8   T 9700         DATA is reported as a mode frame
all      1.8   T MK2          other knobs are not reported
all      7.3   T -            tuning keeps the mode
all      4.4   I -            a mode that ends with its band gives way
all      7.3   I -            a mode brings back its filter and DATA
all      2.8   T -            widths belong to mode, DATA and filter
all      4.5   T -            factory widths of the filters
all      4.5   I -            the filter of a mode that has none yet
dual     10    I -            25 and 26: 00 is MAIN, 01 is SUB
905      2.2   I -            six bytes from 10 GHz, read in any size
705      3.1   T -            VFO B is out of reach on the DR screen
9700     7.3   I -            MAIN and SUB are never on one band: NG
9700     7.3   I -            SUB cannot be selected while it is off
9700     3.2   T -            satellite mode replaces split
9700     3.2   I -            in satellite mode SUB transmits
all      3.12  I -            an empty channel cannot be recalled
all      3.6   I -            one kind of tone at a time
dual     3.4   T -            preamplifier and DIGI-SEL exclude
all      10    I -            AGC 00 is NG but where it is off
transmit 7.4   I -            PTT outside the bands is NG
R8600    7.2   T -            PTT is NG: there is no transmitter
transmit 7.4   T -            1C 00 00 is always OK
transmit 7.4   I -            while keyed it tunes within its band
transmit 7.4   I -            while keyed modes and VFOs are NG
transmit 7.4   T -            a time-out ends transmission
transmit 7.4   T -            the end of the session ends it too
transmit 7.4   T -            SSB power follows the network audio
transmit 3.11  T -            but only with the network as MOD input
transmit 3.10  T -            RIT and delta-TX share one offset
transmit 7.4   T -            tuning takes 2 to 5 s
transmit 3.9   T -            CW outside CW mode is a side-tone
transmit 3.2   I -            a scan ends when the radio is keyed
all      3.8   T -            the S-meter has official anchors
transmit 3.8   T -            power has official anchors
7300MK2  3.7   T MK2          at rest transmit meters read 0
7300MK2  3.8   T MK2          the supply reads 13.97 V
all      5.3   T 7760         a sweep is one frame on the network
all      5.5   T MK2          30 sweeps a second at FAST
all      5.5   I -            15 at MID, 7 at SLOW
transmit 7.4   T -            the scope stops in transmit unless told
all      5.1   I -            scope output ends with its session
all      6     T 9700         in standby CI-V is silent
all      6     I -            18 01 in standby is not answered
7300MK2  6     T -            it wakes in about 3.8 s
9700     6     T 9700         it wakes in about 5.5 s
7300MK2  6     T -            18 00 can take the network down too
"""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What holds for a kind of model."""

    kind: str
    fact: Fact

    def concerns(self, model: RigModel) -> bool:
        return is_of_kind(model, self.kind)


BEHAVIOURS = tuple(
    Behaviour(kind, parse_fact(*rest)) for kind, *rest in rows_of(_TABLE, 5)
)


def is_of_kind(model: RigModel, kind: str) -> bool:
    """A kind is a group of models, or what one is called behind IC-."""
    match kind:
        case "all":
            return True
        case "transmit":
            return bool(model.transmit)
        case "dual":
            return model.layout is VfoLayout.MAIN_SUB
        case "dv":
            return model.has(b"\x1b\x07")
        case _:
            return model.name == f"IC-{kind}"
