"""Plug-ins as workers announced them, data sets and their versions, models and their versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.alias_models import Alias as Alias
from catalog.alias_models import AliasMove as AliasMove
from models_store.ids import new_id


class Plugin(models.Model):
    """One plug-in as one worker announced it: what the forms, the checks and the OpenAPI text are built from."""

    worker = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=64)
    title = models.CharField(max_length=100)
    title_zh = models.CharField(max_length=100)
    summary = models.TextField(blank=True)
    summary_zh = models.TextField(blank=True)
    schema = models.JSONField(default=dict)
    schema_digest = models.CharField(max_length=64)
    code_digest = models.CharField(max_length=64)
    abilities = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("plug-in"), _("plug-ins")
        constraints = [models.UniqueConstraint(fields=["worker", "kind", "name"], name="one_plugin_per_worker")]
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Dataset(models.Model):
    """A named data set with its declaration: where it comes from and what it may be used for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=100)
    modality = models.CharField(_("modality"), max_length=20)
    source = models.TextField(_("source"), help_text=_("Where the data comes from: a system, a study, an address."))
    licence = models.CharField(
        _("licence"), max_length=100, help_text=_("Under which terms you hold it, for example CC BY 4.0 or internal.")
    )
    legal_basis = models.CharField(
        _("legal basis"), max_length=200, help_text=_("For example consent, contract, public domain.")
    )
    contains_personal_data = models.BooleanField(_("contains personal data"), default=False)
    sensitive_attributes = models.JSONField(_("sensitive attributes"), default=list, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, verbose_name=_("declared by"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("data set"), _("data sets")
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_dataset_name_per_project")]
        indexes = [
            models.Index(fields=["project", "-id"], name="dataset_project"),
            models.Index(fields=["name", "id"], name="dataset_name"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    def declaration(self) -> dict[str, object]:
        """The declaration as it is copied into manifests and cards."""
        names = ("source", "licence", "legal_basis", "contains_personal_data", "sensitive_attributes", "notes")
        return {name: getattr(self, name) for name in names}


SHOWN = "shown/"  # files of a version whose names begin so are looked at by people, and by no training


class VersionState(models.TextChoices):
    """How far a data set version has come."""

    PENDING = "pending", _("being read")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")
    ERASING = "erasing", _("being erased")
    ERASED = "erased", _("erased")


class DatasetVersion(models.Model):
    """One immutable, content-addressed, profiled state of a data set; `sha256` is the digest of its dataset.json."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="versions", verbose_name=_("data set"))
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=10, choices=VersionState, default=VersionState.PENDING)
    options = models.JSONField(_("options"), default=dict)
    sha256 = models.CharField(max_length=64, blank=True)
    files = models.JSONField(default=dict, help_text="name -> sha256 in the project's store")
    spec = models.JSONField(default=dict)
    profile = models.JSONField(_("profile"), default=dict)
    problems = models.JSONField(_("problems"), default=list)
    counts = models.JSONField(_("counts"), default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("data set version"), _("data set versions")
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="one_number_per_dataset")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.dataset.name} v{self.number}"


class Stage(models.TextChoices):
    """Where a model version stands."""

    DRAFT = "draft", _("draft")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    RETIRED = "retired", _("retired")
    REVOKED = "revoked", _("revoked")


class Model(models.Model):
    """A trained model by name; its versions are what jobs use."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    project = models.ForeignKey("accounts.Project", on_delete=models.PROTECT, verbose_name=_("project"))
    name = models.CharField(_("name"), max_length=100)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("model"), _("models")
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_model_name_per_project")]
        indexes = [
            models.Index(fields=["project", "-id"], name="model_project"),
            models.Index(fields=["name", "id"], name="model_name"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class ModelVersion(models.Model):
    """One immutable bundle of a model; `sha256` is the digest of its manifest."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="versions", verbose_name=_("model"))
    number = models.PositiveIntegerField(_("version"))
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.DRAFT)
    family = models.CharField(_("family"), max_length=64)
    modality = models.CharField(_("modality"), max_length=20)
    sha256 = models.CharField(max_length=64)
    files = models.JSONField(default=dict, help_text="path in the bundle -> sha256 in the project's store")
    metrics = models.JSONField(_("figures"), default=dict)
    near = models.JSONField(
        default=dict,
        help_text="the near-copy index of the training data, which shows them: its sha256 in the project's store",
    )
    job = models.OneToOneField("jobs.Job", on_delete=models.PROTECT, related_name="model_version", null=True)
    dataset_version = models.ForeignKey(DatasetVersion, on_delete=models.PROTECT, null=True, related_name="models")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("model version"), _("model versions")
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="one_number_per_model")]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.model.name} v{self.number}"
