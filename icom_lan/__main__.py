"""`python -m icom_lan` is `icom-lan`."""

import sys

from icom_lan.cli import main

sys.exit(main())
