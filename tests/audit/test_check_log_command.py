"""`manage.py check_log` says whether the log fits itself."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from tests import builders

pytestmark = pytest.mark.django_db


def test_a_whole_log_is_counted(project, submitter, capsys):
    builders.generated(project, submitter)
    call_command("check_log")
    assert "signed heads fit" in capsys.readouterr().out


def test_a_changed_leaf_ends_with_an_error_that_names_it(project, submitter):
    builders.generated(project, submitter)
    event = AuditEvent.objects.exclude(index=None).first()
    AuditEvent.objects.filter(pk=event.pk).update(leaf=bytes(event.leaf).replace(b"job", b"jab"))
    with pytest.raises(CommandError):
        call_command("check_log")
