"""The radio that the command line names."""

import argparse
from typing import Any

from icom_lan.cli.options import UsageError
from icom_lan.exceptions import AudioFormatError
from icom_lan.radio import IcomRadio


def radio_for(arguments: argparse.Namespace, **options: Any) -> IcomRadio:  # noqa: ANN401
    """Not connected yet. Raises UsageError for what no radio could accept."""
    try:
        return IcomRadio(
            arguments.host,
            port=arguments.port,
            username=arguments.username,
            password=arguments.password,
            timeout=arguments.timeout,
            **options,
        )
    except (ValueError, AudioFormatError) as error:
        raise UsageError(str(error)) from None
