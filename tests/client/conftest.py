"""Released pictures and the trust bundle, as in tests/evidence; a real web process, and clients of it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from kilnmark import AsyncClient, Client, Retries

from accounts.models import User
from accounts.services import issue_token
from tests.client.stub import Stub
from tests.evidence.conftest import pictures, trust, unpacked
from tests.served import Web, WebProcess

__all__ = ["pictures", "trust", "unpacked"]
QUICK = Retries(first_s=0.02, most_s=0.1)


@pytest.fixture(autouse=True)
def _nobody_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings nor the login of whoever runs the tests."""
    for name in ("KILNMARK_URL", "KILNMARK_TOKEN", "KILNMARK_PROFILE", "KILNMARK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def web(transactional_db: None) -> Iterator[Web]:
    """The web process."""
    served = Web()
    yield served
    served.stop()


@pytest.fixture
def process(transactional_db: None) -> Iterator[WebProcess]:
    """A web process that can be killed; it is not started yet."""
    made = WebProcess()
    yield made
    made.close()


@pytest.fixture
def client_of(web: Web) -> Iterator[Callable[..., Client]]:
    """`client_of(user, **more)`: a client with a fresh token."""
    made: list[Client] = []

    def make(user: User, *, url: str = web.url, **more: Any) -> Client:
        made.append(Client(url, issue_token(user)[1], **({"retries": QUICK} | more)))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def async_client_of(web: Web) -> Callable[..., AsyncClient]:
    """The same for an event loop; use it with `async with`."""

    def make(user: User, *, url: str = web.url, **more: Any) -> AsyncClient:
        return AsyncClient(url, issue_token(user)[1], **({"retries": QUICK} | more))

    return make


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server that does what the test says."""
    served = Stub()
    yield served
    served.close()


@pytest.fixture
def stub_tls(tmp_path: Path) -> Iterator[Stub]:
    """One whose certificate nobody has reason to believe."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    place = tmp_path / "tls.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    place.write_bytes(secret + certificate.sign(key, SHA256()).public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place)
    served = Stub(context)
    yield served
    served.close()
