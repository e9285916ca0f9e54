"""The page of an artifact: what it carries in words, its proof, its downloads, and the way to make it again."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils.translation import override

from accounts.models import Project, User
from config import clock
from desk.artifact.again import again_url, origin_of
from desk.artifact.marks import marks_in_words
from desk.job.ran import in_words
from jobs.models import Attempt
from lineage import flags
from lineage.models import Artifact
from tests import builders, builders_text
from tests.builders_things import kept
from tests.web.story import Story, grid

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
MARKS = {
    "watermark": {"scheme": "dct_luma", "z": 9.13, "psnr_db": 43.2, "alone": False},
    "label": {"aigc": True, "iptc": "trainedAlgorithmicMedia"},
    "c2pa": {"manifest": "urn:c2pa:1f0e6b1c-0000-0000-0000-000000000000", "state": "signed"},
    "fingerprint": "00ff00ff00ff00ff",
}


def page(browser: Client, artifact: Artifact) -> str:
    return browser.get(f"/lineage/artifact/{artifact.pk}/change/").content.decode()


def asked(artifact: Artifact) -> dict[str, str]:
    """What the address of the filled form says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(again_url(artifact)).query).items()}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_marks_are_said_in_words_and_never_as_codes(
    language: str, told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    Artifact.objects.filter(pk=told.made[0].pk).update(marks=MARKS)
    html = page(browser_of(submitter, language), told.made[0])
    said, _raw, manifest = html.partition('class="km-pre km-mono km-raw"')
    assert manifest
    for code in ("aigc", "True", "urn:c2pa", "trainedAlgorithmicMedia", "dct_luma"):
        assert code not in said, code


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", {"Number format": "8 bit (int8)", "Path": "ONNX Runtime, 8 bits", "Path chosen": "as asked for"}),
        ("zh-hans", {"数值格式": "8 位（int8）", "路径": "ONNX Runtime，8 位", "路径的选择": "按要求"}),
    ],
)
def test_the_path_it_ran_on_is_said_in_words(language: str, says: dict[str, str]) -> None:
    facts = {"precision": "int8", "path": "onnxruntime_int8", "path_why": "asked for"}
    with override(language):
        assert dict(in_words(facts)) == says


@pytest.mark.parametrize(
    "why",
    [
        "none that passes is at least 1.1 times as fast",
        "1.15 times as fast as fp32 in ONNX Runtime at batch 32",
        "nothing was measured",
        "paths were measured on cuda",
        "the path npu_int4 is not known here",
    ],
)
def test_why_a_path_was_taken_is_said_in_chinese(why: str) -> None:
    with override("zh-hans"):
        assert any(letter > "\u4e00" for letter in dict(in_words({"path_why": why}))["路径的选择"])


