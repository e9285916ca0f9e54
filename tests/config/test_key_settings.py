"""Where the signing key lies and who stamps: a wrong word stops the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.mark.parametrize(
    "said", ["file", "pkcs11:token=a;object=b?module-path=/x&pin-source=file:/y", "our.kms:connect"]
)
def test_three_kinds_of_signer_are_known(said: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIGNER", said)
    assert env.signer("SIGNER") == said


@pytest.mark.parametrize("said", ["kms", ":connect", "our.kms:", "our.kms:not a name", "/etc/key.pem"])
def test_any_other_signer_is_refused(said: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIGNER", said)
    with pytest.raises(ImproperlyConfigured, match="SIGNER"):
        env.signer("SIGNER")


def test_the_keyring_signs_and_nothing_is_stamped_where_nothing_is_said():
    assert (env.signer("SIGNER"), env.time_stamps("TSA", "TSA_ROOT")) == ("file", ("", None))


def test_an_authority_and_its_root_come_together(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    root = tmp_path / "root.pem"
    root.write_text("a certificate")
    monkeypatch.setenv("TSA", "https://tsa.example/")
    for value in ("", str(tmp_path / "nothing"), str(tmp_path)):
        monkeypatch.setenv("TSA_ROOT", value)
        with pytest.raises(ImproperlyConfigured, match="TSA_ROOT"):
            env.time_stamps("TSA", "TSA_ROOT")
    monkeypatch.setenv("TSA_ROOT", str(root))
    assert env.time_stamps("TSA", "TSA_ROOT") == ("https://tsa.example/", root)


@pytest.mark.parametrize("said", ["file:///etc/passwd", "ftp://tsa/", "gopher://tsa/", "tsa.example"])
def test_only_http_is_spoken_with_an_authority(said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "root.pem").write_text("a certificate")
    monkeypatch.setenv("TSA", said)
    monkeypatch.setenv("TSA_ROOT", str(tmp_path / "root.pem"))
    with pytest.raises(ImproperlyConfigured, match="expected http"):
        env.time_stamps("TSA", "TSA_ROOT")
