"""AFSK 1200 (Bell 202) with AX.25 frames: what packet radio clients put on the air."""
