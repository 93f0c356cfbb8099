"""How radios differ on the wire: knobs with a name, and sets of them with a name."""
