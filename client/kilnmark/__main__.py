"""`kilnmark`, or `python -m kilnmark`."""

from __future__ import annotations

import typer

from kilnmark.verify import verify

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(verify)


@app.callback()
def kilnmark() -> None:
    """For people who use, or were handed files from, a Kilnmark platform."""


def main() -> None:
    """Run the command that the arguments name."""
    app(prog_name="kilnmark")


if __name__ == "__main__":
    main()
