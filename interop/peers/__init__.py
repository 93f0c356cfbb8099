"""One module per foreign program: how to install it, start it and drive it."""
