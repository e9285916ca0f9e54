"""The gallery and the page of an artifact as people use them: scrolling, keys, flags, players."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import Project, User
from lineage.models import Artifact
from tests import builders
from tests.builders_things import AUDIO, MIDI, kept, midi, sound
from tests.web.story import Story, grid

PageOf = Callable[..., Any]
LIST = "/lineage/artifact/"
TILES = "document.querySelectorAll('#tiles > .km-tile').length"
NOW = "document.activeElement.closest('.km-tile') && document.activeElement.closest('.km-tile').dataset.id"


def test_the_gallery_goes_on_by_itself_keeps_its_size_and_comes_back_to_its_place(
    told: Story, project: Project, submitter: User, page_of: PageOf
) -> None:
    kept(project, submitter, [("image/png", builders.png())] * 760, seed="3", params={"count": 760})
    page = page_of(submitter)
    page.goto(LIST)
    assert page.evaluate(TILES) >= 60
    while (loaded := page.evaluate("kmGallery.all()")) < 830:
        page.evaluate("document.querySelector('#more').scrollIntoView()")
        page.wait_for_function(f"kmGallery.all() > {loaded}")
    page.wait_for_function(f"{TILES} < 730")
    page.wait_for_function("new URL(location.href).searchParams.has('from')")
    opened = page.evaluate("document.querySelector('#tiles > .km-tile:last-child').dataset.id")
    page.locator("#tiles > .km-tile:last-child a").click()
    page.wait_for_selector("#proof")
    page.go_back()
    page.wait_for_selector("#tiles")
    assert page.evaluate(NOW) == opened


def test_the_keys_move_in_two_dimensions_and_flag(told: Story, submitter: User, page_of: PageOf) -> None:
    page = page_of(submitter)
    page.goto(f"{LIST}?job={told.made[0].job_id}")
    ids = [str(one.pk) for one in told.made]
    wide = page.evaluate("kmGallery.columns()")
    page.keyboard.press("?")
    assert page.locator("#gallery-keys").is_visible(), "the keys are shown before one has come to the tiles"
    page.keyboard.press("Escape")
    page.locator("#tiles a").first.focus()
    for key, at in (("ArrowRight", 1), ("ArrowDown", 1 + wide), ("ArrowLeft", wide), ("ArrowUp", 0), ("End", 69)):
        if key == "End":
            page.wait_for_function("kmGallery.all() === 70 || (kmGallery.more(), false)")
        page.keyboard.press(key)
        assert page.evaluate(NOW) == ids[at], key
    page.keyboard.press("Home")
    page.keyboard.press("?")
    assert page.locator("#gallery-keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    page.keyboard.type(" ")
    page.locator("#gallery-flag-form button.km-main").click()
    assert "Say what is wrong" in page.inner_text("#gallery-flag-error")
    page.fill("#gallery-flag-reason", "a watermark of somebody else")
    page.locator("#gallery-flag-form button.km-main").click()
    page.wait_for_selector(".km-tile:first-child .km-badge")
    assert page.evaluate(NOW) == ids[0]
    assert told.made[0].flags.get().reason == "a watermark of somebody else"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{LIST}{ids[0]}/change/")
    page.wait_for_load_state()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{LIST}{ids[1]}/change/")


def test_a_piano_roll_plays_and_stops(project: Project, submitter: User, page_of: PageOf) -> None:
    (one,) = kept(project, submitter, [(MIDI, midi())])
    page = page_of(submitter)
    page.goto(f"{LIST}{one.pk}/change/")
    page.click("[data-play]")
    page.wait_for_selector("[data-pianoroll][data-state=running]")
    page.wait_for_function("Number(document.querySelector('[data-playhead]').getAttribute('x1')) > 5")
    page.click("[data-stop]")
    page.wait_for_selector("[data-pianoroll][data-state=ended]")
    assert page.locator("[data-play]").is_visible()


def test_the_waveform_of_a_sound_is_drawn_and_a_broken_one_says_so(
    project: Project, submitter: User, page_of: PageOf
) -> None:
    one, broken = kept(project, submitter, [(AUDIO, sound()), (AUDIO, b"RIFF nothing")])
    page = page_of(submitter)
    page.goto(f"{LIST}{one.pk}/change/")
    page.wait_for_selector("[data-waveform][data-drawn]")
    inked = page.evaluate(
        "Array.from(document.querySelector('[data-waveform] canvas').getContext('2d')"
        ".getImageData(0, 0, 400, 160).data)"
        ".filter(function (value, at) { return at % 4 === 3 && value > 0; }).length"
    )
    assert inked > 3000
    assert "0.50 s; channels: 1" in page.inner_text("[data-waveform] [data-status]")
    page.goto(f"{LIST}{broken.pk}/change/")
    page.wait_for_function("document.querySelector('[data-waveform] canvas').hidden")
    assert "cannot decode" in page.inner_text("[data-waveform] [data-status]")


def test_a_picture_is_zoomed_copied_with_words_proved_and_made_again(
    told: Story, project: Project, submitter: User, page_of: PageOf
) -> None:
    (one,) = kept(project, submitter, [("image/png", grid(10, 4))], version=told.model, seed="81")
    page = page_of(submitter)
    page.goto(f"{LIST}{one.pk}/change/")
    page.click("[data-scale='4']")
    assert page.evaluate("document.getElementById('artifact-picture').width") == 640
    with page.expect_download() as waited:
        page.locator("[data-labels]").first.click()
    copy = waited.value.path().read_bytes()
    assert copy.startswith(b"\x89PNG")
    assert copy != grid(10, 4)
    page.wait_for_function("document.getElementById('labelled-said').textContent !== ''")
    page.goto(f"{LIST}{told.made[4].pk}/change/")
    page.click("#check-proof")
    page.wait_for_selector("#proof .km-lead")
    assert "nothing was changed" in page.inner_text("#proof")
    page.goto(f"{LIST}{one.pk}/change/")
    page.click("#make-again")
    page.wait_for_selector("[name=seed]")
    assert page.input_value("[name=seed]") == "81"
    assert page.input_value("[name=param_count]") == "1"
    assert Artifact.objects.filter(job__seed="81").count() == 1
