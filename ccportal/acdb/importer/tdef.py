"""Which columns of an Access table are autonumbers: the one thing mdbtools does not tell.

Reads the table's definition pages (Jet 4 and ACE: .mdb since Access 2000, .accdb). In an older or encoded file nothing
is found, and the caller falls back on the primary key.
"""

import struct
from pathlib import Path

_PAGE = 4096
_DEFINITION = b"\x02\x01"
_HEADER = 63
_INDEX_ENTRY = 12
_COLUMN_ENTRY = 25
_FLAGS = 15
_AUTONUMBER = 0x04
_LONG_INTEGER = 4


def autonumbers(path: Path, page: int) -> frozenset[str]:
    """Names of the autonumber columns of the table whose definition begins on that page; empty when unreadable."""
    try:
        definition = _definition(path, page)
        (columns,) = struct.unpack_from("<H", definition, 45)
        (indexes,) = struct.unpack_from("<I", definition, 51)
        entries = _HEADER + indexes * _INDEX_ENTRY
        position = entries + columns * _COLUMN_ENTRY
        found = []
        for number in range(columns):
            (length,) = struct.unpack_from("<H", definition, position)
            name = definition[position + 2 : position + 2 + length].decode("utf-16-le")
            position += 2 + length
            entry = entries + number * _COLUMN_ENTRY
            if definition[entry] == _LONG_INTEGER and definition[entry + _FLAGS] & _AUTONUMBER:
                found.append(name)
        return frozenset(found)
    except (OSError, struct.error, IndexError, UnicodeDecodeError):
        return frozenset()


def _definition(path: Path, page: int) -> bytes:
    """The table's definition, put together from its chain of pages."""
    parts = b""
    with path.open("rb") as file:
        seen: set[int] = set()
        while page and page not in seen:
            seen.add(page)
            file.seek(page * _PAGE)
            content = file.read(_PAGE)
            if not content.startswith(_DEFINITION):
                raise struct.error("not a definition page")
            (page,) = struct.unpack_from("<I", content, 4)
            parts += content[8:] if parts else content
    return parts
