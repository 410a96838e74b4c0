"""What is kept between runs, and how it is known that it still holds.

store    named entries in the user's cache folder: atomic, checked, bounded; a bad one is a miss
plain    the one format they are written in, which can hold data and nothing that runs
build    which program and which Python wrote an entry
stamps   whether a file is the one that was read
"""

from batchlint.cache.build import build_id
from batchlint.cache.plain import NotPlainError, dump, load, paused_collector
from batchlint.cache.stamps import Seen, Sight, Stamp, digest_of, is_unchanged, lasting, stamp_of
from batchlint.cache.store import TAG, Store, open_store

__all__ = [
    "TAG",
    "NotPlainError",
    "Seen",
    "Sight",
    "Stamp",
    "Store",
    "build_id",
    "digest_of",
    "dump",
    "is_unchanged",
    "lasting",
    "load",
    "open_store",
    "paused_collector",
    "stamp_of",
]
