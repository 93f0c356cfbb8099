"""`python -m icom_sim` is `icom-sim`."""

from icom_sim.cli import main

main()
