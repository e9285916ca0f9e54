"""`kilnmark`, or `python -m kilnmark`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kilnmark.commands import audit, download, jobs, models, says
from kilnmark.commands.exits import Exit, code_of
from kilnmark.commands.generate import generate
from kilnmark.commands.login import login, logout
from kilnmark.commands.submit import submit
from kilnmark.commands.train import train
from kilnmark.commands.up import up
from kilnmark.commands.verify import verify
from kilnmark.commands.watch import watch
from kilnmark.errors import KilnmarkError


class Spoken(typer.core.TyperGroup):
    """Ends every error as one sentence on standard error, and an exit code that says of which kind it was."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (KilnmarkError, OSError) as error:
            says.fault(str(error) or type(error).__name__)
            raise typer.Exit(code_of(error)) from None
        except KeyboardInterrupt:
            says.aside("interrupted")
            raise typer.Exit(Exit.INTERRUPTED) from None


app = typer.Typer(cls=Spoken, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
for command in (login, logout, up, train, generate, submit, watch):
    app.command()(command)
app.add_typer(jobs.app, name="jobs")
app.add_typer(models.app, name="models")
app.command()(models.approve)
app.add_typer(download.app, name="download")
app.command()(verify)
app.add_typer(audit.app, name="audit")


def _version(asked: bool) -> None:
    if asked:
        from kilnmark import __version__

        typer.echo(f"kilnmark {__version__}")
        raise typer.Exit


@app.callback()
def kilnmark(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """For people who use, or were handed files from, a Kilnmark platform."""


def main() -> None:
    """Run the command that the arguments name."""
    app(prog_name="kilnmark")


if __name__ == "__main__":
    main()
