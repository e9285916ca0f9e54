"""Along which indexes the filters of the list of events are read (docs/rest-lists.md)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Q

from accounts.log_sight import ways_to_events
from accounts.models import User
from accounts.services import project_for, sees_all
from api.walk import Ways, moments

COLUMNS = {
    "subject": "subject_id", "actor": "actor", "verb": "verb", "project": "project_id", "subject_kind": "subject_kind",
    "since": "at__gte", "until": "at__lt",
}  # fmt: skip
INDEXED = ("subject", "actor", "verb", "project")  # narrowest first


def event_ways(person: User, said: Mapping[str, Any]) -> Ways:
    """The events that the person sees and that fit: along one index, the other filters are looked at."""
    found = {name: Q(**{column: said[name]}) for name, column in COLUMNS.items() if name in said}
    if "project" in said:
        found["project"] = Q(project_id=project_for(person, said["project"]).pk)
    ids = moments(said.get("since"), said.get("until"))
    if sees_all(person):
        served = next((name for name in INDEXED if name in found), "")
        return Ways([found[served] if served else Q()], _but(found, served), ids)
    if "project" in found:
        along, served = [found["project"]], ["project"]
    elif said.get("actor") == person.username:
        return Ways([found["actor"]], _but(found, "actor"), ids)
    else:
        along, served = ways_to_events(person), []
    if "subject" in found:  # of what the person did, that which lies in no project
        own = Q(actor=person.username)
        along = [(way & Q(project_id=None) if way == own else way) & found["subject"] for way in along]
        served.append("subject")
    return Ways(along, _but(found, *served), ids)


def _but(found: Mapping[str, Q], *served: str) -> Q:
    return reduce(and_, (one for name, one in found.items() if name not in served), Q())
