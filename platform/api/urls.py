"""Routes of REST version 1."""

from __future__ import annotations

from django.urls import include, path, re_path

from api.views import accounts, artifacts, audit, datasets, documents, health, job_records, jobs, models, verification

job = [
    path("cancel", jobs.Cancel.as_view()),
    path("pause", jobs.Pause.as_view()),
    path("resume", jobs.Resume.as_view()),
    path("retry", jobs.Retry.as_view()),
    path("clone", jobs.Clone.as_view()),
    path("events", job_records.Events.as_view()),
    path("metrics", job_records.Metrics.as_view()),
    path("logs", job_records.Logs.as_view()),
    path("samples", job_records.Samples.as_view()),
    path("samples/<int:step>", job_records.Sample.as_view(), name="job-sample"),
    path("manifest", job_records.GenerationManifest.as_view()),
    path("archive", job_records.Archive.as_view()),
    path("sheet", job_records.Sheet.as_view()),
    path("tensorboard", job_records.TensorBoard.as_view()),
]
model_version = [
    path("approve", models.Approve.as_view()),
    path("reject", models.Reject.as_view()),
    path("retire", models.Retire.as_view()),
    path("revoke", models.Revoke.as_view()),
    path("bundle", models.Bundle.as_view()),
    path("card", models.Card.as_view()),
]
artifact = [
    path("content", artifacts.Content.as_view()),
    path("credential", artifacts.Credential.as_view()),
    path("label", artifacts.Label.as_view()),
    path("manifest", artifacts.Manifest.as_view()),
    path("proof", artifacts.Proof.as_view()),
]
version_1 = [
    path("tokens", accounts.Tokens.as_view()),
    path("tokens/<uuid:id>", accounts.Token.as_view()),
    path("projects", accounts.Projects.as_view()),
    path("plugins", datasets.Plugins.as_view()),
    path("datasets", datasets.Datasets.as_view()),
    path("datasets/<uuid:id>", datasets.OneDataset.as_view(), name="dataset"),
    path("datasets/<uuid:id>/versions", datasets.DatasetVersions.as_view()),
    path("datasets/<uuid:id>/versions/<int:number>", datasets.OneDatasetVersion.as_view(), name="dataset-version"),
    path("datasets/<uuid:id>/versions/<int:number>/<slug:picture>", datasets.DatasetPicture.as_view()),
    path("jobs", jobs.Jobs.as_view()),
    path("jobs/<uuid:id>", jobs.OneJob.as_view(), name="job"),
    path("jobs/<uuid:id>/", include(job)),
    path("models", models.Models.as_view()),
    path("models/<uuid:id>", models.OneModel.as_view()),
    path("models/<uuid:id>/versions/<int:number>", models.OneModelVersion.as_view(), name="model-version"),
    path("models/<uuid:id>/versions/<int:number>/", include(model_version)),
    path("artifacts", artifacts.Artifacts.as_view()),
    path("artifacts/<uuid:id>", artifacts.OneArtifact.as_view(), name="artifact"),
    path("artifacts/<uuid:id>/", include(artifact)),
    path("verify", verification.Verify.as_view()),
    path("verify/<uuid:id>", verification.Verdict.as_view(), name="verdict"),
    path("audit/events", audit.AuditEvents.as_view()),
    path("audit/tree-head", audit.Head.as_view()),
    path("audit/public-key", audit.PublicKey.as_view()),
    path("audit/proof/inclusion", audit.Inclusion.as_view()),
    path("audit/proof/consistency", audit.Consistency.as_view()),
    path("reviews", audit.Reviews.as_view()),
]
urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.Metrics.as_view()),
    path("api/schema/", documents.Schema.as_view(), name="schema"),
    path("api/docs/", documents.Docs.as_view(), name="docs"),
    path("api/v1/", include(version_1)),
    re_path(r"^api/(?!docs$|schema$)", documents.Nothing.as_view()),
]
