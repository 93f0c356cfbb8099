"""The models this simulator can be, by name."""

from icom_sim.rig.catalogue_hf import IC_7300MK2, IC_7610, IC_7760, IC_7850, IC_7851
from icom_sim.rig.catalogue_vhf import IC_705, IC_905, IC_9700, IC_R8600
from icom_sim.rig.models import RigModel

__all__ = [
    "IC_705",
    "IC_905",
    "IC_7300MK2",
    "IC_7610",
    "IC_7760",
    "IC_7850",
    "IC_7851",
    "IC_9700",
    "IC_R8600",
    "MODELS",
]

MODELS: dict[str, RigModel] = {
    model.name: model
    for model in (
        *(IC_705, IC_7300MK2, IC_7610, IC_7760, IC_7850, IC_7851),
        *(IC_905, IC_9700, IC_R8600),
    )
}
