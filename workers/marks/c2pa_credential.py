"""The signed credential of a file (C2PA 2.4): who made it, by which job and model, and that no byte changed since.

It lies inside a file whose type has room for it (EMBEDS), and beside any other, as `NAME.c2pa`: the bytes of such a
file are then left as they are, and all of them are hashed.

Everything here works offline: no thumbnail, no remote manifest, no OCSP, no time stamp authority. Settings live in a
Context of their own and never in the library's globals. **Only the state `Trusted` counts**: `Valid` says that the
file agrees with its own credential, which anybody's certificate of any name can bring about. Even `Trusted` covers
pixels and claims, not every byte: the credential's own padding (10 kB, a fixed size of the library's callback signer)
lies outside every hash, so a file whose padding was rewritten has another sha256 and is still Trusted.
"""

from __future__ import annotations

import io
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, Any

import c2pa

from workers.marks.aigc_xmp import AIGC, IPTC, TRAINED, aigc
from workers.marks.c2pa_origin import (
    CLAIMED,
    LONGEST_CLAIM,
    LONGEST_RIGHT,
    MOST_SOURCES,
    ORIGIN,
    RAW_ES256_BYTES,
    SigningFailed,
    origin,
)  # fmt: skip

METADATA = "cawg.metadata"
EMBEDS = {
    "image/png", "image/jpeg", "image/webp", "image/gif", "image/tiff", "image/avif", "audio/wav", "audio/mpeg",
}  # fmt: skip
PLAIN = "application/octet-stream"  # how the library is told of a type that embeds nothing: it hashes every byte
LARGEST_READ_BYTES = 64 * 2**20
LARGEST_SIDECAR_BYTES = 2**20
OFFLINE: dict[str, Any] = {
    "version": 1,
    "core": {
        "allowed_network_hosts": [],
        "decode_identity_assertions": False,
        "max_decompressed_manifest_size_in_mb": 8,
    },
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
    "builder": {"thumbnail": {"enabled": False}},
}


@dataclass(frozen=True)
class Signed:
    """A file with its credential, and the credential's own label (a URN).

    `sidecar` is the credential where it lies beside the file, whose bytes are then as they were; else it is empty.
    """

    data: bytes
    manifest: str
    sidecar: bytes = b""


@dataclass
class Credentials:
    """Signs files with one certificate chain; the library's context and signer are made once, for all threads.

    `sign` takes the bytes of a claim and returns the raw ES256 signature (r || s, 64 bytes); several threads may ask
    at once. The first file is read back, so that a key that does not belong to the certificate is noticed at once and
    not by an auditor.
    """

    certificates_pem: str
    sign: Callable[[bytes], bytes]
    _context: c2pa.Context = field(init=False, repr=False)
    _mine: threading.local = field(default_factory=threading.local, init=False, repr=False)  # of the thread that signs
    _checked: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        try:
            signer = c2pa.Signer.from_callback(self._call, c2pa.C2paSigningAlg.ES256, self.certificates_pem)
            self._context = c2pa.Context.from_dict(OFFLINE, signer=signer)
        except c2pa.C2paError as error:
            raise SigningFailed(f"The certificate chain cannot be used: {error}", field="certificates_pem") from error

    def attach(
        self, data: bytes, media_type: str, release: Mapping[str, Any], index: int, watermark: str | None
    ) -> Signed:
        """The file with a credential for artifact `index`, which names its watermark's scheme; raises SigningFailed."""
        out, inside = io.BytesIO(), media_type in EMBEDS
        said = definition(release, index, media_type, watermark)
        manifest, credential = self.seal(said, media_type if inside else PLAIN, io.BytesIO(data), out, inside=inside)
        signed = Signed(out.getvalue(), manifest) if inside else Signed(data, manifest, credential)
        if not self._checked:
            self._read_back(signed, media_type)
        return signed

    def seal(
        self, said: Mapping[str, Any], media_type: str, source: IO[bytes], out: IO[bytes], *, inside: bool = True
    ) -> tuple[str, bytes]:
        """Sign `said` over what `source` holds; the credential's label and bytes. Raises SigningFailed.

        `out` gets the file with the credential inside; with `inside` false the credential is only returned.
        """
        manifest = f"urn:c2pa:{uuid.uuid4()}"
        self._mine.failure = None
        try:
            with c2pa.Builder({**said, "label": manifest}, context=self._context) as builder:
                if not inside:
                    builder.set_no_embed()
                return manifest, builder.sign(media_type, source, out)
        except c2pa.C2paError as error:
            why = self._mine.failure or error
            raise SigningFailed(f"The file was not signed: {why}") from why

    def _call(self, claim: bytes) -> bytes:
        try:
            signature = self.sign(claim)
            if len(signature) != RAW_ES256_BYTES:
                raise SigningFailed(
                    "The signer's answer is no ES256 signature.", expected=RAW_ES256_BYTES, got=len(signature)
                )
            return signature
        except Exception as error:
            self._mine.failure = error  # the library would only say that the callback failed
            return b""

    def _read_back(self, signed: Signed, media_type: str) -> None:
        found = read(signed.data, media_type, self.certificates_pem, signed.sidecar)
        if found["state"] not in ("Trusted", "Valid"):
            raise SigningFailed("The key does not belong to the certificate.", expected="Valid", got=found["failures"])
        self._checked = True


