"""Recorded sessions: files of datagrams as other tools read and write them."""
