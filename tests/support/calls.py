"""Jobs that call somebody, done one by one on the thread of a test, within its transaction."""

from kernel.services.jobs import claim_call, do_job


def call_next() -> bool:
    """Do the most overdue job that calls somebody; False if none is due."""
    claimed = claim_call()
    if claimed is not None:
        do_job(claimed)
    return claimed is not None
