"""The people who log in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models

from sendblue_inbox.roles import Role


class UserManager(BaseUserManager["User"]):
    """Makes users known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A saved user who can log in with that address and password."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A saved administrator."""
        rights = {"role": Role.ADMINISTRATOR, "is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **rights, **fields)


class User(AbstractUser):
    """A person of the team: agent, manager or administrator. Logs in by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=80, blank=True)
    role = models.CharField(
        max_length=16, choices=Role.choices, default=Role.AGENT, db_default=Role.AGENT
    )
    enter_sends = models.BooleanField(default=True)
    shows_typing = models.BooleanField(default=True, db_default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name or self.email.partition("@")[0]

    def may(self, role: Role) -> bool:
        """Whether the person may do what that role may."""
        return self.is_active and Role(self.role).includes(role)

    @property
    def may_write(self) -> bool:
        """Whether they work here, or only read."""
        return self.may(Role.AGENT)

    @property
    def may_manage(self) -> bool:
        """Whether they may change many contacts at once, and the lines."""
        return self.may(Role.MANAGER)

    @property
    def may_administer(self) -> bool:
        """Whether they look after the account and the people."""
        return self.may(Role.ADMINISTRATOR)

    @property
    def initials(self) -> str:
        """One or two letters that stand for the person where there is no room for the name."""
        words = str(self).replace(".", " ").split() or ["?"]
        return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


class AuditEntry(models.Model):
    """One sensitive act: who, when, what, before and after. Only added to, never changed.

    Each entry carries the digest of the one before it, so an edited, removed or moved one is found
    (sendblue_inbox/auditing.py). People are named as they were called then, hence no foreign key.
    The database itself refuses UPDATE and DELETE (migration 0003).
    """

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3, … without gaps
    at = models.DateTimeField()
    actor_pk = models.BigIntegerField(null=True, blank=True)
    actor = models.CharField(max_length=254, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    act = models.CharField(max_length=64)
    target = models.CharField(max_length=254, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = (
            models.Index(fields=["act", "-number"], name="audit_act"),
            models.Index(fields=["actor_pk", "-number"], name="audit_actor"),
            models.Index(
                fields=["target", "-number"], condition=~models.Q(target=""), name="audit_target"
            ),
        )

    def __str__(self) -> str:
        return f"audit entry {self.number}"


class AuditHead(models.Model):
    """The end of the chain, sealed with this installation's key: nobody can cut entries off it.

    The row is also the lock under which entries are added, one after the other.
    """

    count = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="one_audit_head"),)

    def __str__(self) -> str:
        return f"{self.count} audit entries"
