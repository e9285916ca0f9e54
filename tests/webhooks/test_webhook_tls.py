"""TLS to a pinned address: the certificate is that of the name, and the name is what the server is asked for."""

from __future__ import annotations

import datetime
import socket
import ssl
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.webhooks.conftest import posted
from tests.webhooks.receivers import LOOPBACK, Receiver, answering
from webhooks import connection
from webhooks.connection import Checked
from webhooks.post import Outcome, Parcel
from webhooks.secret import fresh


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and a certificate for hooks.example that only itself vouches for."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    day = datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("papers") / "both.pem"
    file.write_bytes(key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def secured(papers: Path, receiver: Callable[..., Receiver]) -> tuple[Receiver, list[str | None]]:
    """A server behind TLS, and the names that it was asked for."""
    context, asked = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), []
    context.load_cert_chain(papers)
    context.sni_callback = lambda _link, name, _context: asked.append(name)
    there = receiver()
    plain = there._talk

    def talk(link: socket.socket) -> None:
        link.settimeout(10)
        try:
            with context.wrap_socket(link, server_side=True) as safe:
                plain(safe)
        except OSError:
            link.close()

    there._talk = talk  # type: ignore[method-assign]
    there.manners = answering(204)
    return there, asked


def _sent(host: str, port: int) -> Outcome:
    url = f"https://{host}:{port}/hook"
    parcel = Parcel(uuid.uuid4(), uuid.uuid4(), "msg_1", url, b"{}", (fresh(),))
    return posted([parcel], backend=Checked(LOOPBACK, lambda name, number: ["127.0.0.1"]))[0]


@pytest.fixture
def _vouched(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "trusting", lambda: ssl.create_default_context(cafile=str(papers)))


@pytest.mark.usefixtures("_vouched")
def test_the_certificate_is_checked_against_the_name_that_stands_in_the_url(
    secured: tuple[Receiver, list[str | None]],
) -> None:
    there, asked = secured
    assert _sent("hooks.example", there.port).status == 204
    assert asked == ["hooks.example"]


@pytest.mark.usefixtures("_vouched")
def test_a_certificate_of_another_name_is_refused(secured: tuple[Receiver, list[str | None]]) -> None:
    there, _asked = secured
    assert _sent("other.example", there.port).fault == "certificate"
    assert there.got == []


def test_a_certificate_that_nobody_vouches_for_is_refused(secured: tuple[Receiver, list[str | None]]) -> None:
    there, _asked = secured
    assert _sent("hooks.example", there.port).fault == "certificate"
    assert there.got == []