@pytest.mark.parametrize(("language", "says"), [("en", "Device: CPU; Batch: 32 items"), ("zh-hans", "32 个样本")])
def test_what_it_ran_on_is_said_in_words(
    language: str, says: str, told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    one = told.made[0]
    facts = {"padded_batch": 32, "device": "cpu"}
    Attempt.objects.update_or_create(
        job=one.job, token=one.attempt, defaults={"facts": facts, "started_at": clock.now()}
    )
    said = page(browser_of(submitter, language), one).partition("km-raw")[0]
    assert says in said
    assert "padded_batch" not in said


def test_a_label_beside_the_file_is_said_to_stand_there(project: Project, submitter: User) -> None:
    (one,) = builders_text.written(project, submitter, ["Enter Hamlet."])
    with override("en"):
        said = dict(marks_in_words(one))
    assert said["Label"] == "AI-generated (AIGC) · in a file beside it"


def test_the_proof_is_checked_and_says_where_the_log_holds_it(
    told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    one, browser = told.made[5], browser_of(submitter)
    html = browser.get(f"/lineage/artifact/{one.pk}/proof/").content.decode()
    assert "item 6 of 70 in it" in html
    assert "read now; its digest is the one that the log holds" in html
    part = browser.get(f"/lineage/artifact/{one.pk}/proof/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<section class="km-card" id="proof"')


def test_a_proof_of_a_row_that_was_changed_fails_in_words(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    one = told.made[5]
    Artifact.objects.filter(pk=one.pk).update(content_sha256="0" * 64)
    html = browser_of(submitter).get(f"/lineage/artifact/{one.pk}/proof/").content.decode()
    assert "It could not be proved." in html
    assert "nothing was changed" not in html


def test_strangers_have_neither_page_nor_proof(told: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    browser, one = browser_of(people["stranger"]), told.made[0]
    assert browser.get(f"/lineage/artifact/{one.pk}/change/").status_code == 404
    assert browser.get(f"/lineage/artifact/{one.pk}/proof/").status_code == 404


def test_what_was_withdrawn_has_no_downloads_for_others(
    told: Story, submitter: User, reviewer: User, browser_of: BrowserOf
) -> None:
    flags.decide_artifact(told.made[0], "withdraw", actor=reviewer, comment="a face")
    assert f"/artifacts/{told.made[0].pk}/content" not in page(browser_of(submitter), told.made[0])
    assert f"/artifacts/{told.made[0].pk}/content" in page(browser_of(reviewer), told.made[0])


@pytest.mark.parametrize(
    ("params", "index", "wanted"),
    [
        ({"count": 9}, 4, {"param_first": "4", "param_count": "1"}),
        ({"count": 9, "first": 100}, 4, {"param_first": "104", "param_count": "1"}),
        ({"count": 2, "sweep": {"guidance_scale": [1.0, 5.0]}}, 3, {"param_first": "1", "param_guidance_scale": "5.0"}),
        ({"count": 5, "interpolate": ["1", "2"]}, 3, {"path_seeds": "1, 2", "param_count": "5"}),
        ({"count": 5, "weights": [1, 2], "condition": "7"}, 3, {"param_condition": "7", "param_first": "3"}),
        ({"count": 1, "visible_label": "zh"}, 0, {"param_visible_label": "zh"}),
    ],
)
def test_make_again_asks_for_the_same_model_seed_and_number(
    params: dict[str, object], index: int, wanted: dict[str, str], project: Project, submitter: User
) -> None:
    made = kept(
        project, submitter, [("image/png", builders.png(shade)) for shade in range(6)], seed="81", params=params
    )
    said = asked(made[index])
    assert said["seed"] == "81"
    assert said["model"] == str(made[index].model_version_id)
    assert said | wanted == said
    assert "param_weights" not in said


def test_the_form_that_it_leads_to_is_filled(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).get(again_url(told.made[7]))
    form = answer.context["form"]
    assert answer.status_code == 200
    assert (form["seed"].value(), form["param_count"].value()) == ("7", "1")
    assert str(form["input_model"].value()) == str(told.made[7].model_version_id)


def test_a_viewer_is_told_what_making_again_needs(told: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    html = page(browser_of(people["viewer"]), told.made[0])
    assert "make-again" not in html
    assert "This needs the role submitter in the project." in html


def test_what_came_of_making_it_again_is_compared_by_content(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    files = [("image/png", builders.png(shade)) for shade in range(4)]
    first = kept(project, submitter, files, seed="81")
    version = first[0].model_version
    (same,) = kept(project, submitter, files[2:3], seed="81", version=version, params={"count": 1, "first": 2})
    (other,) = kept(project, submitter, files[:1], seed="81", version=version, params={"count": 1, "first": 2})
    kept(project, submitter, files[2:3], seed="82", version=version, params={"count": 1, "first": 2})
    html = page(browser_of(submitter), first[2])
    assert html.count("the same content (content_sha256 is equal)") == 1
    assert html.count("other content (content_sha256 differs)") == 1
    for one in (same, other):
        assert f"/lineage/artifact/{one.pk}/change/" in html
    assert origin_of(same).key == origin_of(first[2]).key != origin_of(first[1]).key


@pytest.mark.parametrize(("size", "said"), [(10, True), (4, False)])
def test_a_copy_with_words_is_offered_where_they_can_be_read(
    size: int, said: bool, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    (one,) = kept(project, submitter, [("image/png", grid(size, 1))])
    assert ("data-labels" in page(browser_of(submitter), one)) is said


def test_a_picture_that_has_words_already_has_no_version_without(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    params = {"count": 1, "visible_label": "en"}
    (one,) = kept(project, submitter, [("image/png", grid(10, 1))], params=params)
    html = page(browser_of(submitter), one)
    assert "there is no version without them" in html
    assert "data-labels" not in html


def test_the_way_to_a_legal_hold_carries_its_subject(told: Story, reviewer: User, browser_of: BrowserOf) -> None:
    browser, one = browser_of(reviewer), told.made[0]
    link = f"/lineage/legalhold/add/?kind=artifact&subject={one.pk}"
    assert link.replace("&", "&amp;") in page(browser, one)
    form = browser.get(link)
    assert form.context["form"]["subject"].is_hidden
    assert str(one) in form.content.decode()
    said = {"subject_kind": "artifact", "subject": str(one.pk), "reason": "a lawsuit"}
    assert browser.post(link, said).status_code == 302


def test_a_legal_hold_takes_the_address_of_a_page(told: Story, reviewer: User, browser_of: BrowserOf) -> None:
    address = f"https://kiln.example/jobs/job/{told.trained.pk}/change/"
    said = {"subject_kind": "artifact", "subject": address, "reason": "a lawsuit"}
    answer = browser_of(reviewer).post("/lineage/legalhold/add/", said)
    assert answer.status_code == 302
    assert str(told.trained.pk) in browser_of(reviewer).get(answer["Location"]).content.decode()
