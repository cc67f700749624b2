"""Whether a line can be had from a place to a centre, as carriers and the snapshot say it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from aggregation.selectors.centres import centres
from kernel.clock import now, shanghai_date
from kernel.text import Text
from scheduling.domain.rows import Site
from scheduling.domain.serviceability import Ask, Near, Option, Question, Reason, options
from scheduling.domain.working_days import REAL_DAY
from scheduling.errors.lines import UnknownCentre
from scheduling.models import LineProduct, LineProvider
from scheduling.selectors.ends import end_rules, entered
from scheduling.selectors.gate import blocks
from scheduling.selectors.profiles import ends_profile, working_calendar
from scheduling.selectors.supply import Version


@dataclass(frozen=True, slots=True)
class Answered:
    """One option as it is told: what its days count, the first day on which it may be in use, why its gate is shut."""

    option: Option
    promised_in: str | None
    usable_from: date | None
    closed: Text | None


@dataclass(frozen=True, slots=True)
class Serviceability:
    """The options from the best on, why there is none where there is none, and what they were worked out from."""

    snapshot: str
    centre: str
    z_site: str
    profile: str
    calendar: str
    options: tuple[Answered, ...]
    otherwise: Reason


def serviceability(
    *, ask: Ask, nears: Sequence[Near], centre: str, version: Version | None
) -> Serviceability:
    """Every line product of a version from every access point given, the best first. Raises UnknownCentre."""
    known = centres([centre]).get(centre)
    if known is None:
        raise UnknownCentre(pointer="/centre", centre=centre)
    found: list[tuple[Option, Text | None]] = []
    otherwise = Reason.NO_PRODUCT if version is None else Reason.NO_PATH
    if version is not None and known.site in version.supply.sites:
        keys = dict(LineProvider.objects.values_list("tenant_id", "key"))
        rules = {keys[tenant]: each for tenant, each in end_rules(keys).items()}
        question = Question(
            ask=ask,
            nears=[near for near in nears if near.site in version.supply.sites],
            z_site=known.site,
            rules=rules,
            default=ends_profile().rules,
            entered=entered(centre),
        )
        found = _gated(options(version.supply, question), known.site, version.supply.sites)
        otherwise = Reason.NO_PRODUCT if question.nears else Reason.NO_PATH
    return Serviceability(
        snapshot=version.supply.snapshot if version else "",
        centre=centre,
        z_site=known.site,
        profile=ends_profile().version,
        calendar=working_calendar().version,
        options=tuple(_answered(found, version)),
        otherwise=otherwise,
    )


def _gated(
    found: Sequence[Option], z_site: str, sites: Mapping[str, Site]
) -> list[tuple[Option, Text | None]]:
    """The options in their order once the gates between both cities were asked, and why one is shut."""
    products = {
        (row.provider.key, row.technology): row.id
        for row in LineProduct.objects.filter(
            provider__key__in={option.line_provider for option in found}
        ).select_related("provider")
    }
    between = [frozenset(sites[site].city for site in (*option.sites, z_site)) for option in found]
    shut = {cities: blocks(products.values(), cities=cities) for cities in set(between)}
    told: list[tuple[Option, Text | None]] = []
    for option, cities in zip(found, between, strict=True):
        product = products[(option.line_provider, option.technology)]
        reasons = shut[cities][product]
        if reasons:
            closed = Text(
                "；".join(block.text.zh for block in reasons), "; ".join(block.text.en for block in reasons)
            )
            told.append((replace(option, reasons=(*option.reasons, Reason.NOT_SELLABLE)), closed))
        else:
            told.append((option, None))
    return sorted(told, key=lambda each: each[0].rank)


def _answered(found: Sequence[tuple[Option, Text | None]], version: Version | None) -> list[Answered]:
    at, calendar = now(), working_calendar()
    answers = []
    for option, closed in found:
        promised_in = usable = None
        if version is not None and option.tariff is not None:
            promised_in = version.told_of(option.tariff)["lead_in"]
        if option.days is not None and promised_in is not None:
            usable = calendar.after(at, option.days, counted=promised_in, day_seconds=REAL_DAY)
        answers.append(
            Answered(option, promised_in, None if usable is None else shanghai_date(usable), closed)
        )
    return answers
