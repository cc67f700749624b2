"""What is left behind when everybody has asked everything: no private word in logs, Redis, events, jobs, exports, mail."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from redis import Redis

from kernel.models.jobs import Job
from kernel.models.outbox import EventRecord
from participants.models import Mail
from tests.isolation.addresses import addresses
from tests.isolation.calls import ASKERS, once, tenant_of
from tests.isolation.checks import NOT_CALLED
from tests.isolation.conftest import House
from tests.isolation.owners import Ledger
from tests.isolation.world import canary
from tests.support.cast import CAST

pytestmark = pytest.mark.django_db
CANARIES = [canary(name) for name in CAST]


@pytest.fixture(scope="module")
def asked(house: House, ledger: Ledger) -> House:
    """Everybody has asked every address once, of what is not its own where it names an object."""
    for address in addresses():
        if address.operation in NOT_CALLED:
            continue
        for asker in ASKERS[::2] if address.method == "GET" else ASKERS[1::4]:
            thing: Any = None
            if address.view.queryset is not None and address.keyed:
                things = ledger.some(address.view.queryset.model, tenant_of(house, asker))
                thing = things[-1] if things else None
            once(house, asker, address, thing.id if thing else "")
    return house


def told(text: str) -> list[str]:
    """The canaries in a text."""
    return [each for each in CANARIES if each in text]


def test_no_private_word_is_in_a_log(asked: House) -> None:
    logging.getLogger("kernel").warning("a line that is heard")
    assert any("a line that is heard" in line for line in asked.heard.lines)
    assert [line for line in asked.heard.lines if told(line)] == []


@pytest.mark.parametrize("url", ["cache", "broker"])
def test_no_private_word_is_in_redis_in_a_key_or_in_a_value(asked: House, url: str) -> None:
    where = settings.CACHES["default"]["LOCATION"] if url == "cache" else settings.CELERY_BROKER_URL
    client: Any = Redis.from_url(where.replace("redis+socket://", "unix://").replace("virtual_host=", "db="))
    whole: dict[bytes, tuple[str, Any]] = {
        b"string": ("GET", ()),
        b"list": ("LRANGE", (0, -1)),
        b"set": ("SMEMBERS", ()),
        b"hash": ("HGETALL", ()),
        b"zset": ("ZRANGE", (0, -1)),
        b"stream": ("XRANGE", ("-", "+")),
    }
    kept = []
    for key in client.scan_iter():
        verb, words = whole[client.type(key)]
        kept.append(f"{key!r} {client.execute_command(verb, key, *words)!r}")
    assert [each for each in kept if told(each)] == []


def test_no_private_word_is_in_an_event_or_in_the_arguments_of_a_job(asked: House) -> None:
    payloads = [
        json.dumps(each, ensure_ascii=False) for each in EventRecord.objects.values_list("payload", flat=True)
    ]
    arguments = [
        json.dumps([args, key], ensure_ascii=False) for args, key in Job.objects.values_list("args", "key")
    ]
    assert payloads
    assert [each for each in payloads + arguments if told(each)] == []


def test_an_export_of_the_supply_has_no_private_word(asked: House, tmp_path: Path) -> None:
    call_command("export_supply", str(tmp_path / "supply"), verbosity=0)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 5
    assert [path.name for path in files if told(path.read_text(encoding="utf-8"))] == []


def strangers_words(letters: list[Mail]) -> list[str]:
    """The canaries in mails that are another's than their reader's."""
    return [
        f"{letter.letter} to {letter.address} has {word}"
        for letter in letters
        for word in told(f"{letter.subject} {letter.body}")
        if word not in letter.address and f"{word.removeprefix(canary(''))}@" not in letter.address
    ]


def test_mail_has_words_of_its_readers_only(asked: House) -> None:
    assert [each for each in asked.letters if told(each.address)], (
        "no mail has a private word: nothing is proven"
    )
    assert strangers_words(asked.letters) == []


def test_a_mail_with_a_stranger_s_word_is_noticed() -> None:
    own = Mail(letter="x", address="ada@example.org", body=canary("ada"))
    invited = Mail(letter="x", address=f"{canary('ben')}@example.org", subject=canary("ben"))
    wrong = Mail(letter="x", address="ada@example.org", body=f"{canary('ada')} {canary('cleo')}")
    assert strangers_words([own, invited, wrong]) == [f"x to ada@example.org has {canary('cleo')}"]
