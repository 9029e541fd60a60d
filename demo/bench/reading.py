"""Times the import alone, without the start of Django and without what the apps do afterwards.

``python -m demo.bench.reading FILE`` prints the seconds.
"""

import os
import sys
import time

import django
from django.core.management import call_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ccportal.settings")
    django.setup()
    from ccportal.acdb.signals import acdb_imported

    acdb_imported.receivers.clear()
    started = time.monotonic()
    call_command("acdb_import", sys.argv[1], quiet=True)
    print(time.monotonic() - started)


if __name__ == "__main__":
    main()
