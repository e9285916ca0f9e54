"""Plug-ins, data sets and models."""

from __future__ import annotations

from django.urls import reverse
from rest_framework import serializers

from audit.reasons import LONGEST
from catalog.models import DatasetVersion, Model, ModelVersion, Stage, VersionState
from catalog.naming import aliases_of
from jobs.ancestry import revoked_ancestors
from jobs.models import Job
from lineage.consequences import revocation_of


class PluginSerializer(serializers.Serializer):
    """Something that live workers can run; `schema` is the JSON Schema of its parameters."""

    kind = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField()
    title_zh = serializers.CharField()
    summary = serializers.CharField()
    summary_zh = serializers.CharField()
    schema = serializers.DictField()
    schema_digest = serializers.CharField()
    abilities = serializers.DictField()


class PluginQuerySerializer(serializers.Serializer):
    """Which ones."""

    kind = serializers.CharField(
        required=False, allow_blank=True, help_text="family, modality, kind, mark, metric, guard or policy"
    )


class PluginListSerializer(serializers.Serializer):
    """All of them: they are few."""

    results = PluginSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class DeclarationSerializer(serializers.Serializer):
    """Where data comes from and what it may be used for."""

    source = serializers.CharField(max_length=4000)
    licence = serializers.CharField(max_length=100)
    legal_basis = serializers.CharField(max_length=200)
    contains_personal_data = serializers.BooleanField(default=False)
    sensitive_attributes = serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=100, default=list
    )
    notes = serializers.CharField(max_length=4000, default="", allow_blank=True)


class DatasetRequestSerializer(serializers.Serializer):
    """A data set is declared."""

    name = serializers.CharField(max_length=100)
    modality = serializers.CharField(max_length=20)
    declaration = serializers.DictField(help_text="See Declaration.")
    project = serializers.CharField(required=False, help_text="Name or id; without it, your first project.")


class DatasetQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    project = serializers.CharField(required=False, help_text="Name or id")
    name = serializers.CharField(max_length=100, required=False)
    modality = serializers.CharField(max_length=20, required=False)


class ModelQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    project = serializers.CharField(required=False, help_text="Name or id")
    name = serializers.CharField(max_length=100, required=False)


class OneModelQuerySerializer(serializers.Serializer):
    """Which project, where several have a model of that name."""

    project = serializers.CharField(required=False, allow_blank=True, default="", help_text="Name or id")


class CardQuerySerializer(OneModelQuerySerializer):
    """Which language."""

    lang = serializers.CharField(required=False, default="en", help_text="en or zh")


class JobLinkSerializer(serializers.Serializer):
    """The job that a thing comes from."""

    id = serializers.UUIDField()


class DatasetVersionSerializer(serializers.Serializer):
    """One state of a data set: what was found in the files, and which of them could not be taken."""

    id = serializers.UUIDField()
    dataset = serializers.UUIDField(source="dataset_id")
    number = serializers.IntegerField()
    state = serializers.ChoiceField(VersionState.choices)
    sha256 = serializers.CharField()
    options = serializers.DictField()
    spec = serializers.DictField()
    counts = serializers.DictField()
    profile = serializers.DictField()
    problems = serializers.ListField(child=serializers.DictField())
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()
    job = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    def get_job(self, version: DatasetVersion) -> str | None:
        """The job that reads its files."""
        made = Job.objects.filter(kind="ingest", inputs__dataset_version=version, inputs__role="into")
        found = made.values_list("pk", flat=True).first()
        return str(found) if found else None

    def get_links(self, version: DatasetVersion) -> dict[str, str]:
        """Pictures, once it is ready."""
        place = reverse("dataset-version", args=[version.dataset_id, version.number])
        return {name: f"{place}/{name}" for name in ("preview", "mean") if f"{name}.png" in version.files}


class DatasetSerializer(serializers.Serializer):
    """A named data set with its declaration."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    modality = serializers.CharField()
    declaration = DeclarationSerializer()
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()
    erased_at = serializers.DateTimeField(allow_null=True)


class VersionLineSerializer(serializers.Serializer):
    """A version in the list of its data set."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(VersionState.choices)
    counts = serializers.DictField()
    created_at = serializers.DateTimeField()


