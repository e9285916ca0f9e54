"""`kilnmark login` and `kilnmark logout`: a token for this machine, kept in a file of mode 600."""

from __future__ import annotations

import getpass
import platform
import sys
import warnings
from typing import TYPE_CHECKING, Annotated

import typer

from kilnmark.address import Address, TokenInClear
from kilnmark.commands import says
from kilnmark.commands.options import Json, Profile
from kilnmark.errors import KilnmarkError, Misused
from kilnmark.profiles import Profile as Login
from kilnmark.profiles import config_path, profile_name, read_profile, remove_profile, write_profile

if TYPE_CHECKING:
    from kilnmark import Client

FIRST_GUESS = "http://127.0.0.1:8000"


def login(
    url: Annotated[str | None, typer.Argument(help="Address of the platform; it is asked for without one.")] = None,
    user: Annotated[str | None, typer.Option(help="User name; it is asked for without one.")] = None,
    token: Annotated[bool, typer.Option("--token", help="Take a token that you have, from standard input.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Take the password from standard input.")
    ] = False,
    scopes: Annotated[
        str | None, typer.Option(help="What the new token may do: read,submit,review,admin. Else all that you may.")
    ] = None,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Log in: asks for address, user and password, and keeps a token. The password is sent once and kept nowhere."""
    name = profile_name(profile)
    before = read_profile(name)
    where = Address.of(url or _asked("Address", before.url if before else FIRST_GUESS, "URL"))
    address = where.base
    if where.in_clear:  # said before anything is asked for, let alone sent
        says.fault(f"What you type goes to {where.origin[1]} unencrypted. Use https://.", kind="warning")
    if token:
        secret = _from_stdin("Token")
    else:
        person = user or _asked("User", getpass.getuser(), "--user")
        password = _from_stdin("Password") if password_stdin or not sys.stdin.isatty() else _hidden("Password")
        secret = fresh_token(address, person, password, scopes.split(",") if scopes else None)
    with client_for(address, secret) as client:
        projects = [{"name": one.name, "role": one.role} for one in client.projects.list()]
    place = write_profile(Login(address, secret), name)
    if as_json:
        says.document({"url": address, "profile": name, "config": str(place), "projects": projects})
        return
    mine = ", ".join(f"{one['name']} ({one['role']})" for one in projects) or "none yet: ask an owner to add you to one"
    says.say(f"Logged in at {address}. Your projects: {mine}.")
    says.aside(f"The token is in {place}, readable by you alone. kilnmark logout takes it back.")


def fresh_token(address: str, person: str, password: str, scopes: list[str] | None) -> str:
    """Ask for a token with user name and password, which that one path takes."""
    name = f"kilnmark on {platform.node() or 'this machine'}"[:100]
    with client_for(address, "") as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", TokenInClear)
        return client.tokens.create(name, scopes=scopes, username=person, password=password).token


def client_for(address: str, token: str) -> Client:
    """A client for exactly that address and token."""
    from kilnmark.client import Client

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TokenInClear)  # it was said
        return Client(address, token)


def logout(
    keep: Annotated[bool, typer.Option("--keep", help="Forget it here, but leave the token valid.")] = False,
    as_json: Json = False,
    profile: Profile = None,
) -> None:
    """Take back the token of this machine, and forget it."""
    name = profile_name(profile)
    found = read_profile(name)
    if found is None:
        raise Misused(f"There is no login {name!r} in {config_path()}.")
    revoked = False
    if not keep and found.token:
        try:
            with client_for(found.url, found.token) as client:
                revoked = _revoked(client, found.token)
        except KilnmarkError as error:
            says.fault(f"The token could not be taken back: {error}")
    remove_profile(name)
    if as_json:
        says.document({"profile": name, "url": found.url, "revoked": revoked})
    else:
        says.say(
            f"Logged out of {found.url}." + ("" if revoked else " The token itself is still valid until it expires.")
        )


def _revoked(client: Client, token: str) -> bool:
    """Revoke the token that is used, found by its first letters."""
    mine = [one for one in client.tokens.list() if token.startswith(one.hint) and one.revoked_at is None]
    if len(mine) != 1:
        return False
    client.tokens.revoke(mine[0].id)
    return True


def _asked(what: str, default: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter("is needed where there is nobody to ask.", param_hint=option)
    return str(typer.prompt(what, default=default, err=True))


def _hidden(what: str) -> str:
    return str(typer.prompt(what, hide_input=True, err=True))


def _from_stdin(what: str) -> str:
    """The first line, hidden where a person types it."""
    said = _hidden(what) if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not said:
        raise typer.BadParameter(f"Nothing came on standard input where the {what.lower()} was expected.")
    return said
