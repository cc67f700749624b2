"""People: one row for each natural person, so that four eyes can be counted."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Now

from kernel.ids import new_id
from participants.domain.mail import Tongue


class UserManager(BaseUserManager["User"]):
    """Makes people; passwords are theirs to set, or unusable."""

    def create_user(self, *, email: str, name: str, password: str | None = None) -> "User":
        """Add a person; without a password the account signs in by key only."""
        user = self.model(email=self.normalize_email(email).lower(), name=name)
        user.set_password(password)  # None makes it unusable
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A natural person. What the person may do comes from memberships, never from this row."""

    public: ClassVar[bool] = False
    tenant_field: ClassVar[str] = "memberships__organisation_id"
    signs_in: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=8, choices=Tongue.choices(), default=Tongue.CHINESE.value)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        db_table = "person"
