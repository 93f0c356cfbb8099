"""Strangers who mean it badly, and a proof that the fake radio lives with them."""
