"""Evidence: which bytes are taken, who opens them, and what is on record."""

import gc
import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import now
from kernel.models.outbox import EventRecord
from participants.domain.documents import LARGEST_FILE, MOST_DOCUMENTS, FileType, sniff
from participants.errors import UnusableDocument
from participants.models import Document
from participants.tasks import sweep_evidence
from tests.participants.newcomers import PDF, Newcomer, certified, code_of, days_ahead, decide
from tests.support.browsers import Browser, with_password
from tests.support.cast import World

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
JPEG = b"\xff\xd8\xff\xe0" + bytes(16)


@pytest.mark.parametrize(
    ("content", "kind"), [(PDF, FileType.PDF), (PNG, FileType.PNG), (JPEG, FileType.JPEG)]
)
def test_the_type_is_told_from_the_bytes_and_never_from_the_name(content: bytes, kind: FileType) -> None:
    answer = Newcomer().submit("business_licence", file=content)  # sent as text/html, named .html
    assert (answer.status_code, answer.json()["file_type"]) == (201, kind.value)
    assert answer.json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert answer.json()["accepted_at"] is None


def test_who_is_signed_in_at_a_browser_submits_a_file_as_whoever_has_a_key(world: World) -> None:
    browser = Browser()
    browser.sign_in(with_password(world.ben).email)
    form = {"kind": "business_licence", "file": SimpleUploadedFile("licence.pdf", PDF)}
    here = f"/api/v1/organisations/{world.ben.organisation.id}/documents"
    sent = encode_multipart(BOUNDARY, form)
    answer = browser.api("POST", here, sent, media_type=MULTIPART_CONTENT)
    assert (answer.status_code, answer.json()["sha256"]) == (201, hashlib.sha256(PDF).hexdigest())
    bare = browser.api("POST", here, sent, media_type=MULTIPART_CONTENT, **{"X-CSRFToken": ""})
    assert code_of(bare) == (403, "csrf_failed")


BAD_FILES = [b"", b"<html>%PDF-1.4", b"PK\x03\x04", b"GIF89a", b"%PDF", b"\x89PNG", PDF + bytes(LARGEST_FILE)]


@pytest.mark.parametrize("content", BAD_FILES, ids=range(len(BAD_FILES)))
def test_other_bytes_and_too_many_are_refused_and_nothing_is_kept(content: bytes, tmp_path: Path) -> None:
    answer = Newcomer().submit("business_licence", file=content)
    assert code_of(answer) == (400, "unusable_document")
    assert answer.json()["errors"][0]["pointer"] == "/file"
    assert not Document.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@given(st.binary(max_size=64))
def test_bytes_are_taken_only_behind_one_of_three_signatures(content: bytes) -> None:
    known = content.startswith((b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))
    try:
        assert sniff(content) in FileType
    except UnusableDocument:
        assert not known
    else:
        assert known


WRONG = [
    ({"kind": "selfie"}, "/kind"),
    ({"kind": ""}, "/kind"),
    ({"valid_until": "31.12.2027"}, "/valid_until"),
    ({"number": "x" * 81}, "/number"),
]


@pytest.mark.parametrize(("change", "pointer"), WRONG, ids=str)
def test_wrong_particulars_name_their_field(change: dict[str, Any], pointer: str) -> None:
    fields = {"kind": "authorisation", **change}
    answer = Newcomer().submit(**fields)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_document_that_ends_must_say_when_and_that_must_be_to_come() -> None:
    firm = Newcomer()
    for until in (" ", days_ahead(-1)):
        answer = firm.submit("authorisation", until=until)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/valid_until"
    assert firm.submit("authorisation", until=days_ahead(0)).status_code == 201  # its last day still counts
    assert firm.submit("business_licence", valid_until="").json()["valid_until"] is None


