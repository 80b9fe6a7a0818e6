"""Files on this machine: syncs them, locks them, and reads those that a person names."""

from sc_spiders.disk.locks import Locks, has_record_locks, lacks_locks
from sc_spiders.disk.sync import TOO_FEW, sync_file, sync_name, sync_tree

__all__ = ["TOO_FEW", "Locks", "has_record_locks", "lacks_locks", "sync_file", "sync_name", "sync_tree"]
