"""Files that nobody has taken yet do not lie about for ever."""

import os
import time

from whatsapp.channels import linked
from whatsapp.channels.files import KEPT_SECONDS


def test_only_files_that_nobody_took_for_a_week_are_deleted(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    old, new = linked.shelf.keep(b"old"), linked.shelf.keep(b"new")
    past = time.time() - KEPT_SECONDS - 60
    os.utime(linked.shelf.folder() / old, (past, past))
    assert linked.shelf.forget() == 1
    assert [path.name for path in linked.shelf.folder().iterdir()] == [new]
