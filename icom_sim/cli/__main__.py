"""`python -m icom_sim.cli` is `icom-sim`."""

from icom_sim.cli import main

main()
