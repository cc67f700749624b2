"""The base of every view: it asks the questions of the house in their lawful order, then lets the act run.

signed in? 401 → too many? 429 → visible? 404 → allowed? 403 → key (400, 422, 409, replay) →
If-Match 428/412 → state 409 → input 400 → act.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import errors
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Reach
from kernel.api import deferral, idempotency
from kernel.api.bodies import NothingIn, require_storable, takes_nothing
from kernel.api.deprecation import Deprecation
from kernel.api.masks import mask, require_told
from kernel.api.members import unknown_members
from kernel.api.pagination import AnyOf, PageQuery, ReadQuery, paginate
from kernel.api.problems import pointers
from kernel.api.readings import reading_of
from kernel.api.shapes import expand, expansions_of, narrow
from kernel.api.versions import etag, fits, with_version
from kernel.models.base import Entity, EntityQuerySet
from kernel.permissions import by_mandate, reach_of, refusal
from kernel.services.mandates import note_mandate
from kernel.services.operations import accept_operation, report_progress
from kernel.states import StateTable
from kernel.systems import System, require_here
from kernel.tenancy import as_nobody, as_node, reach_as

E = TypeVar("E", bound=Entity)
READS = frozenset({"GET", "HEAD"})
SAFE = READS | {"OPTIONS"}


class HouseView(APIView):
    """One address. A subclass declares what the base asks about, and has a method for each verb.

    - `operations`: HTTP method → operation id, each a row of config/permissions.yaml;
    - `system`: the system of the scheme that serves it (404 `not_run_here` where it does not run);
    - `queryset`, `lookup`: the object that the address names, found as `self.subject`;
    - `visible_by`: the operation whose reach says who sees the object (default: the one at hand);
    - `if_match`: methods that need the object's version;
    - `acts`: method → (state table, act) to check before the input is read;
    - `natural_key`: the body carries its own key, so no Idempotency-Key is asked for;
    - `alongside`: relations that an answer shows whosesoever rows they are (the rows themselves stay behind the wall);
    - `secrets`: members of the answer that are shown once and not kept for replays;
    - `deprecated`: method → the notice that it will go;
    - `tolerant`: members of a body that the contract does not name are left alone, as between nodes of two releases;
    - `atomic`: whether a request is one transaction; not where one statement reads it all, or others are waited for;
    - `sends`: further headers of what it answers with 200, for the contract.
    - `may_wait`: a caller may prefer the answer later (202 and an operation), unless it acts by mandate.
    """

    operations: ClassVar[Mapping[str, str]]
    system: ClassVar[System | None] = None
    queryset: ClassVar[EntityQuerySet[Any] | None] = None
    lookup: ClassVar[str] = "pk"
    visible_by: ClassVar[str | None] = None
    if_match: ClassVar[frozenset[str]] = frozenset()
    acts: ClassVar[Mapping[str, tuple[StateTable[Any], str]]] = {}
    natural_key: ClassVar[bool] = False
    alongside: ClassVar[tuple[str, ...]] = ()
    secrets: ClassVar[tuple[str, ...]] = ()
    deprecated: ClassVar[Mapping[str, Deprecation]] = {}
    sends: ClassVar[tuple[str, ...]] = ()
    may_wait: ClassVar[bool] = False
    tolerant: ClassVar[bool] = False
    atomic: ClassVar[bool] = True

    subject: Any = None
    _claim: tuple[Any, str, bytes] | None = None
    _throttles: list[Any] | None = None
    _operation: UUID | None = None
    _parameters: frozenset[str] = frozenset()

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view as Django calls it."""
        view = super().as_view(**initkwargs)
        return view if cls.atomic else transaction.non_atomic_requests(view)

    @property
    def actor(self) -> Actor:
        """Who asks, reaching as far as the operation at hand allows."""
        return self._actor

    @property
    def operation(self) -> str:
        """The operation id of the method at hand."""
        method = self.request.method or ""
        name = self.operations.get("GET" if method == "HEAD" else method)
        if name is None:
            raise errors.MethodNotAllowed(method=method)
        return name

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Ask everything that comes before the input, in the order that is law."""
        self.format_kwarg = self.get_format_suffix(**kwargs)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        if request.method == "OPTIONS":
            return
        operation = self.operation
        if self.system is not None:
            require_here(self.system)
        with as_node("who asks is not known yet"):
            self.perform_authentication(request)
        actor = request.auth if isinstance(request.auth, Actor) else ANONYMOUS
        reach = reach_of(operation, actor)
        if reach is Reach.NONE and actor.anonymous:
            raise errors.Unauthenticated
        self.check_throttles(request)
        self._admit(actor, reach, kwargs)
        if request.method not in SAFE and not self.natural_key:
            self._claim = idempotency.claim_key(request, actor.tenant_id)
        if request.method in self.if_match:
            self._check_version(request)
        self._require_state()
        if takes_nothing(getattr(self, str(request.method).lower(), None)) and not self.tolerant:
            self.read(NothingIn)
        if self._is_for_later(request, actor):
            raise deferral.Later

    def _admit(self, actor: Actor, reach: Reach, kwargs: Mapping[str, Any]) -> None:
        """Ask whether the object is visible and the operation allowed."""
        self._actor = actor.reaching(reach)
        reach_as(self._actor)
        if self.queryset is not None and kwargs:
            self.subject = self._find(actor, reach, kwargs)
        if reach is Reach.NONE:
            raise refusal(self.operation, actor)
        if by_mandate(self.operation, actor):
            note_mandate(operation=self.operation, on=getattr(self.subject, "id", None), actor=actor)
        reach_as(self._actor if self.request.method in SAFE else SYSTEM)

    def _require_state(self) -> None:
        if known := self.acts.get(self.request.method or ""):
            states, act = known
            states.after(act, self.subject.state)

    def _is_for_later(self, request: Request, actor: Actor) -> bool:
        """Whether the answer may come later. A mandate may end meanwhile: what is done by it is done now."""
        may = self.may_wait and request.method not in SAFE and not by_mandate(self.operation, actor)
        return may and deferral.is_wanted(request)

    def _find(self, actor: Actor, reach: Reach, kwargs: Mapping[str, Any]) -> Entity:
        """The object named by the address: 404 where the caller may not see it, 403 where it may not act."""
        sees = reach_of(self.visible_by, actor) if self.visible_by else reach
        assert self.queryset is not None  # noqa: S101 - asked by initial()
        reach_as(actor.reaching(sees))
        rows = self.queryset.all().visible_to(actor.reaching(sees))
        if self.request.method in self.if_match:  # locked, so that the version still stands when the act runs
            rows = rows.select_for_update(of=("self",))
        subject = rows.filter(**{self.lookup: kwargs[self.lookup.split("__")[0]]}).first()
        if subject is None:
            raise errors.NotFound
        if reach is not Reach.NONE and not subject.within_reach_of(actor.reaching(reach)):
            raise errors.Forbidden(operation=self.operation)
        return subject  # type: ignore[no-any-return]

    def _check_version(self, request: Request) -> None:
        given = request.headers.get("If-Match")
        if given is None:
            raise errors.IfMatchMissing(header="If-Match")
        if not fits(given, self.subject):
            raise errors.StaleGeneration(header="If-Match", current=etag(self.subject))

    def handle_exception(self, exc: Exception) -> Response:
        """Send a stored answer where there is one; else let the problem handler speak."""
        if isinstance(exc, idempotency.Replay):
            return idempotency.replayed(exc.reply)  # type: ignore[return-value]
        if isinstance(exc, deferral.Later):
            return self._accept()
        return super().handle_exception(exc)

    def _accept(self) -> Response:
        """202: the request is kept, and the answer will be at Location."""
        row = accept_operation(kind=self.operation, asked=deferral.asked(self.request), actor=self.actor)
        headers = {
            "Location": f"/api/v1/operations/{row.id}",
            "Retry-After": str(deferral.SECONDS_TO_ASK_AGAIN),
        }
        if deferral.is_wanted(self.request):
            headers["Preference-Applied"] = "respond-async"
        return Response(deferral.OperationOut(row).data, 202, headers=headers)

    def perform(self, http: HttpRequest, actor: Actor, operation: UUID, **kwargs: Any) -> Response:
        """Do now what was accepted before: the rights and the state are asked again, the key was spent then."""
        self.setup(http, **kwargs)
        self.request = self.initialize_request(http, **kwargs)
        self.headers = self.default_response_headers
        self._operation = operation
        with as_nobody():
            self._admit(actor, reach_of(self.operation, actor), kwargs)
            self._require_state()
            act = getattr(self, str(self.request.method).lower())
            return act(self.request, **kwargs)  # type: ignore[no-any-return] # a handler's answer

    def report(self, done: int, total: int) -> None:
        """Say how far an operation has come; nothing where the caller waits."""
        if self._operation is not None:
            report_progress(self._operation, done, total)

    def get_throttles(self) -> list[Any]:
        """The throttles of this request, asked once, so that the answer can say what they know."""
        if self._throttles is None:
            self._throttles = super().get_throttles()
        return self._throttles

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Run the view; keep a 2xx answer under its key in the same transaction, and give a reading its version."""
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        if isinstance(response, Response):
            if self._claim and response.status_code < 300:  # noqa: PLR2004
                self._store(response)
            if request.method in READS and response.status_code == 200:  # noqa: PLR2004
                response = with_version(self.request, response)
        for throttle in self._throttles or ():
            throttle.report(response)
        if notice := self.deprecated.get(request.method or ""):
            notice.announce(response)
        return response

    def _store(self, response: Response) -> None:
        assert self._claim is not None  # noqa: S101 - asked by dispatch()
        response.render()
        body = response.content
        if self.secrets:
            shown = {**response.data, **dict.fromkeys(self.secrets)}
            body = response.accepted_renderer.render(shown, response.accepted_media_type, {})
        idempotency.store_reply(self._claim, response, body)

    def read(self, serializer: type[serializers.BaseSerializer[Any]], **options: Any) -> Any:
        """The request's body as the serializer's validated data; 400 with pointers where it is wrong, or has more than is known."""
        data = self.request.data
        require_storable(data)
        reader = serializer(data=data, context={"view": self}, **options)
        unknown = [] if self.tolerant else unknown_members(reader, data)
        reader.is_valid(raise_exception=not unknown)
        if unknown:
            raise errors.InvalidInput(items=[*unknown, *pointers(reader.errors)])
        return reader.validated_data

    def query(self, serializer: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The query string as validated filters; a parameter that the serializer lacks, or one value given twice, is 400."""
        given: dict[str, Any] = (
            self.request.query_params.dict()
        )  # plain: in a form, a box that is not sent means False
        reader = serializer(data=given, context={"view": self})
        given |= {
            name: self.request.query_params.getlist(name)
            for name in given
            if isinstance(reader.fields.get(name), AnyOf)
        }
        self._parameters |= set(reader.fields)
        if unknown := sorted(set(given) - set(reader.fields)):
            known = ", ".join(sorted(reader.fields))
            raise errors.UnknownParameter(parameter=unknown[0], names=", ".join(unknown), known=known)
        for name, values in self.request.query_params.lists():
            if len(values) > 1 and not isinstance(reader.fields[name], AnyOf):
                zh, en = "只可给出一次", "it is given more than once, and has one value"
                raise errors.InvalidField(parameter=name, reason_zh=f"{zh}。", reason_en=f"{en}.")
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def is_parameter(self, name: str) -> bool:
        """Whether a fault in a member of this name lies in the address: all of a reading's, what a write reads of its query."""
        return self.request.method in READS or name in self._parameters

    def page(
        self,
        rows: QuerySet[Any],
        out: type[serializers.BaseSerializer[Any]],
        filters: type[PageQuery] = PageQuery,
    ) -> Response:
        """One keyset page of rows as `{"items": […], "next": …}`, narrowed by the declared filters."""
        query = self.query(filters)
        require_told(self.request.query_params, out, self.operation, self.actor)
        paging = {name: query.pop(name, None) for name in ("limit", "cursor", "count", "order_by")}
        shape = {name: query.pop(name, None) for name in ("fields", "expand")}
        page, envelope = paginate(
            self.request,
            rows.filter(**query),
            limit=paging["limit"],
            cursor=paging["cursor"],
            count=bool(paging["count"]),
            order_by=paging["order_by"],
            columns=filters.orders,
        )
        self._bring_alongside(page)
        response = Response({"items": self._shaped(page, out, shape, many=True), **envelope})
        if envelope["next"]:
            response["Link"] = f'<{envelope["next"]}>; rel="next"'
        return response

    def show(
        self, row: Model, out: type[serializers.BaseSerializer[Any]], *, status: int = 200, location: str = ""
    ) -> Response:
        """One object, with its ETag and, for a new one, its Location."""
        shape = self.query(ReadQuery) if self.request.method in READS else {}
        self._bring_alongside([row])
        response = Response(self._shaped([row], out, shape, many=False), status)
        if isinstance(row, Entity):
            response["ETag"] = etag(row)
        if location:
            response["Location"] = location
        return response

    def _shaped(
        self,
        rows: list[Any],
        out: type[serializers.BaseSerializer[Any]],
        shape: Mapping[str, Any],
        *,
        many: bool,
    ) -> Any:
        """The rows as the caller wants to see them: fewer members, or relations whole."""
        wanted = shape.get("expand") or ()
        if wanted and not expansions_of(out):  # so that the contract does not name it
            known = ", ".join(sorted(self._parameters - {"expand"}))
            raise errors.UnknownParameter(parameter="expand", names="expand", known=known)
        expand(rows, out, wanted, self.actor)
        reading = reading_of(out) if shape.get("fields") is None else None
        if reading is not None:
            shown: Any = [reading(row) for row in rows] if many else reading(rows[0])
        else:
            context = {"view": self, "request": self.request}
            serializer = out(rows if many else rows[0], many=many, context=context)
            narrow(serializer, shape.get("fields"))
            shown = serializer.data
        owners = (
            rows if self.subject is None else [self.subject] * len(rows)
        )  # of a list under an object: that one's
        mask(zip(owners, shown if many else [shown], strict=True), self.operation, self.actor)
        return shown

    def _bring_alongside(self, rows: list[Any]) -> None:
        if self.alongside and rows:
            with as_node("the relations that the view declares to be shown to every party"):
                prefetch_related_objects(rows, *self.alongside)
