"""`end_second_factor`: for a person who lost her authenticator and her recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.actor import SYSTEM
from participants.services.accounts import end_second_factor
from participants.services.people import find_person


class Command(BaseCommand):
    help = "停用某人的第二重验证并结束其全部会话 / End a person's second factor, and every session"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="邮箱 / the person's address")

    def handle(self, *_: Any, **options: Any) -> None:
        person = find_person(email=options["email"])
        if person is None:
            raise CommandError("没有此人 / Nobody has this address")
        end_second_factor(user=person, actor=SYSTEM)
        self.stdout.write("已停用；下次登录时须重新启用。 / Ended; the person enrols anew when signing in.")
