"""Hamlib's rigctl, from Debian: it opens a serial port and speaks CI-V itself.

Each call is one run of the program: what it sets, another run has to find in the radio,
because Hamlib remembers what it set. Its exit status is 0 whatever happened; a refusal
is an "error" in what it prints.
"""

from dataclasses import dataclass

from interop.install import install_debian_packages
from interop.lab import Lab, LabError

RUN_S = 20.0
BAUD = "115200"


@dataclass(frozen=True, slots=True)
class HamlibRig:
    """A radio as Hamlib knows it: its model number, and what to call the other VFO.

    Debian 12 has Hamlib 4.5.4, which knows nothing younger than the IC-705: an
    IC-7300MK2 has to be driven as an IC-7300 at another address.
    """

    model: str  # of icom-sim
    number: int
    transmit_vfo: str
    dial_hz: int
    split_hz: int
    attenuator_db: int | None
    civ_address: int | None = None


RIGS = (
    HamlibRig("IC-705", 3085, "VFOB", 14_200_000, 14_210_000, 20),
    HamlibRig("IC-7300MK2", 3073, "VFOB", 7_100_500, 7_130_000, 20, civ_address=0xB6),
    HamlibRig("IC-7610", 3078, "Sub", 21_200_000, 21_290_000, 12),
    HamlibRig("IC-7851", 3075, "Sub", 28_500_000, 28_510_000, None),
    HamlibRig("IC-9700", 3081, "VFOB", 145_300_000, 145_900_000, 10),
)


@dataclass(frozen=True, slots=True)
class Rigctl:
    """rigctl on a terminal, as one radio."""

    lab: Lab
    rig: HamlibRig
    path: str

    def __call__(self, *words: str) -> list[str]:
        """The lines that the commands print. LabError for a refusal or a crash."""
        address = self.rig.civ_address
        process = self.lab.run(
            "rigctl",
            (
                *("rigctl", "-m", str(self.rig.number), "-r", self.path, "-s", BAUD),
                *(() if address is None else ("-c", hex(address))),
                *words,
            ),
            RUN_S,
        )
        text = process.text()
        if process.popen.returncode or "error = " in text:
            raise LabError(f"rigctl {' '.join(words)}: {process.last_line()}")
        return text.split()

    def version(self) -> str:
        process = self.lab.run("rigctl-version", ("rigctl", "--version"), RUN_S)
        return process.text().splitlines()[0]


def install() -> str | None:
    """None, or why it cannot be had."""
    return install_debian_packages({"rigctl": "libhamlib-utils"})
