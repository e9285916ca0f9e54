"""The page of a version made of DICOM files, and the form that offers its options."""

from __future__ import annotations

import pytest

from catalog.models import DatasetVersion, Plugin
from desk.data.form import OPTION, BringForm
from desk.data.problems import CODES, problem_title
from desk.data.profile import profile_page
from tests.web.story import Story
from workers.modalities.image import Image

TOLD = {
    "files": 12,
    "identity": {"PatientName": 12, "StudyDate": 3},
    "private": 4,
    "overlays": 1,
    "burnt_in_unsaid": 12,
}


def test_tags_are_shown_with_their_counts():
    page = profile_page(DatasetVersion(profile={"dicom": TOLD}, counts={}, problems=[]))
    assert [(bar["label"], bar["count"]) for bar in page["dicom"]["tags"]] == [
        ("PatientName", "12"),
        ("StudyDate", "3"),
    ]
    assert ("DICOM files", "12") in page["dicom"]["figures"]


def test_other_pictures_have_no_such_card():
    assert profile_page(DatasetVersion(profile={}, counts={}, problems=[]))["dicom"] == {}


@pytest.mark.parametrize(
    "code", ["burnt_in_annotation", "dicom_codec", "dicom_damaged", "picture_too_small", "one_class"]
)
def test_each_problem_has_words_and_a_way_out(code):
    assert problem_title(code) != code
    assert str(CODES[code][1])


@pytest.mark.django_db
def test_the_form_puts_aside_what_most_people_leave_as_it_is(submitter):
    modality = Plugin(
        kind="modality", name="image", schema=Image.model_json_schema(), abilities={"file_types": [".zip"]}
    )
    form = BringForm(modality, user=submitter)
    here, aside = (
        {field.name.removeprefix(OPTION) for field in some} for some in (form.option_fields(), form.more_fields())
    )
    assert here == {"size", "channels"}
    assert aside == {"enlarge", "mapping", "window_low", "window_high"}


@pytest.mark.django_db
def test_the_page_says_what_was_found_and_what_was_kept(submitter, told: Story, browser_of):
    told.data.profile |= {"dicom": TOLD}
    told.data.save()
    page = browser_of(submitter).get(f"/catalog/datasetversion/{told.data.pk}/change/").content.decode()
    assert "Only pixels were kept" in page
    assert "PatientName" in page
