"""`allow_unsigned ORGANISATION`: the way out for an organisation that requires signatures and has lost its keys."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.actor import SYSTEM
from participants.models import Organisation
from participants.services.signing_keys import require_signatures


class Command(BaseCommand):
    help = "让一个主体的调用可以不签名（丢失签名密钥时） Let an organisation's calls go unsigned, once its keys are lost."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organisation", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        row = Organisation.objects.filter(id=options["organisation"]).first()
        if row is None:
            raise CommandError("没有该主体 no such organisation")
        require_signatures(organisation=row, required=False, actor=SYSTEM)
        self.stdout.write(f"{row.id} {row.name}: 可不签名 unsigned calls are taken")
