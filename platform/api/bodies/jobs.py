"""Jobs: asked for, listed, told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.bodies.plain import Told
from api.bodies.waiting import WaitingSerializer
from jobs.curves import event_file
from jobs.forecast import Scene
from jobs.models import Job, State
from jobs.waiting import Waiting, as_submitted, in_list, waiting_of
from lineage.disclosure import disclosed_all


class JobRequestSerializer(serializers.Serializer):
    """A job of any kind; further fields are those of the kind, and `params` those of the family or kind."""

    takes_more = True
    kind = serializers.CharField(help_text="train, generate, evaluate or another kind that workers offer")
    project = serializers.CharField(required=False)
    family = serializers.CharField(required=False)
    params = serializers.DictField(
        required=False,
        help_text="Of the family to train; of a generate job also the controls of its models' family, such as "
        "`temperature` or `prompt` (GET /plugins?kind=family, abilities.controls).",
    )
    inputs = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="role -> id, or job:ID. A generate job takes up to four models (`model`, `model_2` to `model_4`), a "
        "training goes on from `parent`.",
    )
    dataset_version = serializers.CharField(
        required=False, help_text="An id, or latest: and a data set's name or id for its newest version that is ready."
    )
    model_version = serializers.CharField(
        required=False,
        help_text="An id, name@number, name@alias, or job: and the id of the job that makes it. An alias becomes the "
        "version that it stands for now.",
    )
    count = serializers.IntegerField(required=False, help_text="Of a generate job; with a sweep, for each value.")
    sweep = serializers.DictField(
        child=serializers.ListField(),
        required=False,
        help_text="Of a generate job: one control and 2 to 64 values, each tried on the same noise.",
    )
    interpolate = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Of a generate job: 2 to 64 seeds; its items lie on the way from the first to the last.",
    )
    weights = serializers.ListField(
        child=serializers.FloatField(),
        required=False,
        help_text="Of a generate job: how often each of its models makes an item.",
    )
    metrics = serializers.ListField(child=serializers.CharField(), required=False, help_text="Of an evaluate job.")
    name = serializers.CharField(max_length=100, required=False)
    seed = serializers.CharField(required=False, help_text="A whole number below 2**63, as a string or a number.")
    priority = serializers.IntegerField(min_value=-100, max_value=100, required=False)
    window = serializers.CharField(
        required=False,
        help_text="Name or id of a window of the project: it runs in its openings only, and is asked to save and leave "
        "before the close. Jobs that come `then` name their own.",
    )
    purpose = serializers.CharField(max_length=4000, required=False)
    intended_use = serializers.CharField(max_length=4000, required=False)
    after = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=20,
        required=False,
        help_text="Jobs of the same project: this one is held until all of them have succeeded, and is cancelled with "
        "the reason when one of them ends otherwise.",
    )
    then = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text="Bodies of jobs that come after this one, which may have a `then` of their own; at most 20 jobs in "
        "all, taken all or none. An input that this job makes need not be named.",
    )


class CloneRequestSerializer(serializers.Serializer):
    """What the copy has differently."""

    params = serializers.DictField(required=False)
    name = serializers.CharField(max_length=100, required=False)
    seed = serializers.CharField(required=False)
    priority = serializers.IntegerField(min_value=-100, max_value=100, required=False)
    window = serializers.CharField(required=False, allow_blank=True, help_text="Name or id; empty for none.")


class JobQuerySerializer(serializers.Serializer):
    """Filters of the list."""

    kind = serializers.CharField(max_length=20, required=False)
    name = serializers.CharField(max_length=100, required=False, help_text="As it is, whole.")
    state = serializers.MultipleChoiceField(choices=State.choices, required=False)
    project = serializers.CharField(required=False)
    model = serializers.CharField(
        max_length=100, required=False, help_text="Name or id of a model: jobs that use or made a version of it."
    )
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    window = serializers.CharField(required=False, help_text="Name or id of the window that jobs are bound to.")
    schedule = serializers.UUIDField(required=False, help_text="Jobs of this recurring job.")


class WaitQuerySerializer(serializers.Serializer):
    """How long an answer may be waited for; the gate reads it (api/gate.py)."""

    wait = serializers.IntegerField(
        min_value=0, max_value=86_400, required=False,
        help_text="Answer when it has come to rest, after at most so many seconds, and 60.",
    )  # fmt: skip


class ProgressSerializer(Told):
    """How far."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    unit = serializers.CharField()
    eta_s = serializers.FloatField(allow_null=True)


class JobErrorSerializer(serializers.Serializer):
    """Why it did not succeed."""

    code = serializers.CharField()
    detail = serializers.CharField()
    field = serializers.CharField(required=False)
    expected = serializers.JSONField(required=False)
    got = serializers.JSONField(required=False)
    job = serializers.UUIDField(required=False, help_text="The earlier job that did not succeed.")


