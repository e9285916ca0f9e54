"""What the parts of the REST interface are about, in the order of the document."""

from __future__ import annotations

TAGS = {
    "jobs": "Submit, watch and steer what the platform does: training, generation, evaluation and more.",
    "queues": "Where jobs wait, and who works there.",
    "windows": "Hours in which jobs may run.",
    "schedules": "Jobs that come again.",
    "digest": "What a night brought.",
    "plugins": "What can run, with the JSON Schemas of its parameters.",
    "datasets": "Data, where they come from and what they may be used for.",
    "uploads": "Large files in pieces (tus 1.0).",
    "models": "Trained models, their versions, and what a second person decides about them.",
    "aliases": "Movable names of models.",
    "artifacts": "Generated files: bytes, marks, manifest, proof.",
    "verify": "Is this file ours?",
    "reviews": "What waits for a decision, and decisions.",
    "legal-holds": "What must be kept, and why.",
    "audit": "The log: events, signed heads, proofs.",
    "webhooks": "Signed messages to your own servers.",
    "events": "What happens, as it happens.",
    "projects": "Projects, their members, limits and policies.",
    "invitations": "Invitations to a project.",
    "service-accounts": "Accounts of programs, for which a person answers.",
    "tokens": "Your tokens for this interface.",
    "service": "Whether the platform lives.",
}
