"""Taking the human key of a line provider, once and for ever."""

from uuid import UUID

from scheduling.errors.lines import ProviderKeyTaken
from scheduling.models import LineProvider


def claim_key(*, key: str, tenant: UUID, dry_run: bool) -> LineProvider:
    """The caller's row under its key, made at the first import (unsaved in a dry run).

    Raises ProviderKeyTaken where the key is another's, or the caller has another key.
    """
    known = LineProvider.objects.filter(tenant_id=tenant).first()
    if known is None and not LineProvider.objects.filter(key=key).exists():
        known = LineProvider(tenant_id=tenant, key=key)
        if not dry_run:
            known.save()
    if known is None or known.key != key:
        raise ProviderKeyTaken(pointer="/line_provider", key=key)
    return known
