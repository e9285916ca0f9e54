"""Two versions of a data set side by side: what differs is marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import Dataset, DatasetVersion
from catalog.plugins import newest
from desk.data.problems import problem_title
from desk.data.profile import numbers
from desk.job.parameter_fields import in_words, parameter_title
from desk.templatetags.moments import written

NONE = "—"
LOOKED_AT = 100  # versions
Row = dict[str, Any]  # label, before, after, change (a signed number in words), differs


def chosen(dataset: Dataset, said: Mapping[str, str]) -> tuple[DatasetVersion, DatasetVersion] | None:
    """The two versions that `from` and `to` name by number; else the newest and the one before it, older first."""
    newest_first = dataset.versions.select_related("created_by", "dataset").order_by("-number")[:LOOKED_AT]
    rows = {str(row.number): row for row in newest_first}
    asked = [rows.get(said.get(name, "")) for name in ("from", "to")]
    if asked[0] and asked[1]:
        return asked[0], asked[1]
    last = list(rows.values())[:2]
    return (last[1], last[0]) if len(last) == 2 else None


def changes_page(before: DatasetVersion, after: DatasetVersion) -> list[dict[str, Any]]:
    """Groups of rows: how it came, what is in it, classes, formats, problems."""
    groups = [
        (_("How it came"), _how(before, after)),
        (_("What is in it"), _numbers(dict(numbers(before)), dict(numbers(after)))),
        (_("Classes"), _numbers(_classes(before), _classes(after))),
        (_("Formats"), _numbers(_part(before, "formats"), _part(after, "formats"))),
        (_("Encodings of the files"), _numbers(_part(before, "encodings"), _part(after, "encodings"))),
        (_("Problems"), _numbers(_problems(before), _problems(after))),
    ]
    return [
        {"title": title, "rows": rows, "differs": sum(row["differs"] for row in rows)} for title, rows in groups if rows
    ]


def _how(before: DatasetVersion, after: DatasetVersion) -> list[Row]:
    rows = [
        (_("State"), before.get_state_display(), after.get_state_display()),
        (_("Brought by"), before.created_by.username, after.created_by.username),
        (_("Brought"), written(before.created_at), written(after.created_at)),
        (_("Content address"), before.sha256[:12] or NONE, after.sha256[:12] or NONE),
    ]
    known = newest("modality", after.dataset.modality)
    schema = known.schema if known else {}
    for name in sorted({*before.options, *after.options}):
        label = _("Built-in set") if name == "builtin" else parameter_title(schema, name)
        said = [_option(schema, name, version.options) for version in (before, after)]
        rows.append((label, said[0], said[1]))
    quiet = (_("Brought"), _("Brought by"))  # always different, and no change of the data
    return [_row(label, one, two) | ({"differs": False} if label in quiet else {}) for label, one, two in rows]


def _option(schema: Mapping[str, Any], name: str, options: Mapping[str, Any]) -> str:
    return in_words(schema, name, options[name]) if name in options else NONE


def _row(label: str, before: str, after: str) -> Row:
    return {"label": label, "before": before, "after": after, "change": "", "differs": before != after}


def _numbers(before: Mapping[str, int | None], after: Mapping[str, int | None]) -> list[Row]:
    rows = []
    for label in _order(before, after):
        one, two = before.get(label), after.get(label)
        if one is None and two is None:
            continue
        row = _row(label, NONE if one is None else f"{one:,}", NONE if two is None else f"{two:,}")
        if one is not None and two is not None and one != two:
            row["change"] = f"{two - one:+,}"
        rows.append(row)
    return rows


def _order(before: Iterable[str], after: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*before, *after]))


def _classes(version: DatasetVersion) -> dict[str, int | None]:
    return {str(row["name"]): row["train"] + row["holdout"] for row in version.profile.get("classes", [])}


def _part(version: DatasetVersion, name: str) -> dict[str, int | None]:
    return dict(sorted(version.profile.get(name, {}).items()))


def _problems(version: DatasetVersion) -> dict[str, int | None]:
    return {problem_title(code): count for code, count in sorted(version.profile.get("problems", {}).items())}
