"""Mail: written with its act, sent by a job in the reader's language, and forgotten once it has left."""

import logging
import re
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from config import environment
from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from kernel.services.jobs import run_next_job
from kernel.text import Letter, Text
from participants.domain.mail import INVITATION, Tongue
from participants.models import Mail, User
from participants.services.mail import KEPT_WAITING, deliver_mail, drop_old_mail, send_mail
from tests.participants.newcomers import Newcomer
from tests.support.browsers import Browser
from tests.support.cast import World

pytestmark = pytest.mark.django_db
GREETING = Letter("tests.greeting", Text("您好 {who}", "Hello {who}"), Text("“{node}”问候。", "From {node}."))


def posted() -> None:
    """Do every job that is due."""
    while run_next_job():
        pass


def invite(firm: Newcomer, email: str) -> str:
    answer = firm.post(f"{firm.here}/invitations", {"email": email, "roles": ["compute_provider"]})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["token"])


def test_an_invitation_is_mailed_with_the_link_that_takes_the_seat() -> None:
    firm = Newcomer()
    invite(firm, "Dora@Example.org")
    assert mail.outbox == []  # not before the job
    posted()
    (sent,) = [each for each in mail.outbox if each.to == ["dora@example.org"]]
    assert "邀请您加入" in sent.subject
    assert "invited into" in sent.subject  # nobody knows yet what she reads
    token = re.search(r"/invitations/(\S+)", str(sent.body))
    assert token
    assert Browser().get(f"/invitations/{token[1]}").status_code == 200


@pytest.mark.parametrize(("tongue", "subject"), [("zh-hans", "您好 Ada"), ("en", "Hello Ada")])
def test_a_person_is_written_to_in_her_language(world: World, tongue: str, subject: str) -> None:
    User.objects.filter(id=world.ada.user.id).update(language=tongue)
    for to in (User.objects.get(id=world.ada.user.id), "ADA@example.org"):
        row = send_mail(to=to, letter=GREETING, tenant=None, who="Ada")
        assert (row.subject, row.user_id) == (subject, world.ada.user.id)


def test_an_address_is_written_to_in_the_language_given() -> None:
    assert send_mail(
        to="x@example.org", letter=GREETING, tenant=None, tongue=Tongue.ENGLISH, who="X"
    ).subject == ("Hello X")


def test_what_somebody_typed_becomes_no_header() -> None:
    send_mail(to="x@example.org", letter=GREETING, tenant=None, who="X\r\nBcc: all@example.org")
    posted()
    (sent,) = mail.outbox
    assert sent.subject.startswith("您好 X Bcc: all@example.org")
    assert sent.recipients() == ["x@example.org"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_of_an_act_that_fails_is_never_sent() -> None:
    def act() -> None:
        send_mail(to="x@example.org", letter=GREETING, tenant=None, who="X")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        transaction.atomic(act)()
    posted()
    assert (Mail.objects.count(), Job.objects.count(), len(mail.outbox)) == (0, 0, 0)


def test_what_a_mail_said_is_forgotten_once_it_has_left() -> None:
    row = send_mail(to="x@example.org", letter=GREETING, tenant=None, who="X")
    posted()
    row.refresh_from_db()
    assert (row.address, row.subject, row.body) == ("", "", "")
    assert row.sent_at is not None
    deliver_mail(mail=row.id)  # the job runs once more
    assert len(mail.outbox) == 1
    assert mail.outbox[0].extra_headers["Message-ID"].startswith(f"<{row.id}@")
    event = EventRecord.objects.get(name="participants.mail_sent")
    assert (event.subject, event.payload) == (row.id, {"letter": "tests.greeting"})
    with pytest.raises(IntegrityError, match="mail_emptied_once_it_left"), transaction.atomic():
        Mail.objects.filter(id=row.id).update(body="again")


def refusing(*_: Any, **__: Any) -> int:
    raise SMTPRecipientsRefused({"x@example.org": (550, b"no such user x@example.org")})


def test_a_server_that_refuses_is_asked_again_and_nobodys_address_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as refused, caplog.at_level(logging.DEBUG):
        refused.setattr("django.core.mail.EmailMessage.send", refusing)
        row = send_mail(to="x@example.org", letter=GREETING, tenant=None, who="X")
        posted()
    job = Job.objects.get(name="participants.send_mail")
    assert job.done_at is None
    assert job.run_at is not None
    said = f"{job.args}{job.error}{caplog.text}{[vars(each) for each in caplog.records]}"
    assert "SMTPRecipientsRefused" in said
    assert "x@example.org" not in said
    Job.objects.update(run_at=Now())
    posted()
    row.refresh_from_db()
    assert row.sent_at is not None


def test_what_waited_too_long_is_dropped_and_not_sent_later() -> None:
    row = send_mail(to="x@example.org", letter=GREETING, tenant=None, who="X")
    assert drop_old_mail() == 0
    Mail.objects.update(created_at=Now() - KEPT_WAITING - timedelta(seconds=1))
    assert drop_old_mail() == 1
    posted()
    row.refresh_from_db()
    assert (row.address, row.body, row.sent_at) == ("", "", None)
    assert mail.outbox == []
    assert EventRecord.objects.filter(name="participants.mail_dropped").count() == 1


def test_every_letter_of_the_floor_takes_the_same_parameters_in_both_languages() -> None:
    values = {"node": "n", "organisation": "o", "roles_zh": "z", "roles_en": "e", "link": "l"}
    assert "l" in INVITATION.body.format(**values).zh


URLS = [
    ("submission://me:p%40ss@mail.example", ("mail.example", 587, "me", "p@ss", True, False)),
    ("smtps://mail.example:4650", ("mail.example", 4650, "", "", False, True)),
    ("smtp://mail.example", ("mail.example", 25, "", "", False, False)),
]


@pytest.mark.parametrize(("url", "said"), URLS)
def test_a_mail_server_is_named_by_its_url(url: str, said: tuple[Any, ...]) -> None:
    server = environment.mail(url)
    assert (server.host, server.port, server.user, server.password, server.starttls, server.tls) == said


def test_mail_goes_into_a_folder_or_to_the_console_where_there_is_no_server(tmp_path: Path) -> None:
    assert environment.mail(f"file://{tmp_path}").folder == str(tmp_path)
    assert "console" in environment.mail("console:").backend
    for wrong in ("", "mail.example", "http://mail.example", "smtp://"):
        with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
            environment.mail(wrong)