@lru_cache(maxsize=4)
def credentials(certificates_pem: str, sign: Callable[[bytes], bytes]) -> Credentials:
    """The signing side of one chain, kept while the process is warm."""
    return Credentials(certificates_pem, sign)


@lru_cache(maxsize=4)
def _trusting(root_pem: str) -> c2pa.Context:
    return c2pa.Context.from_dict({**OFFLINE, "trust": {"trust_anchors": root_pem, "verify_trust_list": True}})


def definition(release: Mapping[str, Any], index: int, media_type: str, watermark: str | None) -> dict[str, Any]:
    """What is claimed: made by a trained model, watermarked where it is, and our own assertion of its origin.

    A file that embeds nothing has its label beside it, where no signature covers it: the credential repeats it
    (metadata assertion of the Creator Assertions Working Group, version 1.1).
    """
    actions: list[dict[str, Any]] = [{"action": "c2pa.created", "digitalSourceType": TRAINED}]
    assertions: list[dict[str, Any]] = [{"label": ORIGIN, "data": origin(release) | {"index": index}}]
    if watermark:
        actions.append({"action": "c2pa.watermarked.bound"})
        block = {"scope": {}, "value": f"{release['job']}/{index}"}
        assertions.append(
            {"label": "c2pa.soft-binding", "data": {"alg": f"io.kilnmark.{watermark}.1", "blocks": [block]}}
        )
    if media_type not in EMBEDS:
        label = {"TC260:AIGC": aigc(release, index), "Iptc4xmpExt:DigitalSourceType": TRAINED}
        context = {"TC260": AIGC, "Iptc4xmpExt": IPTC}
        assertions.append({"label": METADATA, "data": {"@context": context} | label})
    return {
        "claim_generator_info": [{"name": str(release["producer"])}],
        "title": f"{release.get('model_name') or release['job']} {index}",
        "format": media_type,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}, *assertions],
    }


def read(data: bytes, media_type: str, root_pem: str, sidecar: bytes = b"") -> dict[str, Any]:
    """The credential of an untrusted file: {"state", "failures": [codes], "claims": {...}, "manifest"}.

    `state` is "Trusted" (our root issued the signer, no byte changed), "Valid" (agrees with itself, signer unknown),
    "Invalid" or "none". `claims` is our own assertion as far as it is well formed: believe it only when Trusted.
    `sidecar` is the credential that came beside the file; it is read where the type has no room for one inside.
    """
    inside = media_type in EMBEDS
    if b"jumb" not in (data if inside else sidecar):
        return _nothing("none")
    if len(data) > LARGEST_READ_BYTES or len(sidecar) > LARGEST_SIDECAR_BYTES:
        return _nothing("none")
    where = (media_type, io.BytesIO(data)) if inside else (PLAIN, io.BytesIO(data), sidecar)
    return found(opened(where, root_pem))


def opened(where: tuple[Any, ...], root_pem: str, *, whole: bool = False) -> dict[str, Any] | str:
    """What the library's reader reports of an untrusted file, or why it reports nothing: "" where there is nothing.

    `where` is what the library's Reader takes; `whole` asks for the assertions that bind bytes too.
    """
    try:
        with c2pa.Reader(*where, context=_trusting(root_pem)) as reader:
            return dict(json.loads(reader.detailed_json() if whole else reader.json()))
    except c2pa.C2paError.ManifestNotFound:
        return ""
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        return f"unreadable.{type(error).__name__.removeprefix('_C2pa').lower()}"


def found(store: dict[str, Any] | str) -> dict[str, Any]:
    """What `read` returns, of what the library reported."""
    if isinstance(store, str):
        return _nothing("Invalid", store) if store else _nothing("none")
    active = str(store.get("active_manifest") or "")
    said = store.get("manifests", {}).get(active, {})
    ours = [part.get("data") for part in said.get("assertions", []) if part.get("label") == ORIGIN]
    failed = store.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    return {
        "state": str(store.get("validation_state", "Invalid")),
        "failures": sorted({str(failure.get("code")) for failure in failed}),
        "claims": _claims(ours[0]) if len(ours) == 1 else {},
        "manifest": active[:LONGEST_CLAIM] or None,
    }


def _nothing(state: str, *failures: str) -> dict[str, Any]:
    return {"state": state, "failures": list(failures), "claims": {}, "manifest": None}


def _claims(said: Any) -> dict[str, Any]:
    """The fields of our assertion that have the type and length that we write."""
    if not isinstance(said, dict):
        return {}
    claims: dict[str, Any] = {name: said[name] for name in CLAIMED if _text(said.get(name), LONGEST_CLAIM)}
    claims |= {name: said[name] for name in ("index", "count") if type(said.get(name)) is int}
    rights = said.get("rights")
    return claims | ({"rights": whose} if isinstance(rights, dict) and (whose := _rights(rights)) else {})


def _rights(said: Mapping[str, Any]) -> dict[str, Any]:
    whose: dict[str, Any] = {name: said[name] for name in ("owner", "licence") if _text(said.get(name), LONGEST_RIGHT)}
    sources = said.get("inherited_from")
    if isinstance(sources, list) and all(_text(source, LONGEST_CLAIM) for source in sources[:MOST_SOURCES]):
        whose["inherited_from"] = sources[:MOST_SOURCES]
    return whose


def _text(said: Any, longest: int) -> bool:
    return isinstance(said, str) and len(said) <= longest
