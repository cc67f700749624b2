"""What the house leaves behind: no private word in events, jobs, exports and mail; of logs and Redis see `traces`.

Each worker looks for those when it is done with its house, so after all that was asked of it, in every form and body.
"""

import json
import logging
from pathlib import Path

import pytest
from django.core.management import call_command

from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from participants.models import Mail
from tests.isolation.conftest import House
from tests.isolation.traces import cache_and_broker, left_behind, strangers_words, told
from tests.isolation.world import canary

pytestmark = pytest.mark.django_db


def test_a_private_word_in_a_log_or_in_redis_is_noticed(house: House) -> None:
    assert left_behind(house.heard.lines, house.letters) == []
    before = len(house.heard.lines)
    logging.getLogger("kernel").warning("seen: %s", canary("ada"))
    line, *_ = house.heard.lines[before:]
    cache, broker = cache_and_broker()
    cache.set(f"list:{canary('ben')}", "1")
    broker.rpush("celery-of-a-test", canary("cleo"))
    try:
        found = left_behind(house.heard.lines, house.letters)
    finally:
        del house.heard.lines[before:]
        cache.delete(f"list:{canary('ben')}")
        broker.delete("celery-of-a-test")
    assert found[0] == line
    assert [told(each) for each in found] == [[canary("ada")], [canary("ben")], [canary("cleo")]]


def test_no_private_word_is_in_an_event_or_in_the_arguments_of_a_job(house: House) -> None:
    payloads = [
        json.dumps(each, ensure_ascii=False) for each in EventRecord.objects.values_list("payload", flat=True)
    ]
    arguments = [
        json.dumps([args, key], ensure_ascii=False) for args, key in Job.objects.values_list("args", "key")
    ]
    assert payloads
    assert [each for each in payloads + arguments if told(each)] == []


def test_an_export_of_the_supply_has_no_private_word(house: House, tmp_path: Path) -> None:
    call_command("export_supply", str(tmp_path / "supply"), verbosity=0)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 5
    assert [path.name for path in files if told(path.read_text(encoding="utf-8"))] == []


def test_some_mail_has_private_words(house: House) -> None:
    assert [each for each in house.letters if told(each.address)], "nothing is proven of mails"


def test_a_mail_with_a_stranger_s_word_is_noticed() -> None:
    own = Mail(letter="x", address="ada@example.org", body=canary("ada"))
    invited = Mail(letter="x", address=f"{canary('ben')}@example.org", subject=canary("ben"))
    wrong = Mail(letter="x", address="ada@example.org", body=f"{canary('ada')} {canary('cleo')}")
    assert strangers_words([own, invited, wrong]) == [f"x to ada@example.org has {canary('cleo')}"]
