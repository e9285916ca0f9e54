"""Makes the home ready, in the environment: secrets, keys, database, static files, first user, catalogue.

`python -m deploy.preparation [STARTED_AT]`; what is done is not done again.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.errors import CannotStart
from deploy.home import ROOT, Home, write_private
from deploy.progress import Progress
from models_store.errors import ProductError

SOURCES = ("requirements-web.lock", "platform")


def source_files(root: Path) -> Iterator[Path]:
    """Every file whose change may ask for new static files, in a stable order."""
    for name in SOURCES:
        top = root / name
        found = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())
        yield from (path for path in found if "__pycache__" not in path.parts)


def digest(root: Path, home: Home) -> str:
    """SHA-256 over the sources and the home they are prepared for."""
    said = hashlib.sha256(str(home.path).encode())
    for path in source_files(root):
        said.update(f"\n{path.relative_to(root)} ".encode())
        said.update(hashlib.sha256(path.read_bytes()).digest())
    return said.hexdigest()


def migrate(progress: Progress) -> None:
    """Bring the database to the present schema."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        progress.say("preparing the database")
        call_command("migrate", interactive=False, verbosity=0)


def prepare(home: Home, progress: Progress) -> None:
    """Everything between an installed environment and a start."""
    home.make()
    home.make_secret_key()
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ["KILNMARK_HOME"] = str(home.path)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    from catalog.store import blobs

    blobs()  # a STORE_URL that names no store stops here, not at the first upload
    migrate(progress)
    stamp, now = home.run / "prepared", digest(ROOT, home)
    if not stamp.exists() or stamp.read_text() != now:
        progress.say("collecting static files, making keys, first user and the catalogue of plug-ins")
        call_command("collectstatic", interactive=False, verbosity=0)
    call_command("bootstrap")  # leaves alone what is there
    write_private(stamp, now)


def main(arguments: list[str]) -> int:
    """Prepare; what is wrong with settings, database or disk is one sentence and exit code 1."""
    os.umask(0o077)
    progress = Progress(float(arguments[0]) if arguments else None)
    try:
        prepare(Home.from_environment(os.environ), progress)
    except ProductError as stop:
        print(stop.detail, file=sys.stderr)
        return 1
    except OSError as stop:
        print(f"Set-up stopped: {stop.strerror or stop} ({stop.filename or 'no file named'}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Set-up was interrupted; the next run goes on from here.", file=sys.stderr)
        return 130
    except Exception as stop:
        if sentence := explained(stop):
            print(sentence, file=sys.stderr)
            return 1
        raise
    progress.say("set-up is complete")
    return 0


def explained(stop: Exception) -> str:
    """The sentence for what Django refuses: a wrong setting, a database that does not answer, a command's own word."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError
    from django.db import DatabaseError

    if isinstance(stop, ImproperlyConfigured | CommandError):
        return str(stop)
    if isinstance(stop, DatabaseError):
        first = str(stop).strip().splitlines()[0] if str(stop).strip() else type(stop).__name__
        return str(CannotStart(f"The database cannot be used ({first}): check DATABASE_URL and that it runs."))
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