class DatasetDetailSerializer(DatasetSerializer):
    """A data set with its newest versions."""

    versions = VersionLineSerializer(source="newest", many=True)


class VersionRequestSerializer(serializers.Serializer):
    """A version from a built-in set."""

    builtin = serializers.CharField(max_length=64)
    options = serializers.DictField(required=False, default=dict)


class VersionUploadSerializer(serializers.Serializer):
    """A version from a file; `options` is JSON."""

    file = serializers.FileField()
    options = serializers.JSONField(required=False)


class VersionArrivedSerializer(serializers.Serializer):
    """A version from a file that came in pieces (`/uploads`)."""

    upload = serializers.UUIDField(help_text="A complete upload of yours; it is used up.")
    options = serializers.DictField(required=False, default=dict)


class VersionAcceptedSerializer(serializers.Serializer):
    """The version waits for its job."""

    id = serializers.UUIDField()
    dataset = serializers.UUIDField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(VersionState.choices)
    job = JobLinkSerializer()


class ModelVersionSerializer(serializers.Serializer):
    """One trained model as it was exported, with its figures and where it stands."""

    id = serializers.UUIDField()
    model = serializers.UUIDField(source="model_id")
    name = serializers.CharField(source="model.name")
    number = serializers.IntegerField()
    project = serializers.CharField(source="model.project.slug")
    stage = serializers.ChoiceField(Stage.choices)
    family = serializers.CharField()
    modality = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the bundle's manifest.")
    metrics = serializers.DictField()
    job = serializers.UUIDField(source="job_id", allow_null=True)
    dataset_version = serializers.UUIDField(source="dataset_version_id", allow_null=True)
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()
    decided_by = serializers.SerializerMethodField()
    decided_at = serializers.DateTimeField(allow_null=True)
    comment = serializers.CharField()
    aliases = serializers.SerializerMethodField(help_text="The names that stand for it now.")
    revoked_parents = serializers.SerializerMethodField(
        help_text="Models that it was trained on from and that were revoked: {id, version, on, by, because}."
    )
    links = serializers.SerializerMethodField()

    def get_aliases(self, version: ModelVersion) -> list[str]:
        """As job bodies name them."""
        return aliases_of([version])[version.pk]

    def get_revoked_parents(self, version: ModelVersion) -> list[dict[str, str]]:
        """Nearest first."""
        found = ((one, revocation_of(one)) for one in revoked_ancestors(version))
        return [{"id": str(one.pk), "version": str(one)} | said for one, said in found if said]

    def get_decided_by(self, version: ModelVersion) -> str | None:
        """Who decided last."""
        return version.decided_by.username if version.decided_by else None

    def get_links(self, version: ModelVersion) -> dict[str, str]:
        """Bundle and card."""
        place = reverse("model-version", args=[version.model_id, version.number])
        return {"self": place, "bundle": f"{place}/bundle", "card": f"{place}/card"}


class ModelSerializer(serializers.Serializer):
    """A model by name."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    created_at = serializers.DateTimeField()


class StageLineSerializer(serializers.Serializer):
    """A version in the list of its model."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    stage = serializers.ChoiceField(Stage.choices)
    family = serializers.CharField()
    created_at = serializers.DateTimeField()


class ModelDetailSerializer(ModelSerializer):
    """A model with its newest versions, and the names that stand for some of them."""

    versions = StageLineSerializer(source="newest", many=True)
    aliases = serializers.SerializerMethodField(help_text="name -> number of the version that it stands for")

    def get_aliases(self, model: Model) -> dict[str, int]:
        """Those that stand for something."""
        rows = model.aliases.exclude(version=None).order_by("name")
        return dict(rows.values_list("name", "version__number"))


class DecisionRequestSerializer(serializers.Serializer):
    """Why; needed to reject and to revoke."""

    comment = serializers.CharField(max_length=LONGEST, required=False, default="", allow_blank=True)
