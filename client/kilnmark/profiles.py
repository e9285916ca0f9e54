"""Whom to talk to: what is given, the environment, else what `kilnmark login` wrote to config.toml (mode 600)."""

from __future__ import annotations

import configparser
import json
import os
import re
import secrets
import stat
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from kilnmark.address import Address
from kilnmark.errors import Misused

NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
HOW = "run `kilnmark login`, set KILNMARK_URL, or in Python give url="


class OpenToOthers(UserWarning):
    """Other people of this machine can read the file with the tokens."""


@dataclass(frozen=True)
class Profile:
    """An address and the token for it."""

    url: str
    token: str = field(default="", repr=False)


def config_path() -> Path:
    """$KILNMARK_CONFIG, else $XDG_CONFIG_HOME/kilnmark/config.toml, else ~/.config/kilnmark/config.toml."""
    if said := os.environ.get("KILNMARK_CONFIG"):
        return Path(said)
    home = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(home) if home else Path.home() / ".config") / "kilnmark" / "config.toml"


def profile_name(said: str | None = None) -> str:
    """The given name, KILNMARK_PROFILE, or `default`; Misused for what is none."""
    name = said or os.environ.get("KILNMARK_PROFILE") or "default"
    if not NAME.match(name):
        raise Misused("A profile is named by letters, digits, - and _.")
    return name


def read_profiles(path: Path | None = None) -> dict[str, Profile]:
    """All that are there; Misused for a file that cannot be understood, OpenToOthers where it is not private."""
    place = path or config_path()
    says = f"{place} cannot be read: expected [profiles.default] with url and token in double quotes."
    try:
        text = place.read_text("utf-8")
        if os.name == "posix" and stat.S_IMODE(place.stat().st_mode) & 0o077:
            warnings.warn(f"{place} can be read by others: chmod 600 it.", OpenToOthers, stacklevel=2)
    except FileNotFoundError:
        return {}
    except UnicodeError:
        raise Misused(says) from None
    # The part of TOML that write_profile writes: tables, texts in double quotes, comments. Python 3.10 reads no TOML.
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",), inline_comment_prefixes=("#",))
    try:
        parser.read_string(text)
        found = {name.removeprefix("profiles."): dict(parser[name]) for name in parser.sections()}
        return {
            name: Profile(_text(said.get("url", '""')), _text(said.get("token", '""'))) for name, said in found.items()
        }
    except (configparser.Error, ValueError):
        raise Misused(says) from None


def _text(said: str) -> str:
    found = json.loads(said)
    if not isinstance(found, str):
        raise ValueError
    return found


def read_profile(name: str | None = None, path: Path | None = None) -> Profile | None:
    """One of them, None where there is none of that name."""
    return read_profiles(path).get(profile_name(name))


def write_profile(profile: Profile, name: str | None = None, path: Path | None = None) -> Path:
    """Set one and keep the others; the file is whole at every moment and its owner's alone."""
    return _write({**read_profiles(path), profile_name(name): profile}, path or config_path())


def remove_profile(name: str | None = None, path: Path | None = None) -> bool:
    """Forget one; whether there was one."""
    found = read_profiles(path)
    if found.pop(profile_name(name), None) is None:
        return False
    _write(found, path or config_path())
    return True


def _write(profiles: dict[str, Profile], place: Path) -> Path:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = ["# Written by `kilnmark login`. Whoever can read this file can act in your name."]
    for name, profile in sorted(profiles.items()):
        lines += ["", f"[profiles.{name}]", f"url = {json.dumps(profile.url)}", f"token = {json.dumps(profile.token)}"]
    aside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.replace(aside, place)
    return place


def whom(url: str | None, token: str | None, profile: str | None = None) -> Profile:
    """Address and token. A token that was kept for one platform is never sent to another one; raises Misused."""
    if url is not None and token is not None:
        return Profile(url, token)
    kept: list[Profile] = []
    if profile is None and (said := os.environ.get("KILNMARK_URL")):
        kept.append(Profile(said, os.environ.get("KILNMARK_TOKEN", "")))
    elif profile is None and url is not None and (lone := os.environ.get("KILNMARK_TOKEN")):
        kept.append(Profile(url, lone))
    if not kept or not kept[0].token:
        found = read_profile(profile)
        if profile is not None and found is None:
            raise Misused(f"There is no profile {profile!r}: {HOW}.")
        kept += [found] if found else []
    if url is None and not kept:
        raise Misused(f"No platform is named: {HOW}.")
    address = url or kept[0].url
    if token is None:
        same = (one.token for one in kept if one.token and Address.of(one.url) == Address.of(address))
        token = next(same, "")
    return Profile(address, token)
