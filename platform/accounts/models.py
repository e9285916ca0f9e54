"""People, projects, memberships and API tokens."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from models_store.ids import new_id


class Role(models.TextChoices):
    """What a member may do in a project; each role includes the ones before it."""

    VIEWER = "viewer", _("viewer")
    SUBMITTER = "submitter", _("submitter")
    REVIEWER = "reviewer", _("reviewer")
    OWNER = "owner", _("owner")


class PlatformRole(models.TextChoices):
    """What somebody may do across all projects; most people have none."""

    AUDITOR = "auditor", _("auditor")
    OPERATOR = "operator", _("operator")


class User(AbstractUser):
    """A person or a service account (service_accounts.py), which has a project and somebody who answers for it."""

    platform_role = models.CharField(_("platform role"), max_length=16, choices=PlatformRole, blank=True, default="")
    is_service = models.BooleanField(_("service account"), default=False, editable=False)
    home = models.ForeignKey(
        "accounts.Project", models.SET_NULL, null=True, editable=False, related_name="service_accounts"
    )
    answered_by = models.ForeignKey("self", models.SET_NULL, null=True, editable=False, related_name="answers_for")

    class Meta(AbstractUser.Meta):
        verbose_name, verbose_name_plural = _("account"), _("accounts")


class Project(models.Model):
    """A tenant: members, a fair-share weight, quotas, its own store namespace and keys."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(_("name"), unique=True, max_length=64)
    title = models.CharField(_("title"), max_length=200, blank=True)
    weight = models.FloatField(
        _("fair-share weight"), default=1.0, validators=[MinValueValidator(0.01), MaxValueValidator(100)]
    )
    max_running = models.PositiveIntegerField(_("jobs running at once"), default=0, help_text=_("0 means no limit."))
    max_device_hours = models.FloatField(
        _("device hours a week"), default=0.0, validators=[MinValueValidator(0)], help_text=_("0 means no limit.")
    )
    max_storage_bytes = models.PositiveBigIntegerField(
        _("storage (bytes)"), default=0, help_text=_("0 means no limit.")
    )
    used_device_s = models.FloatField(_("device seconds used"), default=0.0, editable=False)
    share_used = models.FloatField(default=0.0, editable=False, help_text="decayed use, see jobs/shares.py")
    artifact_days = models.PositiveIntegerField(
        _("days that generated files are kept"), default=0, help_text=_("0 means for ever.")
    )
    upload_days = models.PositiveIntegerField(
        _("days that uploads are kept"), default=0, help_text=_("0 means for ever.")
    )
    log_days = models.PositiveIntegerField(
        _("days that logs of jobs are kept"), default=0, help_text=_("0 means for ever.")
    )
    retention_set_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    members: models.ManyToManyField[User, Membership] = models.ManyToManyField(User, through="Membership")

    class Meta:
        verbose_name, verbose_name_plural = _("project"), _("projects")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """One person's role in one project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, verbose_name=_("project"))
    user = models.ForeignKey(User, on_delete=models.CASCADE, verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.VIEWER)

    class Meta:
        verbose_name, verbose_name_plural = _("membership"), _("memberships")
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_role_per_project")]

    def __str__(self) -> str:
        return f"{self.user} · {self.project} · {self.role}"


class ServiceAccount(User):
    """A service account, as the web admin lists it."""

    class Meta:
        proxy = True
        verbose_name, verbose_name_plural = _("service account"), _("service accounts")


class ApiToken(models.Model):
    """A bearer token: shown once, kept as its SHA-256 only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    made_by = models.ForeignKey(  # somebody else who made it, for a service account, and so has seen its secret
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="tokens_made"
    )
    name = models.CharField(max_length=100, blank=True)
    hint = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("API token"), _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.hint}… ({self.user})"


class LoginDoor(models.Model):
    """How often a login failed lately at one door (login_pace.py): an account, an address, or both together."""

    key = models.CharField(primary_key=True, max_length=64)  # a keyed digest: neither names nor addresses are kept
    failures = models.PositiveIntegerField(default=0)
    known = models.BooleanField(default=False)  # this account has logged in from this address
    tried_at = models.DateTimeField(db_index=True)
    opens_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key[:8]} ({self.failures})"
