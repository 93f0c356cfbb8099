"""Fake radios for tests: in a thread of their own, or in simulated time.

What `icom_sim.pytest_plugin` gives to tests, usable from any other test runner too.
"""