def test_a_file_is_kept_under_a_name_of_ours_for_its_owner_only(tmp_path: Path) -> None:
    firm = Newcomer()
    row = firm.submit("business_licence").json()
    (kept,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept.relative_to(tmp_path) == Path("documents", firm.id, f"{row['id']}.pdf")
    assert kept.read_bytes() == PDF
    assert kept.stat().st_mode & 0o077 == 0


def test_thirty_valid_documents_are_enough() -> None:
    firm = Newcomer()
    row = Document.objects.get(id=firm.submit("business_licence").json()["id"])
    copies = [
        Document(organisation=firm.row, kind=row.kind, file_type=row.file_type, size=1, sha256="", path="")
        for _ in range(MOST_DOCUMENTS - 1)
    ]
    Document.objects.bulk_create(copies)
    assert code_of(firm.submit("business_licence")) == (409, "too_many_documents")
    Document.objects.filter(id=copies[0].id).update(valid_until=days_ahead(-1))
    assert firm.submit("business_licence").status_code == 201


OPENS = [
    ("ada", 404),
    ("ben", 404),
    ("otto", 200),
    ("olga", 200),
    ("owen", 403),
    ("rhea", 200),
    ("aude", 403),
    ("nobody", 401),
]


@pytest.mark.parametrize(("who", "status"), OPENS)
def test_while_a_case_is_open_these_may_open_a_file(world: World, who: str, status: int) -> None:
    firm, person = Newcomer(), getattr(world, who)
    here = f"/api/v1/documents/{firm.submit('business_licence').json()['id']}/file"
    answer = person.get(here)
    assert answer.status_code == status
    opened = EventRecord.objects.filter(name="participants.document_read")
    assert opened.count() == (status == 200)
    if status == 200:
        assert answer.content == PDF
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"].startswith("attachment; ")
        assert opened.get().actor_user == person.user.id


def test_when_a_case_is_closed_the_operator_opens_nothing_and_the_supervision_is_on_record(
    world: World,
) -> None:
    firm = certified(world)
    row = firm.get(f"{firm.here}/documents").json()["items"][0]["id"]
    assert code_of(world.otto.get(f"/api/v1/documents/{row}/file")) == (409, "case_closed")
    assert firm.get(f"/api/v1/documents/{row}/file").status_code == 200
    assert world.rhea.get(f"/api/v1/documents/{row}/file").status_code == 200
    assert EventRecord.objects.filter(name="participants.document_read", subject=row).count() == 2
    renewal = firm.submit("authorisation").json()["id"]  # something to decide again
    for each in (renewal, row):
        assert world.otto.get(f"/api/v1/documents/{each}/file").status_code == 200


SHOWN = [("otto", "open"), ("olga", "open"), ("rhea", "always"), ("owen", "never"), ("aude", "never")]


@pytest.mark.parametrize(("who", "when"), SHOWN)
def test_a_personal_particular_is_shown_to_those_who_may_open_the_file(
    world: World, who: str, when: str
) -> None:
    firm = Newcomer()
    firm.submit_all()
    here, person = f"{firm.here}/documents", getattr(world, who)

    def agent(reader: Any, query: str = "") -> set[str]:
        rows = reader.get(f"{here}?kind=authorisation{query}").json()["items"]
        return {row["particulars"]["agent"] for row in rows}

    assert agent(firm) == {"演示"}
    assert agent(person) == agent(person, "&fields=particulars") == {"***" if when == "never" else "演示"}
    licence = person.get(f"{here}?kind=telecom_licence_b11").json()["items"][0]["particulars"]
    assert licence["holder"] == "演示"  # what is nobody's person is read by all
    decide(world, firm)
    assert agent(person) == {"演示" if when == "always" else "***"}
    assert agent(firm) == {"演示"}


def test_a_key_that_may_only_list_reads_no_personal_particular(world: World) -> None:
    firm = Newcomer()
    firm.submit("authorisation")
    reader = world.rhea.with_scopes("participants.list_documents", "participants.read_organisation")
    rows = reader.get(f"{firm.here}/documents").json()["items"]
    assert [row["particulars"] for row in rows] == [{"agent": "***"}]


def test_nobody_submits_for_another_firm(world: World) -> None:
    firm = Newcomer()
    form = {"kind": "business_licence"}
    here = f"{firm.here}/documents"
    assert code_of(world.ada.upload(here, form, PDF)) == (404, "not_found")
    assert code_of(world.otto.upload(here, form, PDF)) == (403, "forbidden")
    assert code_of(world.ada.get(here)) == (404, "not_found")
    refused = firm.post(here, form)
    assert code_of(refused) == (415, "unsupported_media_type")
    assert "multipart/form-data" in refused.json()["detail"]
    assert not firm.row.documents.exists()


def test_a_list_asks_the_same_for_one_document_and_for_five(django_assert_num_queries: Any) -> None:
    firm = Newcomer()
    firm.get(firm.here)  # notes the key's first use
    for more in (1, 4):
        for _ in range(more):
            firm.submit("business_licence")
        with django_assert_num_queries(5):
            firm.get(f"{firm.here}/documents")
    assert len(firm.get(f"{firm.here}/documents?kind=business_licence").json()["items"]) == 5
    assert firm.get(f"{firm.here}/documents?kind=authorisation").json()["items"] == []


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_is_rolled_back_leaves_no_file(monkeypatch: Any, tmp_path: Path) -> None:
    firm = Newcomer()
    with monkeypatch.context() as broken:
        fails = IntegrityError("the answer could not be kept")

        def store(*_: Any) -> None:
            raise fails

        broken.setattr("kernel.api.idempotency.store_reply", store)
        with pytest.raises(IntegrityError):
            firm.submit("business_licence")
    assert not Document.objects.exists()
    assert files_in(tmp_path) == []
    assert firm.submit("business_licence").status_code == 201
    gc.collect()
    assert len(files_in(tmp_path)) == 1


def test_what_a_dead_process_left_behind_is_swept_after_an_hour(tmp_path: Path) -> None:
    firm = Newcomer()
    firm.submit("business_licence")
    (kept,) = files_in(tmp_path)
    for minutes in (5, 90):
        path = kept.with_name(f"left-{minutes}.pdf")
        path.write_bytes(PDF)
        then = (now() - timedelta(minutes=minutes)).timestamp()
        os.utime(path, (then, then))
    os.utime(kept, (0, 0))
    sweep_evidence()
    assert {path.name for path in files_in(tmp_path)} == {kept.name, "left-5.pdf"}
    sweep_evidence()


def test_sweeping_where_nothing_was_ever_submitted_is_no_error(tmp_path: Path) -> None:
    sweep_evidence()
    assert files_in(tmp_path) == []
