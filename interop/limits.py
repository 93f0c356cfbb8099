"""What a foreign client cannot do, known and its own doing: a hole, and no failure.

By the names of client and of dialect or codec. The row is run all the same, and says
ok if it is; with the knobs that are named here the client has to live with the dialect.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """Why a client fails, and what has to be turned for it to pass."""

    reason: str
    knobs: tuple[str, ...]


KAPPANHANG, WFVIEW = "kappanhang 1.3", "wfview 1.60"
LIMITS: dict[tuple[str, str], Limit] = {
    (KAPPANHANG, "ic9700"): Limit(
        "it gives the padded name to PulseAudio, which takes no spaces",
        ("name_padded=off",),
    ),
    (KAPPANHANG, "wfserver"): Limit(
        "it calls twice and takes only packet 1 for the answer to its login, and dies"
        " of several CI-V frames in a datagram; with wfserver itself it fails alike",
        ("iah_seq=zero", "early_idle=off", "civ_packing=single"),
    ),
    (KAPPANHANG, "pc_rsba1"): Limit(
        "it does not take capabilities that list two radios", ("records=1",)
    ),
    (WFVIEW, "ic9700"): Limit(
        "after a grant without ports it calls port 0", ("ports_zero_on=identity",)
    ),
    (WFVIEW, "Opus stereo"): Limit(
        "it finds no decoder: Unsupported Input Sample Type", ()
    ),
    (WFVIEW, "pc_rsba1"): Limit(
        "it lets a person choose between two radios, and nobody clicks", ("records=1",)
    ),
}
