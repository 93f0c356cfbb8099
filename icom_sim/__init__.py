"""A fake Icom network radio: rig model, session server, and a network that misbehaves.

The protocol comes from `icom_proto`, in its radio role; nothing here encodes a packet.
"""
