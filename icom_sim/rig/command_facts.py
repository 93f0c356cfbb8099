"""Every command in words, and how well it is known to behave like this.

One row for each command, sub-command or menu setting: code, section of spec CIV.md,
how it is known, the models on which it was seen, words. `T` stands for command tables
or vendor guides that two programs agree on, `I` for a decision of whoever wrote it
down, which CIV.md marks [I] or [C]. Where a model was seen, [L], it is observed.
"""

from dataclasses import dataclass

from icom_sim.dialects.knobs import Fidelity
from icom_sim.rig.menu_items import Item

_KNOWN = {"T": Fidelity.INFERRED, "I": Fidelity.ASSUMED}


@dataclass(frozen=True, slots=True)
class Fact:
    """What a command does, where that stands, and on which models it was seen."""

    text: str
    section: str
    known: Fidelity
    seen_on: frozenset[str]

    def fidelity(self, model: str) -> Fidelity:
        return Fidelity.OBSERVED if model in self.seen_on else self.known

    def source(self, model: str) -> str:
        tag = {
            Fidelity.OBSERVED: "L",
            Fidelity.INFERRED: "T",
            Fidelity.ASSUMED: "I",
        }[self.fidelity(model)]
        return f"CIV.md {self.section} [{tag}]"


_COMMANDS = """
00    3.1  I -              a frequency as radios tell it: taken, not answered
01    3.1  I -              a mode as radios tell it: taken, not answered
02    3.1  T MK2            edges of the band the dial is in
03    3.1  T 7760           operating frequency
04    3.1  T 7760,MK2       operating mode and filter
05    3.1  T -              set the operating frequency
06    3.1  T -              set the operating mode, with a filter or its last one
07    3.2  T -              leave memory mode
0700  3.2  T -              select VFO A
0701  3.2  T -              select VFO B
07A0  3.2  T -              copy the selected VFO to the other
07B0  3.2  T -              exchange A and B, or MAIN and SUB
07B1  3.2  T -              make SUB like MAIN
07C0  3.2  T -              dual watch off
07C1  3.2  T -              dual watch on
07C2  3.2  T -              dual watch
07D0  3.2  T -              select MAIN
07D1  3.2  T -              select SUB
07D2  3.2  T -              which of MAIN and SUB is selected
08    3.2  T -              memory mode; choose a channel
08A0  3.2  T -              choose a group of channels
09    3.2  T -              write what is displayed to the channel
0A    3.2  T -              copy the channel to the VFO
0B    3.2  T -              clear the channel
0C    2.3  T -              duplex offset
0D    2.3  T -              set the duplex offset
0E    3.2  I -              start, stop and set a scan (state only: no dial moves)
0F    3.2  T MK2            split, and duplex where the radio has it
10    3.2  T MK2            tuning step
11    3.4  T MK2            attenuator
12    3.4  T 7610,MK2       antenna
13    3.2  T -              speech (acknowledged, and nobody speaks)
1401  3.5  T MK2            AF gain
1402  3.5  T -              RF gain
1403  3.5  T 705            squelch
1405  3.5  T -              APF level
1406  3.5  T 705            NR level
1407  3.5  T 705            twin PBT, inner
1408  3.5  T 705            twin PBT, outer
1409  3.5  T -              CW pitch
140A  3.5  T MK2            RF power
140B  3.5  T -              microphone gain
140C  3.5  T -              key speed
140D  3.5  T -              position of the manual notch
140E  3.5  T -              compressor level
140F  3.5  T -              break-in delay
1412  3.5  T 705            NB level
1413  3.5  T -              DIGI-SEL shift
1414  3.5  T -              drive gain
1415  3.5  T -              monitor level
1416  3.5  T 705            VOX gain
1417  3.5  T -              anti-VOX gain
1419  3.5  T 705            backlight
1501  3.7  T 705            squelch of the S-meter is open
1502  3.7  T 705,MK2,7760   S-meter
1503  3.7  T -              absolute level
1504  3.7  T -              FM centre meter
1505  3.7  T 705            any squelch is open
1506  3.7  T -              S-AM is synchronous
1507  3.7  T 705            overflow
1511  3.7  T 705            output power
1512  3.7  T 705            SWR
1513  3.7  T 705            ALC
1514  3.7  T 705            compression
1515  3.7  T 705,MK2        supply voltage
1516  3.7  T 705            drain current
1602  3.6  T 705,MK2        preamplifier
1612  3.6  T 705,MK2        AGC
1622  3.6  T 705            noise blanker
1632  3.6  T 705            audio peak filter
1640  3.6  T 705            noise reduction
1641  3.6  T 705            automatic notch
1642  3.6  T 705            repeater tone
1643  3.6  T 705            tone squelch
1644  3.6  T 705            speech compressor
1645  3.6  T 705            monitor
1646  3.6  T 705            VOX
1647  3.6  T 705            break-in
1648  3.6  T 705            manual notch
164A  3.6  T -              AFC
164B  3.6  T 705            DTCS
164C  3.6  T -              voice squelch
164E  3.6  T -              DIGI-SEL
164F  3.6  T 705            twin peak filter
1650  3.6  T 705            dial lock
1653  3.6  T -              receive antenna
1655  3.6  T -              roofing filter
1656  3.6  T 705            shape of the IF filter
1657  3.6  T 705            width of the manual notch
1658  3.6  T 705            SSB transmit bandwidth
1659  3.6  T -              SUB band on
165A  3.6  T -              satellite mode
165B  3.6  T 705            DV squelch
165C  3.6  T 705            GPS data with DV
165D  3.6  T 705            tone squelch type
165E  3.6  T -              MAIN and SUB track
1665  3.6  T -              IP+
1666  3.6  I -              transmit inhibit
1667  3.6  T -              digital predistortion
17    3.9  T -              send CW
18    6    T 9700           power off and on
1900  1.2  T 705,MK2,7760   model
1A00  3.12 T -              contents of a memory channel
1A01  3.11 T -              band stacking register
1A03  2.8  T -              filter width
1A04  3.11 T -              AGC time constant
1A05  3.11 T -              menu settings
1A06  3.1  T -              DATA mode and filter
1A07  3.11 T -              IP+
1A08  3.7  T -              supply voltage
1A09  3.7  T -              AF mute; on an IC-705 overflow
1A0A  3.7  I -              overflow of one receiver
1B00  3.10 T -              repeater tone
1B01  3.10 T -              squelch tone
1B02  3.10 T -              DTCS code and polarity
1B07  3.10 T -              DV code squelch
1C00  3.10 T -              PTT, and whether it transmits
1C01  3.10 T MK2            antenna tuner
1C02  3.10 T -              monitor the transmit frequency
1C03  3.10 T MK2            transmit frequency
1C04  3.10 T -              CI-V output for antenna equipment
1E00  3.3  T MK2            how many bands it transmits in
1E01  3.3  T -              edges of a transmit band
1E02  3.3  T -              how many edges the user has set
1E03  3.3  T -              transmit edges of the user
2100  3.10 T MK2            offset of RIT and delta-TX
2101  3.10 T -              RIT
2102  3.10 T -              delta-TX
2300  3.10 I -              position (none: there are no satellites here)
2301  3.10 I -              source of the position
25    3.1  T -              frequency of a VFO
26    3.1  T MK2            mode, DATA and filter of a VFO
2710  3.13 T MK2            scope on
2711  3.13 T MK2            scope waveforms to this connection
2712  3.13 T 705            whose scope it is
2713  3.13 T 705            one scope or two
2714  3.13 T MK2            scope mode
2715  3.13 T -              scope span
2716  3.13 T -              which fixed edges
2717  3.13 T -              scope hold
2718  3.13 T -              scope attenuator
2719  3.13 I -              scope reference level
271A  3.13 T -              sweep speed
271B  3.13 T -              scope while transmitting
271C  3.13 T -              what the scope's centre is
271D  3.13 I -              video bandwidth
271E  3.13 T -              fixed edges of a range
271F  3.13 T -              resolution bandwidth
2800  3.9  T -              voice memory
29    1.9  T -              prefix: a command for MAIN or SUB
"""

