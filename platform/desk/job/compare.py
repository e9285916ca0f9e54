"""Two to six trainings side by side: what differs, curves, figures, pictures from the same seeds."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.plugins import available
from desk.job import compare_curves, compare_differences, compare_figures, compare_pictures
from desk.job.compare_differences import family_title
from desk.job.compare_runs import FEWEST, MOST, Run, named, offered, query, refusals
from desk.job.page import of_letters
from desk.model.figure_names import figure_name
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.words.sentences import sentence
from jobs.models import Job
from models_store.errors import InvalidInput
from models_store.ids import new_id

PLACE = "admin:jobs_job_compare"


def routes(admin: ReadOnlyAdmin) -> list[Route]:
    """The page, its table as a file, and what it asks for."""
    return [
        ("compare/", "compare", partial(compare_view, admin)),
        ("compare/figures.csv", "compare_csv", partial(csv_view, admin)),
        ("compare/generate/", "compare_generate", partial(generate_view, admin)),
        ("compare/sheets/", "compare_sheets", partial(sheets_view, admin)),
    ]


@answered
def compare_view(self: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """`?job=` for each training, `?made=` for each job that made pictures of their models, `?q=` to find more."""
    return _page(self, request, named(self.get_queryset(request), request.GET.getlist("job")))


def _page(self: ReadOnlyAdmin, request: HttpRequest, runs: list[Run], **more: Any) -> HttpResponseBase:
    rows, words = self.get_queryset(request), request.GET.get("q", "").replace("\0", "").strip()[:100]
    said = refusals(runs)
    context = {
        "title": _("Compare trainings"),
        "runs": runs,
        "refusals": said,
        "offered": _named_families(offered(rows, runs, words)) if len(runs) < MOST else [],
        "most": MOST,
        "left": max(0, MOST - len(runs)),
        "words": words,
        "made": request.GET.getlist("made"),
    }
    if len(runs) >= FEWEST and not said:
        context |= _comparison(self, request, runs)
    status = 422 if said or "seed_error" in more else 200
    return self.page(request, "pages/job/compare.html", status=status, **context | more)


def _named_families(jobs: list[Job]) -> list[tuple[Job, str]]:
    families = {row.name: row for row in available("family")} if jobs else {}
    return [(job, family_title(job.family, families)) for job in jobs]


def _comparison(self: ReadOnlyAdmin, request: HttpRequest, runs: list[Run]) -> dict[str, Any]:
    curves, ids = compare_curves.overlaid(runs), [run.job.pk for run in runs]
    asked, given = compare_differences.asked_for(runs), compare_differences.inputs(runs)
    grids, able = compare_pictures.grids(runs), compare_pictures.able(runs, request.user)  # type: ignore[arg-type]
    return {
        "query": query(ids),
        "differ": [row for row in asked if row.differs],
        "equal": [row for row in asked if not row.differs],
        "inputs": given,
        "same_inputs": not any(row.differs for row in given),
        "parts": compare_figures.table(runs, curves),
        "charts": _charts(curves),
        "told": {
            "curves": [one["lines"] for one in curves],
            "runs": [{"label": run.label, "dash": run.dash} for run in runs],
            "grids": {"steps": grids["steps"], "runs": [one["grids"] for one in grids["runs"]]},
        },
        "grids": grids,
        "letters": of_letters(runs[0].job),
        "able": able,
        "unable": [run for run in runs if run not in able],
        "seed": grids["seed"] or compare_pictures.SEED,
        "count": compare_pictures.COUNT,
        "key": new_id(),
        **_sheets(self, request),
    }


def _charts(curves: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The charts under their headings: how good the models were, their losses."""
    drawn = [
        {"id": f"curve-{at}", "title": figure_name(one["name"]), "way": one["quality"]} for at, one in enumerate(curves)
    ]
    good, losses = ([one for one in drawn if (one["way"] is None) is loss] for loss in (False, True))
    return [(title, some) for title, some in ((_("How good they were"), good), (_("Losses"), losses)) if some]


def _sheets(self: ReadOnlyAdmin, request: HttpRequest) -> dict[str, Any]:
    made = request.GET.getlist("made")
    found = compare_pictures.sheets(self.get_queryset(request), made, request.user) if made else []  # type: ignore[arg-type]
    address = f"{reverse('admin:jobs_job_compare_sheets')}?{query([], made=made)}"
    return {"sheets": found, "sheets_open": any(not one["job"].ended for one in found), "sheets_address": address}


@answered
def sheets_view(self: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The part of the page that waits for pictures; htmx asks for it until all have ended."""
    return self.page(request, "pages/job/compare_sheets.html", **_sheets(self, request))


@answered
def csv_view(self: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """The table of figures as a file."""
    runs = named(self.get_queryset(request), request.GET.getlist("job"))
    if len(runs) < FEWEST or refusals(runs):
        return redirect(f"{reverse(PLACE)}?{query([run.job.pk for run in runs])}")
    text = compare_figures.as_csv(runs, compare_figures.table(runs, compare_curves.overlaid(runs)))
    answer = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")  # without the mark Excel guesses
    answer["Content-Disposition"] = 'attachment; filename="comparison.csv"'
    return answer


@answered
def generate_view(self: ReadOnlyAdmin, request: HttpRequest) -> HttpResponseBase:
    """Pictures of every model from one seed, as jobs; back to the comparison, which waits for them."""
    said = request.POST if request.method == "POST" else request.GET
    runs = named(self.get_queryset(request), said.getlist("job"))
    ids = [run.job.pk for run in runs]
    if request.method != "POST" or len(runs) < FEWEST or refusals(runs):
        return redirect(f"{reverse(PLACE)}?{query(ids)}")
    seed = request.POST.get("seed", "").strip()
    try:
        key = request.POST.get("key", "").replace("\0", "")[:40]
        made = compare_pictures.generate(runs, seed, actor=request.user, key=key)  # type: ignore[arg-type]
    except InvalidInput as error:
        if error.field != "seed":
            raise
        return _page(self, request, runs, seed=seed, seed_error=sentence(error))
    words = ngettext("%(count)s job was submitted.", "%(count)s jobs were submitted.", len(made))
    messages.success(request, words % {"count": len(made)})
    return redirect(f"{reverse(PLACE)}?{query(ids, made=[str(job.pk) for job in made])}#made")
