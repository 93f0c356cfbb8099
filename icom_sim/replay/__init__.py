"""Captures played again: through the core offline, or live as radio or client."""
