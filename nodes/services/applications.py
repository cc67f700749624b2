"""Applications for a node: fill in, check, make final, follow with a new version."""

import hashlib

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import now
from kernel.services.outbox import publish
from nodes import events
from nodes.domain.applications import (
    LIFE,
    ApplicationState,
    Content,
    Finding,
    FormKind,
    Severity,
    check_application,
)
from nodes.errors import AlreadyReopened, ApplicationIncomplete, FormNotBuilt
from nodes.models import NodeApplication
from nodes.selectors.profiles import application_profile


@transaction.atomic
def draft_application(*, kind: FormKind, content: Content, actor: Actor) -> NodeApplication:
    """Begin an application; it may still lack anything. Raises FormNotBuilt for the metropolitan action's forms."""
    if not kind.built:
        built = ", ".join(each.value for each in FormKind if each.built)
        raise FormNotBuilt(
            pointer="/kind", form=kind.value, form_zh=kind.label.zh, form_en=kind.label.en, built=built
        )
    return _begin(kind, content, actor=actor)


def _begin(
    kind: FormKind, content: Content, *, actor: Actor, after: NodeApplication | None = None
) -> NodeApplication:
    version = after.version + 1 if after else 1
    row = NodeApplication.objects.create(kind=kind, version=version, supersedes=after, content=content)
    before = after.id if after else None
    publish(
        events.ApplicationDrafted(
            subject=row.id, tenant=None, kind=row.kind, version=version, supersedes=before
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def amend_application(*, application: NodeApplication, changed: Content, actor: Actor) -> NodeApplication:
    """Put the members given in place of those that the draft has."""
    row = NodeApplication.objects.select_for_update().get(id=application.id)
    row.state = LIFE.after("amend", row.state)
    row.content = row.content | changed
    row.advance("state", "content")
    publish(events.ApplicationAmended(subject=row.id, tenant=None), actor=actor)
    return row


def findings_of(application: NodeApplication) -> list[Finding]:
    """What the application lacks by the rules of today."""
    return check_application(FormKind(application.kind), application.content, application_profile())


@transaction.atomic
def finalise_application(*, application: NodeApplication, actor: Actor) -> NodeApplication:
    """Freeze a complete draft, and keep the paper's bytes and their SHA-256.

    Raises ApplicationIncomplete where an official text asks for more; warnings do not hinder.
    """
    row = NodeApplication.objects.select_for_update().get(id=application.id)
    row.state = LIFE.after("finalise", row.state)
    errors = [each.pointer for each in findings_of(row) if each.severity is Severity.ERROR]
    if errors:
        raise ApplicationIncomplete(count=len(errors), pointers=", ".join(errors))
    paper = render_application(row)
    row.document, row.sha256 = paper, hashlib.sha256(paper).hexdigest()
    row.profile = application_profile().version
    row.finalised_at, row.finalised_by = now(), actor.user_id
    row.advance("state", "document", "sha256", "profile", "finalised_at", "finalised_by")
    publish(
        events.ApplicationFinalised(
            subject=row.id, tenant=None, kind=row.kind, version=row.version, sha256=row.sha256
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def reopen_application(*, application: NodeApplication, actor: Actor) -> NodeApplication:
    """A new draft with what the final version says, which stays as it is. Raises AlreadyReopened."""
    LIFE.after("reopen", application.state)
    try:
        with transaction.atomic():
            return _begin(FormKind(application.kind), application.content, actor=actor, after=application)
    except IntegrityError as error:
        raise AlreadyReopened(
            successor=NodeApplication.objects.values_list("id", flat=True).get(supersedes=application)
        ) from error


def render_application(application: NodeApplication) -> bytes:
    """The paper in the layout of the public form: a final one as it was kept, a draft as it stands."""
    if application.document is not None:
        return bytes(application.document)
    draft = application.version if application.state == ApplicationState.DRAFT else None
    from nodes.adapters.forms.docx import write_form  # much to load, for a paper that few processes write

    return write_form(FormKind(application.kind), application.content, application_profile(), draft=draft)
