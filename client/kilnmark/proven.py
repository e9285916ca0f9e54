"""What the log holds for certain: the items of proofs that lead to a head signed by a trusted key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kilnmark.verify_evidence import (
    BROKEN,
    INDEX,
    LARGEST_JSON,
    Files,
    Keys,
    Refused,
    TakenBack,
    check,
    check_artifact,
    check_chunk,
    check_log,
    keys_of,
    parsed,
    taken_back,
)

Item = Mapping[str, Any]  # what the log says of one artifact: artifact, job, index, model_version, sha256


@dataclass
class Proven:
    """Items by digest and by place in their job, each with when the log took it in; and what did not hold."""

    by_digest: dict[str, list[Item]] = field(default_factory=dict)
    by_place: dict[tuple[str, int], Item] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    taken_back: dict[tuple[str, str], TakenBack] = field(default_factory=dict)  # by kind and id
    about: list[str] = field(default_factory=list)  # what each piece that holds is for
    newest: str = ""  # when the newest of the heads was signed

    def add(self, item: Item, log: Mapping[str, Any], leaf: Mapping[str, Any]) -> None:
        """One item of a checked proof."""
        head = log["head"]
        known = {**item, "released_at": str(leaf.get("at", "")), "size": head["size"], "head_at": head["at"]}
        self.by_digest.setdefault(str(item.get("sha256")), []).append(known)
        self.by_place[str(item.get("job")), int(item.get("index", -1))] = known
        self.seen(head)

    def seen(self, head: Mapping[str, Any]) -> None:
        """A head whose signature was checked."""
        self.newest = max(self.newest, str(head["at"]))

    def said_of(self, sha256: str, item: Item | None, claims: Mapping[str, Any]) -> list[TakenBack]:
        """What was taken back of these artifacts, of all with these bytes, and of the models that made them."""
        items = [*self.by_digest.get(sha256, []), *([item] if item else [])]
        asked = [(kind, str(one.get(kind))) for kind in ("artifact", "model_version") for one in (*items, claims)]
        return [self.taken_back[one] for one in dict.fromkeys(asked) if one in self.taken_back]

    def of(self, sha256: str, claims: Mapping[str, Any]) -> Item | None:
        """The artifact with this digest, of several the one that the credential names; else the one that it names."""
        named = self.by_place.get((str(claims.get("job")), int(claims.get("index", -1))))
        exact = self.by_digest.get(sha256, [])
        return named if named in exact or not exact else exact[0]


def proven(places: Sequence[Path], trust: Mapping[str, Any]) -> Proven:
    """Proofs from files of the API (`/artifacts/{id}/proof`) and from evidence bundles, zipped or unpacked."""
    found, keys = Proven(), keys_of(trust, "log_keys")
    for place in places:
        try:
            _read(found, place, trust, keys)
        except Refused as refused:
            found.problems.append(f"{place.name}: {refused}")
        except BROKEN as wrong:
            found.problems.append(f"{place.name}: damaged ({type(wrong).__name__})")
    return found


def _read(found: Proven, place: Path, trust: Mapping[str, Any], keys: Keys) -> None:
    if place.is_file() and (proof := _json(place)) is not None:
        said = parsed(proof, place.name)
        _add(found, said, keys)
        found.about.append(f"artifact {said['item']['artifact']}")
        return
    files = Files(place)
    for _sentence in check(files, trust):
        pass  # what holds; what does not is Refused
    gone = taken_back(files, keys)
    if "log/proof.json" in files.names:
        _add(found, files.json("log/proof.json"), keys)
    if "log/chunks.jsonl" in files.names:
        for where, chunk in files.lines("log/chunks.jsonl"):
            leaf = check_log(chunk["log"], keys, where)
            for item in check_chunk(chunk, keys, where):
                found.add(item, chunk["log"], leaf)
    if "log/head.json" in files.names:
        found.seen(files.json("log/head.json"))
    for one in gone:
        known = found.taken_back.setdefault((one.kind, one.id), one)
        if one.in_log > known.in_log:
            found.taken_back[one.kind, one.id] = one
    subject = files.json(INDEX)["subject"]
    found.about.append(f"{subject['kind'].replace('_', ' ')} {subject['id']}")


def _json(place: Path) -> bytes | None:
    """The text of a proof; None for what is an archive."""
    with place.open("rb") as file:
        text = file.read(4)
        if text.startswith(b"PK"):
            return None
        text += file.read(LARGEST_JSON)
    if len(text) > LARGEST_JSON:
        raise Refused(f"it is longer than {LARGEST_JSON} bytes.")
    return text


def _add(found: Proven, proof: Mapping[str, Any], keys: Keys) -> None:
    item = check_artifact(proof, keys)
    found.add(item, proof["log"], check_log(proof["log"], keys))
