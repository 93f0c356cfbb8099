"""A relay between clients and a radio that tells, records and damages what passes."""