# What radios have beyond this, and which of them; here it is NG.
_NOT_MODELLED = """
1418 3.5  all         display contrast
1A02 -    transmit    texts of the memory keyer
1A07 3.11 705         position and clock
1A07 3.11 9700        satellite memory
1F   -    dv          D-STAR call signs
20   -    dv          D-STAR messages received
22   -    dv          D-STAR data
24   -    dv          settings of transmit data
2720 3.13 all         marker of the scope
"""

_ITEMS = """
TRANSCEIVE          T MK2 report of dial and mode (CI-V Transceive)
USB_MOD_LEVEL       T -   level of USB audio at the modulator
ACC_MOD_LEVEL       I -   level of ACC audio at the modulator
LAN_MOD_LEVEL       T -   level of network audio at the modulator
MOD_INPUT_DATA_OFF  T -   what modulates with DATA off
MOD_INPUT_DATA_1    T -   what modulates with DATA 1
MOD_INPUT_DATA_2    T -   what modulates with DATA 2
MOD_INPUT_DATA_3    T -   what modulates with DATA 3
USB_AF_LEVEL        T -   level of received audio at USB
PHONES_MIX          I -   MAIN and SUB in the phones
QUICK_SPLIT         T -   quick split
DATE                T MK2 date
TIME                T MK2 time
UTC_OFFSET          T -   offset from UTC
SCOPE_AVERAGING     I -   averaging of the scope
TX_BANDWIDTH_WIDE   I -   edges of the wide SSB transmit bandwidth
TX_BANDWIDTH_MID    I -   edges of the middle SSB transmit bandwidth
TX_BANDWIDTH_NARROW I -   edges of the narrow SSB transmit bandwidth
TX_BANDWIDTH_DATA   I -   edges of the transmit bandwidth with DATA
NB_DEPTH            I -   depth of the noise blanker
NB_WIDTH            I -   width of the noise blanker
VOX_DELAY           I -   VOX delay
CIV_OUTPUT          I -   CI-V output for antennas
METER_TYPE          I -   type of the meter
REFERENCE_ADJUST    I -   reference frequency
NETWORK_CONTROL     T -   network control
POWER_OFF_SETTING   T -   what power off leaves running for the network
CONTROL_PORT        T -   control port
SERIAL_PORT         T -   serial port of the network
AUDIO_PORT          T -   audio port
INTERNET_LINE       I -   type of the Internet line
"""
_SHORT = {"MK2": "IC-7300MK2"}


def rows_of(table: str, columns: int) -> list[list[str]]:
    lines = table.strip().splitlines()
    return [line.split(maxsplit=columns - 1) for line in lines]


def parse_fact(section: str, known: str, seen: str, text: str) -> Fact:
    names = () if seen == "-" else seen.split(",")
    seen_on = frozenset(_SHORT.get(name, f"IC-{name}") for name in names)
    return Fact(text, section, _KNOWN[known], seen_on)


COMMAND_FACTS: dict[bytes, Fact] = {
    bytes.fromhex(code): parse_fact(*rest) for code, *rest in rows_of(_COMMANDS, 5)
}
ITEM_FACTS: dict[Item, Fact] = {
    Item[name]: parse_fact("3.11", *rest) for name, *rest in rows_of(_ITEMS, 4)
}


@dataclass(frozen=True, slots=True)
class NotModelled:
    """A command that radios of a kind have and this simulator has not."""

    code: bytes
    section: str
    kind: str
    text: str


NOT_MODELLED = tuple(
    NotModelled(bytes.fromhex(code), section, kind, text)
    for code, section, kind, text in rows_of(_NOT_MODELLED, 4)
)
