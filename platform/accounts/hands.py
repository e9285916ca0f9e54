"""Which accounts count as one person where a second one has to decide: a service account hides nobody."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import User


def hands_of(person: User) -> set[int]:
    """Ids: the person's own account, and each service account that the person answers for or ever made a token of.

    So what a service account made is decided on by somebody who could not have made it with it. That a service account
    decides on nothing itself follows from the roles it may have (services.role_in).
    """
    behind = User.objects.filter(Q(answered_by=person) | Q(api_tokens__made_by=person), is_service=True)
    return {person.pk, *behind.values_list("pk", flat=True)}


def kept_hands(person: User) -> set[int]:
    """The same, asked once for a page on which many things stand."""
    if not hasattr(person, "hands_here"):
        person.hands_here = hands_of(person)  # type: ignore[attr-defined]
    return person.hands_here  # type: ignore[attr-defined]
