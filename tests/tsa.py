"""A time stamp authority of the test run: `openssl ts` with its own root, behind a small server on the loopback."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

OPENSSL = shutil.which("openssl")
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
CONFIGURATION = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/leaf.pem
signer_key = {folder}/leaf.key
signer_digest = sha256
{more}
default_policy = 1.2.3.4
digests = sha256, sha512
ess_cert_id_chain = no
tsa_name = no
ordering = no
"""


class Authority:
    """Root, leaf and configuration in a folder; `chain`: its stamps carry the root too."""

    def __init__(self, folder: Path, *, name: str = "stamps", chain: bool = False) -> None:
        folder.mkdir(parents=True)
        self.folder, self.file = folder, folder / "tsa.cnf"
        (folder / "serial").write_text("01")
        self.file.write_text(CONFIGURATION.format(folder=folder, more=f"certs = {folder}/root.pem" if chain else ""))
        root, leaf = folder / "root", folder / "leaf"
        new = ["req", "-config", str(self.file), *CURVE]
        self._run(*new, "-x509", "-days", "30", "-extensions", "ca", "-subj", f"/O={name}/CN=root", *_out(root, "pem"))
        self._run(*new, "-subj", f"/O={name}/CN=tsa", *_out(leaf, "csr"))
        signed = ["-CA", f"{root}.pem", "-CAkey", f"{root}.key", "-extfile", str(self.file), "-extensions", "leaf"]
        self._run(
            "x509", "-req", "-in", f"{leaf}.csr", "-set_serial", "7", "-days", "20", *signed, "-out", f"{leaf}.pem"
        )

    @property
    def root_pem(self) -> str:
        """Its root certificate."""
        return (self.folder / "root.pem").read_text()

    def reply(self, query: bytes) -> bytes:
        """A TimeStampResp, DER."""
        asked, told = self.folder / "query", self.folder / "reply"
        asked.write_bytes(query)
        self._run("ts", "-reply", "-config", str(self.file), "-queryfile", str(asked), "-out", str(told))
        return told.read_bytes()

    def accepts(self, token: bytes, sha256: str) -> bool:
        """Whether `openssl ts -verify` takes a token for a digest."""
        (self.folder / "token").write_bytes(token)
        said = ["-in", str(self.folder / "token"), "-token_in", "-digest", sha256, "-CAfile", f"{self.folder}/root.pem"]
        return subprocess.run([str(OPENSSL), "ts", "-verify", *said], capture_output=True, check=False).returncode == 0

    def _run(self, *words: str) -> None:
        subprocess.run([str(OPENSSL), *words], check=True, capture_output=True)


def _out(place: Path, suffix: str) -> list[str]:
    return ["-keyout", f"{place}.key", "-out", f"{place}.{suffix}"]


@contextmanager
def served(answer: Callable[[bytes], tuple[int, dict[str, str], bytes]]) -> Iterator[tuple[str, list[bytes]]]:
    """A server whose answer to a posted body is (status, headers, body); its URL, and what was posted."""
    heard: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, headers, body = answer(heard[-1])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", heard
        finally:
            server.shutdown()
            thread.join()
