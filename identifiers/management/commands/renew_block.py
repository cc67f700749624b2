"""`renew_block`: close the number block in use and ask for another, after a restore that the database cannot see."""

from typing import Any

from django.core.management.base import BaseCommand

from identifiers.services.blocks import renew_block


class Command(BaseCommand):
    help = "停用现有号段并申请新号段（以卷快照恢复之后） Close the number block in use and ask for another, after a volume was put back."

    def handle(self, *args: Any, **options: Any) -> None:
        asked = renew_block(by_hand=True)
        self.stdout.write("已申请新号段 a new block was asked for" if asked else "尚无前缀 no prefix yet")
