"""Is the process alive, is the node ready, and how is it doing: for supervisors, not for people."""

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from kernel.clock import now
from kernel.models.jobs import Job
from kernel.models.outbox import Delivery, PendingEvent
from kernel.row_security import differences
from kernel.tenancy import as_node

MOST_LAG_SECONDS = 60.0
LAG = Gauge("cin_outbox_lag_seconds", "Age of the oldest event that is not relayed")
JOBS = Gauge("cin_jobs_due", "Jobs that are due and not done")
DEAD = Gauge("cin_dead_letters", "Deliveries and jobs that gave up", ["kind"])


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Answer 200 while the process can answer at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - Django's signature
    """Answer 200 when PostgreSQL, Redis, the migrations and the outbox are in order; else 503 and which is not."""
    checks = readiness()
    ready = all(said == "ok" for said in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def readiness() -> dict[str, str]:
    """What each check says: ok, or what is wrong. It raises nothing."""
    checks: dict[str, str] = {}
    for name, check in (
        ("postgresql", _database),
        ("redis", _redis),
        ("migrations", _migrations),
        ("row_security", _row_security),
        ("outbox", _outbox),
    ):
        try:
            checks[name] = check()
        except Exception as error:  # noqa: BLE001 - whatever is wrong, this page must say so
            checks[name] = f"{type(error).__name__}"
    return checks


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The process's metrics, and the backlog, in Prometheus' text format."""
    LAG.set(lag_seconds())
    JOBS.set(Job.objects.filter(done_at=None, dead_at=None, run_at__lte=Now()).count())
    DEAD.labels("delivery").set(Delivery.objects.filter(dead_at__isnull=False).count())
    DEAD.labels("job").set(Job.objects.filter(dead_at__isnull=False).count())
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def lag_seconds() -> float:
    """Seconds since the oldest event that has no position yet; 0 when none waits."""
    with as_node("the outbox holds the events of all"):
        oldest = PendingEvent.objects.aggregate(oldest=Min("event__occurred_at"))["oldest"]
    return (now() - oldest).total_seconds() if oldest else 0.0


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _redis() -> str:
    cache.get("readyz")
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    return "ok" if not executor.migration_plan(executor.loader.graph.leaf_nodes()) else "pending"


def _row_security() -> str:
    return "differs" if differences(connection) else "ok"


def _outbox() -> str:
    return "ok" if lag_seconds() < MOST_LAG_SECONDS else "lagging"
