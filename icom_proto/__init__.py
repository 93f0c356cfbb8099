"""The Icom LAN protocol as a pure state machine, for either side of the conversation.

Bytes, time and chance go in as arguments; datagrams, events and a next deadline come
out. Nothing here opens a socket, reads a clock, starts a task or logs.
"""
