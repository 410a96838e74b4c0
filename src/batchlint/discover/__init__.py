"""Finding the program: its root, its files, the names of its modules, and the text of each file."""

from batchlint.discover.kinds import is_test
from batchlint.discover.modules import ModuleIndex, module_name
from batchlint.discover.read import decode_source, read_bytes, read_source
from batchlint.discover.roots import find_root
from batchlint.discover.walk import DEFAULT_EXCLUDE, DiscoverOptions, Tree, discover

__all__ = [
    "DEFAULT_EXCLUDE",
    "DiscoverOptions",
    "ModuleIndex",
    "Tree",
    "decode_source",
    "discover",
    "find_root",
    "is_test",
    "module_name",
    "read_bytes",
    "read_source",
]
