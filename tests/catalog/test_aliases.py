"""Aliases: a name that stands for an approved version, moved by two people, with a history that can be proven."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from audit import sequencer
from audit.models import AuditEvent, Review
from catalog import alias_history, aliases
from catalog.models import Alias, AliasMove, Stage
from catalog.naming import AliasUnusable, UnknownAlias, model_version_for
from catalog.stages import FourEyes
from config import clock
from jobs.holds import decide_model
from models_store import evidence
from models_store.canonical import canonical, digest
from models_store.errors import Conflict, Forbidden, InvalidInput, NotFound
from models_store.keys import Keyring
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]


@pytest.fixture
def approved(project, submitter):
    """Makes approved versions of one model."""
    return lambda: builders.model_version(project, submitter, "chest-xray", stage=Stage.APPROVED)


@pytest.fixture
def third(project):
    """Another submitter, whose own model it is not."""
    other = builders.person("tom")
    project.members.add(other, through_defaults={"role": "submitter"})
    return other


def moved(version, submitter, reviewer, name="production"):
    move = aliases.propose(version.model, name, version, actor=submitter)
    return aliases.decide_alias(move.alias, "approve", actor=reviewer)


def test_a_proposal_alone_moves_nothing(approved, submitter):
    version = approved()
    aliases.propose(version.model, "production", version, actor=submitter)
    with pytest.raises(UnknownAlias):
        model_version_for(submitter, "chest-xray@production")


def test_once_approved_the_name_stands_for_the_version(approved, submitter, reviewer):
    version = approved()
    moved(version, submitter, reviewer)
    assert model_version_for(submitter, "chest-xray@production") == version


def test_a_number_and_the_id_of_the_model_name_a_version_too(approved, submitter):
    version = approved()
    assert model_version_for(submitter, "chest-xray@1") == version
    assert model_version_for(submitter, f"{version.model_id}@1") == version


def test_who_proposed_it_does_not_approve_it_even_as_superuser(approved, reviewer):
    reviewer.is_superuser = True
    reviewer.save()
    version = approved()
    move = aliases.propose(version.model, "production", version, actor=reviewer)
    with pytest.raises(FourEyes):
        aliases.decide_alias(move.alias, "approve", actor=reviewer)


def test_whose_own_model_it_is_does_not_approve_it_even_as_superuser(approved, submitter, third):
    submitter.is_superuser = True
    submitter.save()
    version = approved()
    move = aliases.propose(version.model, "production", version, actor=third)
    with pytest.raises(FourEyes):
        aliases.decide_alias(move.alias, "approve", actor=submitter)


def test_a_submitter_decides_nothing(approved, submitter, third):
    version = approved()
    move = aliases.propose(version.model, "production", version, actor=submitter)
    with pytest.raises(Forbidden):
        aliases.decide_alias(move.alias, "approve", actor=third)


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.REJECTED, Stage.RETIRED, Stage.REVOKED])
def test_only_an_approved_version_gets_a_name(project, submitter, stage):
    version = builders.model_version(project, submitter, stage=stage)
    with pytest.raises(aliases.NotApproved):
        aliases.propose(version.model, "production", version, actor=submitter)


def test_a_version_revoked_after_the_proposal_is_not_moved_to(approved, submitter, reviewer):
    version = approved()
    move = aliases.propose(version.model, "production", version, actor=submitter)
    decide_model(version, "revoke", actor=reviewer, comment="consent withdrawn")
    with pytest.raises(aliases.NotApproved):
        aliases.decide_alias(move.alias, "approve", actor=reviewer)
    assert Alias.objects.get().version is None


@pytest.mark.parametrize("name", ["3", "v3", "", "-a", "a b", "Ä", "PROD", "a" * 65, "a@b", None, 3])
def test_a_name_is_a_short_word_and_no_number(approved, submitter, name):
    version = approved()
    with pytest.raises(InvalidInput) as wrong:
        aliases.propose(version.model, name, version, actor=submitter)
    assert wrong.value.field == "name"


def test_one_proposal_waits_at_a_time(approved, submitter, third):
    one, other = approved(), approved()
    aliases.propose(one.model, "production", one, actor=submitter)
    with pytest.raises(aliases.AlreadyProposed):
        aliases.propose(one.model, "production", other, actor=third)


def test_what_it_stands_for_already_is_not_proposed(approved, submitter, reviewer):
    version = approved()
    moved(version, submitter, reviewer)
    with pytest.raises(Conflict):
        aliases.propose(version.model, "production", version, actor=submitter)


def test_a_version_of_another_model_is_refused(approved, project, submitter):
    version = builders.model_version(project, submitter, "other", stage=Stage.APPROVED)
    with pytest.raises(InvalidInput) as wrong:
        aliases.propose(approved().model, "production", version, actor=submitter)
    assert wrong.value.code == "wrong_model"


def test_a_refusal_says_why_and_leaves_it_as_it_is(approved, submitter, reviewer):
    version = approved()
    move = aliases.propose(version.model, "production", version, actor=submitter)
    with pytest.raises(InvalidInput):
        aliases.decide_alias(move.alias, "reject", actor=reviewer)
    aliases.decide_alias(move.alias, "reject", actor=reviewer, comment="not before the audit")
    assert AliasMove.objects.get().state == "rejected"
    assert Review.objects.get(subject_kind="alias").comment == "not before the audit"


def test_who_proposed_it_takes_it_back_without_a_review(approved, submitter):
    version = approved()
    aliases.withdraw(aliases.propose(version.model, "production", version, actor=submitter), actor=submitter)
    assert AliasMove.objects.get().state == "withdrawn"
    assert not Review.objects.exists()


def test_nobody_else_takes_it_back(approved, submitter, reviewer):
    version = approved()
    move = aliases.propose(version.model, "production", version, actor=submitter)
    with pytest.raises(Forbidden):
        aliases.withdraw(move, actor=reviewer)


def test_whose_own_model_it_is_rejects_nothing_either(approved, submitter, third, project):
    project.members.through.objects.filter(user=submitter).update(role="reviewer")
    version = approved()
    move = aliases.propose(version.model, "production", version, actor=third)
    with pytest.raises(FourEyes):
        aliases.decide_alias(move.alias, "reject", actor=submitter, comment="mine")


def test_a_decision_is_made_once(approved, submitter, reviewer):
    version = approved()
    move = aliases.propose(version.model, "production", version, actor=submitter)
    aliases.decide_alias(move.alias, "approve", actor=reviewer)
    with pytest.raises(Conflict):
        aliases.decide_alias(move.alias, "reject", actor=reviewer, comment="after all")


def test_every_step_is_in_the_log(approved, submitter, reviewer):
    version = approved()
    moved(version, submitter, reviewer)
    aliases.propose(version.model, "production", None, actor=submitter)
    aliases.decide_alias(Alias.objects.get(), "approve", actor=reviewer)
    verbs = AuditEvent.objects.filter(verb__startswith="alias.").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["alias.proposed", "alias.moved", "alias.proposed", "alias.removed"]


def test_an_alias_that_was_removed_is_unknown(approved, submitter, reviewer):
    version = approved()
    moved(version, submitter, reviewer)
    aliases.propose(version.model, "production", None, actor=submitter)
    aliases.decide_alias(Alias.objects.get(), "approve", actor=reviewer)
    with pytest.raises(UnknownAlias):
        model_version_for(submitter, "chest-xray@production")


def test_an_unknown_alias_is_told_what_there_is(approved, submitter, reviewer):
    moved(approved(), submitter, reviewer)
    with pytest.raises(UnknownAlias) as unknown:
        model_version_for(submitter, "chest-xray@prod")
    assert unknown.value.expected == ["chest-xray@production", "chest-xray@1"]


@pytest.mark.parametrize("decision", ["retire", "revoke"])
def test_the_alias_of_a_version_that_may_not_be_used_stays_but_does_not_resolve(
    approved, submitter, reviewer, decision
):
    version = approved()
    moved(version, submitter, reviewer)
    decide_model(version, decision, actor=reviewer, comment="consent withdrawn")
    with pytest.raises(AliasUnusable) as gone:
        model_version_for(submitter, "chest-xray@production")
    assert gone.value.http_status == 409
    assert Alias.objects.get().version == version


def test_a_stranger_s_model_has_no_aliases(approved, submitter, reviewer):
    moved(approved(), submitter, reviewer)
    with pytest.raises(NotFound):
        model_version_for(builders.person("olga"), "chest-xray@production")


def test_models_of_one_name_are_told_apart_by_the_project(approved, submitter, project):
    mine = approved()
    elsewhere = builders.project("elsewhere", submitter=submitter)
    builders.model_version(elsewhere, submitter, "chest-xray")
    with pytest.raises(InvalidInput) as which:
        model_version_for(submitter, "chest-xray@1")
    assert which.value.code == "ambiguous_name"
    assert model_version_for(submitter, "chest-xray@1", project=project.slug) == mine


class History:
    """Three moves, a day apart."""

    def __init__(self, versions, submitter, reviewer, monkeypatch):
        self.start = datetime(2026, 5, 1, 9, tzinfo=UTC)
        self.versions = versions
        for day, version in enumerate(versions):
            monkeypatch.setattr(clock, "now", lambda day=day: self.start + timedelta(days=2 * day))
            moved(version, submitter, reviewer)
        self.alias = Alias.objects.get()
        self.now = self.start + timedelta(days=30)


@pytest.fixture
def told(approved, submitter, reviewer, monkeypatch):
    return History([approved() for _ in range(3)], submitter, reviewer, monkeypatch)


def test_before_its_first_move_it_stood_for_nothing(told):
    standing = alias_history.at(told.alias, "2026-04-30", told.now)
    assert (standing.move, standing.ended_by.version) == (None, told.versions[0])


def test_on_a_date_it_stood_for_what_was_moved_to_last_since_and_until(told):
    standing = alias_history.at(told.alias, "2026-05-04", told.now)
    assert standing.move.version == told.versions[1]
    assert standing.move.decided_at == told.start + timedelta(days=2)
    assert standing.ended_by.decided_at == told.start + timedelta(days=4)


def test_a_day_on_which_it_moved_names_what_it_stood_for_that_morning(told):
    standing = alias_history.at(told.alias, "2026-05-03", told.now)
    assert standing.move.version == told.versions[1]
    assert [move.version for move in standing.others] == [told.versions[0]]


@pytest.mark.parametrize(("hour", "place"), [("08:59:59", 0), ("09:00:00", 1)])
def test_a_time_is_answered_to_the_second(told, hour, place):
    standing = alias_history.at(told.alias, f"2026-05-03T{hour}Z", told.now)
    assert (standing.move.version, standing.others) == (told.versions[place], ())


@pytest.mark.parametrize("said", ["yesterday", "2026-13-01", "2026-05-03T09:00:00", "2027-01-01", "", "9" * 40])
def test_what_is_no_date_or_lies_ahead_is_refused(told, said):
    with pytest.raises(InvalidInput) as wrong:
        alias_history.at(told.alias, said, told.now)
    assert wrong.value.field == "at"


def test_the_proof_opens_what_its_leaf_commits_to(told, home):
    sequencer.sequence()
    sequencer.sign_head(keyring := Keyring.load(home / "keys"))
    proof = alias_history.proof_of(alias_history.at(told.alias, "2026-05-04", told.now).move.event)
    opened = bytes.fromhex(proof["detail_salt"]) + canonical(proof["detail"])
    assert digest(opened) in proof["leaf"]
    assert proof["detail"]["to"]["model_version"] == str(told.versions[1].pk)
    evidence.check_inclusion(proof, keyring.public_key(proof["head"]["key_id"]))
