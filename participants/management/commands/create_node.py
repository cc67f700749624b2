"""`create_node`: the node's operator and regulator, and one-time seats for their first, distinct people."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from participants.services.founding import FoundedOtherwiseError, Seat, found_node


class Command(BaseCommand):
    help = "建立节点运营主体与监管主体并发出首批邀请 / Make the node's operator and regulator, and invite their first people"

    requires_system_checks: list[str] = []  # the web workers have looked

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--operator-name", required=True, help="运营主体名称 / name of the operator")
        parser.add_argument("--regulator-name", required=True, help="监管主体名称 / name of the regulator")
        parser.add_argument("--division", default=settings.NODE_CODE, help="GB/T 2260; default NODE_CODE")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            seats = found_node(
                operator_name=options["operator_name"],
                regulator_name=options["regulator_name"],
                division=options["division"],
            )
        except FoundedOtherwiseError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            rows = [_row(seat) for seat in seats]
            self.stdout.write(json.dumps({"invitations": rows}, ensure_ascii=False, indent=1))
            return
        for seat in seats:
            self.stdout.write(f"{seat.organisation.name}\t{seat.role}\t{seat.link}")
        self.stdout.write(
            f"{len(seats)} 个席位待接受：在浏览器中打开链接，七日内、一次有效。"
            f" / {len(seats)} seats are open: open the link in a browser, once, within seven days."
        )


def _row(seat: Seat) -> dict[str, str]:
    return {
        "organisation": str(seat.organisation.id),
        "name": seat.organisation.name,
        "role": seat.role,
        "token": seat.token,
        "link": seat.link,
        "expires_at": seat.expires_at.isoformat(),
    }
