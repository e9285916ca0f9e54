"""What is answered to a form whose token does not fit any more: mostly somebody logged in again in another tab."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from desk.site import is_ours


def out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A page that leads back to the form; the browser still has what was typed (drafts.js)."""
    said = request.headers.get("Referer", "")
    return render(request, "403_csrf.html", {"back": said if is_ours(request, said) else ""}, status=403)
