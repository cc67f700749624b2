"""Work of the federation that runs later: sending, the sweep behind it, daily manifests, closed periods."""

from uuid import UUID

from celery import shared_task
from django.db import transaction

from kernel.clock import now, shanghai_date
from kernel.jobs import job
from kernel.services.jobs import enqueue_job
from nodes.selectors.streams import sending_streams
from nodes.services.drafts import DRAFT_JOB, draft_due, plan_drafts
from nodes.services.manifests import exchange_manifest
from nodes.services.peers import tell_detachment
from nodes.services.sending import due_streams, send_stream
from nodes.services.streams import SEND_JOB


@job(SEND_JOB)
def send(*, stream: str) -> None:
    """Send what one stream has to say."""
    send_stream(stream=UUID(stream))


@job("nodes.exchange_manifest")
def exchange(*, stream: str) -> None:
    """Compare one stream with its peer; tried again with the job's own pauses while the peer is away."""
    exchange_manifest(stream=UUID(stream))


@job(DRAFT_JOB)
def draft_section(*, upstream_code: str, section: str) -> None:
    """Draft what is due of one section for one upstream: one that fails keeps no other waiting."""
    draft_due(upstream_code=upstream_code, section=section)


@job("nodes.tell_detachment")
def tell(*, peer: str) -> None:
    """Tell a peer that we detached from it; tried again with the job's own pauses while it is away."""
    tell_detachment(peer=UUID(peer))


@shared_task(name="nodes.tasks.sweep_streams", ignore_result=True)
def sweep_streams() -> None:
    """Send what a lost job left behind."""
    for stream in due_streams():
        send_stream(stream=stream)


@shared_task(name="nodes.tasks.exchange_daily", ignore_result=True)
@transaction.atomic
def exchange_daily() -> None:
    """Let every stream be compared once a day in Shanghai, quiet or not."""
    day = shanghai_date(now()).isoformat()
    for stream in sending_streams():
        enqueue_job("nodes.exchange_manifest", key=f"manifest:{stream}:{day}", stream=str(stream))


@shared_task(name="nodes.tasks.draft_reports", ignore_result=True)
def draft_reports() -> None:
    """See to it that every closed period is drafted for every upstream."""
    plan_drafts()
