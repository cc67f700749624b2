"""The files of evidence, outside the web root: kept with their rows or not at all."""

from datetime import timedelta
from weakref import finalize

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from kernel.clock import now
from participants.models import Document

FOLDER = "documents"
SWEPT_AFTER = timedelta(hours=1)  # no transaction lasts so long


class _Kept:
    """What the transaction calls at its commit; dropped uncalled with a rollback, and the file with it."""

    def __init__(self, path: str) -> None:
        self.forget = finalize(self, default_storage.delete, path)

    def __call__(self) -> None:
        self.forget.detach()


def keep_file(*, path: str, content: bytes) -> str:
    """Write a file under a path of ours in the caller's transaction; a rollback removes it. The path it has."""
    kept = default_storage.save(f"{FOLDER}/{path}", ContentFile(content))
    transaction.on_commit(_Kept(kept))
    return kept


def sweep_files() -> int:
    """Remove the files without a row that a process left which died between its write and its commit."""
    gone, old = 0, now() - SWEPT_AFTER
    folders, _ = default_storage.listdir(FOLDER) if default_storage.exists(FOLDER) else ([], [])
    for folder in folders:
        paths = {f"{FOLDER}/{folder}/{name}" for name in default_storage.listdir(f"{FOLDER}/{folder}")[1]}
        for path in paths - set(Document.objects.filter(path__in=paths).values_list("path", flat=True)):
            if default_storage.get_modified_time(path) < old:
                default_storage.delete(path)
                gone += 1
    return gone
