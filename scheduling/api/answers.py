"""The shape of an answer, for the contract: written by `scheduling/domain/engine/files.py` and kept, so none of this is ever run."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from scheduling.domain.ends import EndClass
from scheduling.domain.engine.promises import PROMISE_REASONS
from scheduling.domain.evidence import Method
from scheduling.domain.gazetteer import LEVELS
from scheduling.domain.light import Medium
from scheduling.domain.serviceability import Reason


def _money(help_text: str, **options: Any) -> serializers.CharField:
    return serializers.CharField(help_text=f"CNY, 4 decimals: {help_text}", **options)


def _counts(*names: str, **options: Any) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    return {name: serializers.IntegerField(**options) for name in names}


class BundleCnyOut(serializers.Serializer[Any]):
    """What a bundle costs for the demand's hours: `total` is rounded from the exact total, not from the parts."""

    compute = _money("quantity × price an hour × hours, with the storage")
    storage = _money("the part of compute that is storage", required=False)
    line = _money("one_off + months or hours, both paths of a pair")
    total = _money("of all")


class ScorePartOut(serializers.Serializer[Any]):
    """One measure and what it adds; null is unknown."""

    value = serializers.CharField(allow_null=True)
    cny = serializers.CharField(allow_null=True)


class ScoreOut(serializers.Serializer[Any]):
    """What bundles rank by where weights were given: the total and Σ weight × measure, CNY."""

    cny = serializers.CharField(allow_null=True, help_text="null where a measure that counts is unknown")
    known_cny = serializers.CharField()
    unknown = serializers.ListField(child=serializers.CharField(), help_text="measures that are not known")
    parts = serializers.DictField(child=ScorePartOut())


class BundleServiceOut(serializers.Serializer[Any]):
    """What the carrier promises of each circuit, by codes of the profile; null is not declared."""

    availability_percent = serializers.CharField(allow_null=True, help_text="of a year")
    sla = serializers.CharField(allow_null=True)
    isolation = serializers.CharField(allow_null=True)
    encryption = serializers.CharField(allow_null=True)


class BundleOut(serializers.Serializer[Any]):
    """Compute and line chosen together. The members from held_mbps on are there where the demand goes beyond the files."""

    offer = serializers.CharField()
    centre = serializers.CharField()
    quantity = serializers.IntegerField()
    line_provider = serializers.CharField()
    technology = serializers.CharField()
    bandwidth_mbps = serializers.IntegerField(help_text="the tariff's step, Mbps")
    billing = serializers.CharField(help_text="term, by the month; elastic, by the hour")
    spans = serializers.ListField(child=serializers.CharField(), help_text="from the buyer on")
    protection_spans = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="the second path of a pair; null without one",
    )
    latency_us = serializers.IntegerField(help_text="µs one way, on the demand's layer; of a pair the worse")
    jitter_us = serializers.IntegerField()
    loss = serializers.CharField(help_text="a share, exact")
    km = serializers.CharField(help_text="exact; of a pair of both paths")
    lead_days = serializers.IntegerField()
    cny = BundleCnyOut()
    min_months = serializers.IntegerField(
        required=False, help_text="of a line at a price for a longer term: so many months are paid at least"
    )
    held_mbps = serializers.IntegerField(required=False, help_text="held on every span")
    line_hours = serializers.CharField(required=False, help_text="for which the line is rented")
    from_site = serializers.CharField(required=False, help_text="the access point that it takes")
    protection_from_site = serializers.CharField(
        required=False, help_text="where the second path of a pair begins, if that is another"
    )
    service = BundleServiceOut(required=False, help_text="where the demand requires anything of it")
    score = ScoreOut(required=False)


class RejectedBundlesOut(serializers.Serializer[Any]):
    """Each fitting offer × allowed line product once, at the first test that it fails.

    `access` and `start` only beyond the files; availability, sla, isolation and encryption, which are tested first, only where the demand requires
    anything that lines are sold with.
    """

    def get_fields(self) -> dict[str, Any]:
        """All are counts."""
        reasons = ["no_path", "bandwidth", "latency", "jitter", "loss", "hops", "disjoint", "tariff", "price"]
        return {**_counts(*reasons), **_counts("access", "start", *PROMISE_REASONS, required=False)}


class RejectedOut(serializers.Serializer[Any]):
    """Why the others are out."""

    offers = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="constraint → offers that fail it first: kind, accelerators, min_…, domestic, centre, providers, available; beyond the files also from_centre, residency, domain, storage, min_hours, notice and window",
    )
    bundles = RejectedBundlesOut()


STATED = [{"type": "integer"}, {"type": "string"}, {"type": "boolean"}]
LISTED = {"type": "array", "items": {"type": "string"}}


@extend_schema_field({"anyOf": [*STATED, LISTED]})
class StatedField(serializers.JSONField):
    """A bound as the demand stated it."""


@extend_schema_field({"anyOf": STATED[:2]})
class NearestField(serializers.JSONField):
    """The nearest value that admits something."""


class RelaxationOut(serializers.Serializer[Any]):
    """One constraint whose change alone admits bundles."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python."""
        return {
            "constraint": serializers.CharField(help_text="dotted: compute.min_vcpus"),
            "from": StatedField(allow_null=True, help_text="null: no start was asked for"),
            "to": NearestField(allow_null=True, help_text="null: it must be dropped"),
            "admits": serializers.IntegerField(help_text="(offer, line product) pairs at `to`"),
        }


class RelaxStoppedOut(serializers.Serializer[Any]):
    """A search that was stopped, for it took too long: no value before this one helps, and the rest was not looked at."""

    constraint = serializers.ChoiceField(["starts_at"])
    before = serializers.DateTimeField(help_text="ask with this starts_at to go on from there")


