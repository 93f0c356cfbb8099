"""The public names of audio, in one place."""

from icom_lan.radio_audio import AudioPacket

__all__ = ["AudioPacket"]
