"""Where Django looks for the admin's pages: each module registers those of its noun."""

import desk.artifact.admin
import desk.data.admin
import desk.data.version_admin
import desk.job.admin
import desk.job.queue_admin
import desk.log.admin
import desk.log.count_admin
import desk.model.admin
import desk.model.alias_admin
import desk.night.digest_admin
import desk.night.schedule_admin
import desk.night.window_admin
import desk.people.account_admin
import desk.people.admin
import desk.people.service_admin
import desk.people.token_admin
import desk.review.admin
import desk.review.legal_hold_admin
import desk.review.policy_admin
import desk.webhook.admin  # noqa: F401
