"""Members and invitations over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.actor import Role
from kernel.api.bodies import without_body
from kernel.api.pagination import PageQuery
from kernel.api.schema import page_of
from kernel.api.views import HouseView
from participants.api.organisations import JoinedOut
from participants.models import Invitation, Membership, Organisation
from participants.services.invitations import accept_invitation, invite_person, withdraw_invitation
from participants.services.people import change_member, end_membership


class MemberOut(serializers.ModelSerializer[Membership]):
    """A person in the caller's organisation."""

    name = serializers.CharField(source="user.name")
    email = serializers.EmailField(source="user.email")

    class Meta:
        model = Membership
        fields = (
            "id",
            "user",
            "name",
            "email",
            "roles",
            "administers",
            "created_at",
            "ended_at",
            "generation",
        )


class MemberIn(serializers.Serializer[Any]):
    """What a colleague holds from now on."""

    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices()), min_length=1, required=False)
    administers = serializers.BooleanField(required=False)


class InvitationIn(serializers.Serializer[Any]):
    """Whom to invite, into which roles of the organisation's kind."""

    email = serializers.EmailField()
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices()), min_length=1)
    administers = serializers.BooleanField(default=False)


class InvitationOut(serializers.ModelSerializer[Invitation]):
    """An invitation as it can be read again: without its token."""

    class Meta:
        model = Invitation
        fields = (
            "id",
            "email",
            "roles",
            "administers",
            "created_at",
            "expires_at",
            "accepted_at",
            "withdrawn_at",
        )


class NewInvitationOut(serializers.Serializer[Any]):
    """An invitation as it is shown once."""

    id = serializers.UUIDField()
    expires_at = serializers.DateTimeField()
    token = serializers.CharField(help_text="shown once; POST /api/v1/invitations/{token}:accept takes it")


class AcceptanceIn(serializers.Serializer[Any]):
    """Who takes the seat."""

    name = serializers.CharField(max_length=80)
    email = serializers.EmailField(default="", help_text="where the invitation names none")


class TeamView(HouseView):
    """The base of what concerns the caller's own organisation and its people."""

    queryset = Organisation.objects.all()
    visible_by = "participants.read_organisation"


class MembersView(TeamView):
    """`/api/v1/organisations/{id}/members`."""

    operations = {"GET": "participants.list_members"}

    @extend_schema(parameters=[PageQuery], responses=page_of(MemberOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List the people of the caller's organisation."""
        return self.page(self.subject.memberships.select_related("user"), MemberOut)


class MemberView(HouseView):
    """`/api/v1/members/{id}`."""

    operations = {"PATCH": "participants.change_member"}
    queryset = Membership.objects.select_related("user", "organisation")
    if_match = frozenset({"PATCH"})

    @extend_schema(request=MemberIn, responses=MemberOut)
    def patch(self, request: Request, **_: Any) -> Response:
        """Change what a colleague may do, as an administrator: her keys and sessions follow at once."""
        data = self.read(MemberIn)
        row = change_member(
            membership=self.subject,
            roles=data.get("roles", self.subject.roles),
            administers=data.get("administers", self.subject.administers),
            actor=self.actor,
        )
        return self.show(row, MemberOut)


class EndMembershipView(HouseView):
    """`/api/v1/members/{id}:end`."""

    operations = {"POST": "participants.end_membership"}
    queryset = Membership.objects.all()

    @without_body(responses={204: None})
    def post(self, request: Request, **_: Any) -> Response:
        """Leave, or as an administrator let a colleague go; the keys of the membership end."""
        end_membership(membership=self.subject, actor=self.actor)
        return Response(status=204)


class InvitationsView(TeamView):
    """`/api/v1/organisations/{id}/invitations`."""

    operations = {"GET": "participants.list_invitations", "POST": "participants.invite_person"}
    secrets = ("token",)

    @extend_schema(parameters=[PageQuery], responses=page_of(InvitationOut))
    def get(self, request: Request, **_: Any) -> Response:
        """List the invitations of the caller's organisation."""
        return self.page(self.subject.invitations.all(), InvitationOut)

    @extend_schema(request=InvitationIn, responses={201: NewInvitationOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Invite a person; the token is shown once and taken once within seven days."""
        data = self.read(InvitationIn)
        row, token = invite_person(
            organisation=self.subject,
            email=data["email"],
            roles=data["roles"],
            administers=data["administers"],
            actor=self.actor,
        )
        shown = {"id": row.id, "expires_at": row.expires_at, "token": token}
        return Response(NewInvitationOut(shown).data, 201)


class WithdrawInvitationView(HouseView):
    """`/api/v1/invitations/{id}:withdraw`."""

    operations = {"POST": "participants.withdraw_invitation"}
    queryset = Invitation.objects.all()

    @without_body(responses={200: InvitationOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Take an invitation back, as an administrator: its token and its link open nothing any more."""
        return self.show(withdraw_invitation(invitation=self.subject, actor=self.actor), InvitationOut)


class AcceptInvitationView(HouseView):
    """`/api/v1/invitations/{token}:accept`."""

    operations = {"POST": "participants.accept_invitation"}
    secrets = ("api_key",)

    @extend_schema(request=AcceptanceIn, responses={201: JoinedOut})
    def post(self, request: Request, *, token: str) -> Response:
        """Take the seat; nobody needs to be signed in. The key is shown once."""
        data = self.read(AcceptanceIn)
        joined = accept_invitation(token=token, name=data["name"], email=data["email"])
        return Response(JoinedOut(joined).data, 201)
