"""Set-up on a machine that lacks something: one sentence, a way out, no traceback."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from deploy import pip
from deploy.bootstrap import too_old
from deploy.environment import check_machine, digest, read_stamp, remember
from deploy.errors import DiskTooSmall, NoPermission, PackagesMissing
from deploy.home import ROOT, Home
from deploy.progress import Progress

LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


def test_an_old_python_is_named_with_a_way_out() -> None:
    assert "needs Python 3.11 or newer, and /usr/bin/python3 is 3.9.2" in too_old((3, 9, 2), "/usr/bin/python3")


def test_a_new_python_is_taken() -> None:
    assert too_old((3, 11, 0), sys.executable) == ""


def test_the_first_file_parses_on_an_old_python() -> None:
    tree = ast.parse((ROOT / "deploy" / "bootstrap.py").read_text(), feature_version=(3, 5))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign)]


def test_a_small_disk_is_refused_with_both_figures(tmp_path: Path) -> None:
    with pytest.raises(DiskTooSmall, match=r"needs \d+ GB of free disk and .* has"):
        check_machine(tmp_path, needed_bytes=10**18)


def test_an_index_out_of_reach_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    wanted = ["--target", str(tmp_path / "into"), "some-package-of-the-lock==1"]
    with pytest.raises(PackagesMissing, match="index cannot be reached: check the network"):
        pip.install(Path(sys.executable), wanted, log=tmp_path / "log", progress=Progress())


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("OSError: [Errno 28] No space left on device", DiskTooSmall),
        ("ERROR: Could not install packages: [Errno 13] Permission denied: 'x'", NoPermission),
        ("ERROR: No matching distribution found for torch==2.13.0", PackagesMissing),
    ],
)
def test_what_pip_says_becomes_a_sentence(said: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        raise pip.failure(said, Path("install.log"))


def test_a_changed_lock_file_asks_for_a_new_installation(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    lock.write_text("one==1\n")
    before = digest(tmp_path, ["a.lock"])
    lock.write_text("one==2\n")
    assert digest(tmp_path, ["a.lock"]) != before


def test_an_installation_that_did_not_end_is_not_vouched_for(tmp_path: Path) -> None:
    assert read_stamp(tmp_path) == {}


def test_the_stamp_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    written = remember(tmp_path, {"runtime": "digest"})
    assert read_stamp(tmp_path) == written


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_names_one_exact_version(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r "))]
    assert all(line.count("==") == 1 and "+" not in line and ";" not in line for line in lines)


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(NoPermission, match="set KILNMARK_HOME"):
        Home(tmp_path / "file").make()


def test_what_set_up_writes_is_closed_to_others(home: Home) -> None:
    home.make_secret_key()
    modes = [path.stat().st_mode & 0o777 for path in (home.path, home.path / "secret-key")]
    assert modes == [0o700, 0o600]


def test_a_secret_key_is_made_once(home: Home) -> None:
    home.make_secret_key()
    first = (home.path / "secret-key").read_text()
    home.make_secret_key()
    assert (home.path / "secret-key").read_text() == first