class JobWarningSerializer(serializers.Serializer):
    """Why it may not go as meant."""

    code = serializers.CharField(help_text="late_checkpoint, longer_than_window")
    detail = serializers.CharField()


class JobSerializer(Told):
    """A job; what waits or ended says why in `state_reason`."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()
    project = serializers.CharField(source="project.slug")
    state = serializers.ChoiceField(State.choices)
    state_reason = serializers.CharField()
    attempts = serializers.IntegerField(source="attempts_made")
    progress = ProgressSerializer(source="*")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    result = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    family = serializers.CharField()
    params = serializers.DictField()
    seed = serializers.CharField()
    priority = serializers.IntegerField()
    window = serializers.SerializerMethodField(help_text="Name of the window that it is bound to.")
    schedule = serializers.UUIDField(source="schedule_id", allow_null=True, help_text="The recurring job it came from.")
    due_at = serializers.DateTimeField(allow_null=True, help_text="The time of its recurring job that it stands for.")
    warnings = serializers.SerializerMethodField(help_text="What was doubtful when it was submitted.")
    inputs = serializers.SerializerMethodField()
    named = serializers.SerializerMethodField(help_text="role -> name@alias or name@number, where the body said that.")
    after = serializers.SerializerMethodField(help_text="The jobs it comes after; it is held until all have succeeded.")
    then = serializers.SerializerMethodField()
    purpose = serializers.CharField()
    intended_use = serializers.CharField()
    submitted_by = serializers.CharField(source="submitted_by.username")
    facts = serializers.DictField(help_text="Device, precision, threads and provider as they really were.")
    checkpoint_step = serializers.SerializerMethodField()
    waiting = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    def get_result(self, job: Job) -> dict[str, Any] | None:
        """What came out, once it has succeeded."""
        if job.kind == "verify" and job.result:
            return self._verdicts[job.pk]
        return job.result or None

    @cached_property
    def _verdicts(self) -> dict[UUID, dict[str, Any]]:
        """What the reader may know of the verdicts among the jobs of this answer, in one query."""
        jobs = [self.instance] if self.parent is None else self.parent.instance
        found = [job for job in jobs if job.kind == "verify" and job.result]
        said = disclosed_all([job.result for job in found], to=self.context["request"].user)
        return {job.pk: verdict for job, verdict in zip(found, said, strict=True)}

    @extend_schema_field(JobErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, Any] | None:
        """Code, detail and the facts beside them."""
        return ({"code": job.error_code, "detail": job.error_detail} | job.error_facts) if job.error_code else None

    def get_window(self, job: Job) -> str | None:
        """The window's name."""
        return job.window.name if job.window else None

    @extend_schema_field(JobWarningSerializer(many=True))
    def get_warnings(self, job: Job) -> list[dict[str, str]]:
        """Code and detail of each."""
        return job.forecast.get("warnings", [])

    def get_inputs(self, job: Job) -> dict[str, str]:
        """role -> id; `job:` and an id for what that job has yet to make; the name of an uploaded file."""
        return {row.role: row.said() for row in job.inputs.all()}

    def get_named(self, job: Job) -> dict[str, str]:
        """What was said of a model; `inputs` has the version that it became."""
        return {row.role: row.named for row in job.inputs.all() if row.named}

    def get_after(self, job: Job) -> list[str]:
        """The jobs it comes after."""
        return [str(row.earlier_id) for row in job.comes_after.all()]

    def get_then(self, job: Job) -> list[str]:
        """The jobs that come after it."""
        return [str(row.job_id) for row in job.followed_by.all()]

    def get_checkpoint_step(self, job: Job) -> int | None:
        """Where it would go on from."""
        return job.checkpoint.get("step")

    @extend_schema_field(WaitingSerializer(allow_null=True))
    def get_waiting(self, job: Job) -> dict[str, Any] | None:
        """What there is to say to whoever waits; in a list the reason alone, which costs no query."""
        if job.ended:
            return None
        if self.parent is not None:
            return Waiting(reason=self._whys[job.pk]).as_dict()
        found = as_submitted(job) if self.context.get("submitted") else waiting_of(job)
        return found.as_dict() if found else None

    @cached_property
    def _whys(self) -> dict[UUID, str]:
        """Why the jobs of this list wait, worked out once for all of them."""
        return in_list(self.parent.instance, Scene.take())

    def get_links(self, job: Job) -> dict[str, str]:
        """Where to look next."""
        place = reverse("job", args=[job.pk])
        names = ["events", "logs"]
        if job.kind == "train":
            names += ["metrics", "samples"]
        names += [name for name in ("archive", "sheet", "scores") if f"{name}_sha256" in job.result]
        names += ["tensorboard"] if event_file(job) else []
        return {"self": place} | {name: f"{place}/{name}" for name in names}