class AnswerOut(serializers.Serializer[Any]):
    """An answer as in the selection files (docs/selection.md); what was not wanted is absent."""

    demand = serializers.CharField()
    snapshot = serializers.CharField(help_text="sha256:… of the supply")
    extras = serializers.CharField(
        required=False,
        help_text="the hash of what the files lack, where the demand asked for anything of it; else of the prices by term",
    )
    bundles = BundleOut(many=True)
    pareto = BundleOut(
        many=True,
        required=False,
        help_text="undominated by total, latency, and carbon and unreliability where they have a weight",
    )
    rejected = RejectedOut(required=False)
    relax = RelaxationOut(many=True, required=False, help_text="empty where anything is feasible")
    relax_stopped = RelaxStoppedOut(
        required=False, help_text="there where not all later starts were looked at; absent where they were"
    )


class SpanEvidenceOut(serializers.Serializer[Any]):
    """What a span's latency rests on."""

    latency_us = serializers.IntegerField(help_text="optical, µs one way")
    basis = serializers.ChoiceField(["measured", "committed", "estimated"])
    km = serializers.CharField()
    medium = serializers.ChoiceField(Medium.choices())
    evidence = serializers.UUIDField(allow_null=True, help_text="the record of the measurement")
    method = serializers.ChoiceField(Method.choices(), allow_null=True)
    measured_at = serializers.DateTimeField(allow_null=True)
    marking = serializers.CharField()


class NearMissOut(serializers.Serializer[Any]):
    """A centre that fails on latency alone, and the line that comes nearest; µs one way on the demand's layer."""

    centre = serializers.CharField()
    line_provider = serializers.CharField()
    technology = serializers.CharField()
    upper_us = serializers.IntegerField(
        help_text="by evidence or estimate; of a 1+1 pair the slower path of two disjoint ones that are there, not always the fastest two"
    )
    basis = serializers.ChoiceField(
        ["measured", "committed", "estimated"],
        required=False,
        help_text="what upper_us rests on; estimated where any part is, or else committed where any is; absent before it was told",
    )
    lower_us = serializers.IntegerField(help_text="what light needs over the great circle")
    below_us = serializers.IntegerField(help_text="the bound")
    medium = serializers.ChoiceField(Medium.choices())
    great_circle_km = serializers.CharField()
    verdict = serializers.ChoiceField(
        ["inconclusive", "impossible"],
        help_text="inconclusive: light does not rule it out, and what decides goes by basis: of what is estimated a measurement, "
        "of what is committed another word of its provider, of what is measured another way",
    )


class AccessTailOut(serializers.Serializer[Any]):
    """The way to an access point, an upper estimate."""

    cable_m = serializers.IntegerField()
    latency_us = serializers.IntegerField(help_text="µs one way")


class AlternateOut(serializers.Serializer[Any]):
    """An access point farther off."""

    site = serializers.CharField()
    tail_km = serializers.CharField(allow_null=True)


class CarrierPointOut(serializers.Serializer[Any]):
    """An access point of a line provider's; null is not known, or that there is none."""

    site = serializers.CharField(allow_null=True)
    tail_km = serializers.CharField(allow_null=True)
    tail = AccessTailOut(allow_null=True)
    end_class = serializers.ChoiceField(EndClass.choices(), allow_null=True)
    days = serializers.IntegerField(allow_null=True)
    one_off_cny = serializers.CharField(
        allow_null=True, help_text="for each circuit; null: a survey tells it"
    )


class UnreachedOut(serializers.Serializer[Any]):
    """Why a line provider cannot reach the place."""

    code = serializers.ChoiceField(Reason.choices())
    zh = serializers.CharField()
    en = serializers.CharField()


class CarrierAccessOut(CarrierPointOut):
    """Where a line provider's lines would begin."""

    others = CarrierPointOut(
        many=True, required=False, help_text="farther ones that the engine chooses among"
    )
    reason = UnreachedOut(allow_null=True)


class KnownPlaceOut(serializers.Serializer[Any]):
    """The place that an address named."""

    name = serializers.CharField()
    level = serializers.ChoiceField(LEVELS)
    lat = serializers.CharField()
    lon = serializers.CharField()


class SlaBoundsOut(serializers.Serializer[Any]):
    """What whichever of the required service levels keeps; absent where one of them leaves it open. It goes with line.sla."""

    max_latency_us = serializers.IntegerField(required=False, help_text="µs one way, strict")
    max_loss = serializers.CharField(required=False, help_text="a share from 0 to 1")


class AccessOut(serializers.Serializer[Any]):
    """Where a selection starts."""

    site = serializers.CharField(help_text="the nearest access point, or the site that was named")
    tail_km = serializers.CharField(allow_null=True)
    tail = AccessTailOut(allow_null=True)
    carriers = serializers.DictField(child=CarrierAccessOut(), help_text="by the line provider's key")
    alternates = AlternateOut(many=True, required=False)
    place = KnownPlaceOut(required=False)
    opens_in = serializers.DictField(
        child=serializers.IntegerField(),
        required=False,
        help_text="where a start counts: tariff row|days of its end → days of 24 hours until it is open, of rows that count working days",
    )
    sla_bounds = SlaBoundsOut(
        required=False, help_text="the bounds that the service levels required in line.sla bring"
    )
    latest_start = serializers.DateTimeField(
        required=False,
        help_text="where a start counts: the last one that may be booked, for what is booked ends within the horizon",
    )
    offer_terms = serializers.BooleanField(
        required=False,
        help_text="true where any offer asks for more than the demand has: more hours, or notice before a start",
    )
    needed_until = serializers.DateTimeField(
        required=False,
        help_text="where no start was given and what is booked ahead counts: until when a service that begins as late as its line may need its room",
    )
