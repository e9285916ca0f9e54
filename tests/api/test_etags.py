"""Tags of what is read: 304 for a copy that is still good, 412 for an edit of what somebody else has changed."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Project, User
from api.views import windows
from audit.models import AuditEvent
from config import clock
from jobs.models import Job, Window
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = pytest.mark.django_db
HOURS = [{"days": ["mon"], "from": "22:00", "to": "06:00"}]


@pytest.fixture
def window(sam: Client) -> str:
    """The path of a window."""
    return made(sam, "night")


def made(client: Client, name: str) -> str:
    body = {"name": name, "timezone": "UTC", "hours": HOURS}
    return client.post("/api/v1/windows", body, content_type="application/json")["Location"]


def change(client: Client, path: str, body: dict[str, Any], **conditions: str) -> Any:
    headers = {name.replace("_", "-"): said for name, said in conditions.items()}
    return client.patch(path, body, content_type="application/json", headers=headers)


def test_a_copy_that_is_still_good_is_not_sent_again(sam: Client, window: str) -> None:
    first = sam.get(window)
    again = sam.get(window, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == first["Cache-Control"]


@pytest.mark.parametrize("said", ['"other"', "", "nonsense", '"a", "b"'])
def test_another_copy_is_replaced(sam: Client, window: str, said: str) -> None:
    assert sam.get(window, headers={"If-None-Match": said}).status_code == 200


def test_one_of_several_copies_is_enough(sam: Client, window: str) -> None:
    tag = sam.get(window)["ETag"]
    assert sam.get(window, headers={"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    assert sam.get(window, headers={"If-None-Match": "*"}).status_code == 304


def test_a_change_gives_another_tag(sam: Client, window: str) -> None:
    before = sam.get(window)["ETag"]
    change(sam, window, {"name": "late"})
    assert sam.get(window, headers={"If-None-Match": before}).status_code == 200


def test_the_tag_is_strong_and_that_of_head(sam: Client, window: str) -> None:
    tag = sam.get(window)["ETag"]
    assert tag.startswith('"')
    assert sam.head(window)["ETag"] == tag


def test_a_compressed_answer_has_a_strong_tag_of_its_own_and_the_same_bytes_each_time(sam: Client, window: str) -> None:
    change(sam, window, {"exceptions": [{"date": f"2027-03-{day:02}", "note": "x" * 90} for day in range(1, 20)]})
    plain = sam.get(window)["ETag"]
    zipped = [sam.get(window, headers={"Accept-Encoding": "gzip"}) for _ in range(3)]
    assert {one["Content-Encoding"] for one in zipped} == {"gzip"}
    assert {one["ETag"] for one in zipped} == {f'{plain[:-1]}-gzip"'}
    assert len({one.content for one in zipped}) == 1
    assert sam.get(window, headers={"If-None-Match": zipped[0]["ETag"]}).status_code == 304
    assert change(sam, window, {"name": "late"}, If_Match=zipped[0]["ETag"]).status_code == 200


def test_lists_have_no_tag(sam: Client, window: str) -> None:
    assert "ETag" not in sam.get("/api/v1/windows")


def test_an_edit_of_what_was_read_is_done_and_gives_the_next_tag(sam: Client, window: str) -> None:
    answer = change(sam, window, {"name": "late"}, If_Match=sam.get(window)["ETag"])
    assert (answer.status_code, answer.json()["name"]) == (200, "late")
    assert answer["ETag"] == sam.get(window)["ETag"]


def test_an_edit_of_what_has_changed_is_refused_and_leaves_it(sam: Client, window: str) -> None:
    tag = sam.get(window)["ETag"]
    change(sam, window, {"name": "first"})
    events = AuditEvent.objects.count()
    answer = change(sam, window, {"name": "second"}, If_Match=tag)
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert (Window.objects.get().name, AuditEvent.objects.count()) == ("first", events)


@pytest.mark.parametrize("said", ['"other"', "nonsense", "", 'W/"*"'])
def test_what_names_another_state_is_refused(sam: Client, window: str, said: str) -> None:
    assert change(sam, window, {"name": "x"}, If_Match=said).status_code == 412


def test_a_weak_tag_does_not_stand_for_an_edit(sam: Client, window: str) -> None:
    assert change(sam, window, {"name": "x"}, If_Match="W/" + sam.get(window)["ETag"]).status_code == 412


def test_a_star_is_whatever_is_there(sam: Client, window: str) -> None:
    assert change(sam, window, {"name": "x"}, If_Match="*").status_code == 200


def test_what_is_not_there_stays_not_found(sam: Client, window: str) -> None:
    sam.delete(window)
    assert change(sam, window, {"name": "x"}, If_Match="*").status_code == 404


def test_what_is_deleted_must_be_what_was_read(sam: Client, window: str) -> None:
    tag = sam.get(window)["ETag"]
    change(sam, window, {"name": "first"})
    assert sam.delete(window, headers={"If-Match": tag}).status_code == 412
    assert sam.delete(window, headers={"If-Match": sam.get(window)["ETag"]}).status_code == 204


def test_time_that_goes_by_is_no_edit_but_another_answer(
    sam: Client, window: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag, now = sam.get(window)["ETag"], clock.now
    opens = next(at for hour in range(170) if opened(at := now() + timedelta(hours=hour)) != opened(now()))
    monkeypatch.setattr(clock, "now", lambda: opens)
    assert sam.get(window, headers={"If-None-Match": tag}).status_code == 200
    assert change(sam, window, {"name": "late"}, If_Match=tag).status_code == 200


def opened(at: Any) -> bool:
    """Whether the window is open: Monday 22:00 to Tuesday 06:00."""
    return (at.weekday() == 0 and at.hour >= 22) or (at.weekday() == 1 and at.hour < 6)


def test_a_policy_is_set_only_where_there_is_none(project: Project, client_for: Any) -> None:
    owner = builders.person("olive")
    project.members.add(owner, through_defaults={"role": "owner"})
    client, path = client_for(owner), f"/api/v1/projects/{project.pk}/policies/require_review"

    def put(**headers: str) -> int:
        return client.put(path, {"params": {}}, content_type="application/json", headers=headers).status_code

    assert put(**{"If-Match": "*"}) == 412
    assert put(**{"If-None-Match": "*"}) == 200
    assert put(**{"If-None-Match": "*"}) == 412
    assert put(**{"If-Match": client.get(path)["ETag"]}) == 200
    assert client.delete(path, headers={"If-Match": '"old"'}).status_code == 412


def test_a_token_has_no_representation_and_so_no_tag_fits(sam: Client) -> None:
    token = sam.get("/api/v1/tokens").json()["results"][0]["id"]
    assert sam.delete(f"/api/v1/tokens/{token}", headers={"If-Match": '"x"'}).status_code == 412
    assert sam.delete(f"/api/v1/tokens/{token}", headers={"If-Match": "*"}).status_code == 204


def test_a_stranger_learns_nothing_from_a_condition(stranger: Client, window: str) -> None:
    for said in ("*", '"x"'):
        assert change(stranger, window, {"name": "x"}, If_Match=said).status_code == 404


def test_the_priority_of_a_job_goes_by_what_was_read(sam: Client, project: Project, submitter: User) -> None:
    path = f"/api/v1/jobs/{builders.job(project, submitter).pk}"
    tag = sam.get(path)["ETag"]
    assert change(sam, path, {"priority": 3}, If_Match=tag).status_code == 200
    assert change(sam, path, {"priority": 4}, If_Match=tag).status_code == 412
    assert Job.objects.get().priority == 3


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two editors who read the same."""

    @pytest.fixture(autouse=True)
    def _warm(self, sam: Client) -> None:
        sam.get("/api/v1/tokens")

    def test_one_of_them_wins(self, sam: Client, submitter: User) -> None:
        for number in range(6):
            path = made(sam, f"window {number}")
            tag, said = sam.get(path)["ETag"], []
            deeds = [
                lambda name=name, path=path, tag=tag, said=said: said.append(
                    change(sam, path, {"name": f"{name} {path[-6:]}"}, If_Match=tag).status_code
                )
                for name in "ab"
            ]
            assert at_once(*deeds) == []
            assert sorted(said) == [200, 412]

    def test_nobody_comes_between_the_look_and_the_edit(self, sam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        path, change_window = made(sam, "night"), windows.change_window
        tag, other, early = sam.get(path)["ETag"], [], []

        def without_a_condition() -> None:
            other.append(change(sam, path, {"timezone": "Europe/Paris"}).status_code)
            connection.close()

        thread = threading.Thread(target=without_a_condition)

        def meanwhile(*args: Any, **said: Any) -> Any:
            monkeypatch.setattr(windows, "change_window", change_window)
            thread.start()
            thread.join(0.3)
            early.append(not thread.is_alive())
            return change_window(*args, **said)

        monkeypatch.setattr(windows, "change_window", meanwhile)
        answer = change(sam, path, {"name": "late"}, If_Match=tag)
        thread.join(30)
        now = sam.get(path).json()
        assert (answer.status_code, other, early) == (200, [200], [False])
        assert (now["name"], now["timezone"]) == ("late", "Europe/Paris")
