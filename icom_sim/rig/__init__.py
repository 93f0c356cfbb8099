"""The rig behind the network: its state, and its answers to CI-V frames.

Nothing here does I/O or reads a clock. `catalogue` says what each model has, `state`
and its parts hold the knobs, the `commands_*` modules are tables of handlers, and
`rig.Rig` puts them together. Facts: spec CIV.md sections 2 to 7.
"""
