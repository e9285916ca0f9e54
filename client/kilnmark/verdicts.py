"""From what was found in one file to a verdict, by one table; the words are those of the platform.

Offline less can be known than on the platform: watermarks need its secret keys, and what happened after a tree head, a
revocation for example, is not in it. No verdict here says more than its evidence does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kilnmark.credential import Credential

Item = Mapping[str, Any]  # what a checked proof says of one artifact (kilnmark/proven.py)

EXIT_CODES = {"ours": 0, "altered": 3, "no_evidence": 4, "likely_ours": 5}


@dataclass(frozen=True)
class Facts:
    """What is known about one file: `item` is what a checked proof says, `credential` None where none could be read."""

    sha256: str
    credential: Credential | None
    item: Item | None

    @property
    def exact(self) -> bool:
        """Whether the proof speaks of exactly these bytes."""
        return self.item is not None and self.item.get("sha256") == self.sha256

    @property
    def state(self) -> str:
        """Of the credential."""
        return self.credential.state if self.credential else "unread"

    @property
    def named(self) -> bool:
        """Whether the proof speaks of the artifact that the credential names."""
        claims = self.credential.claims if self.credential else {}
        return self.item is not None and all(
            name in claims and claims[name] == self.item.get(name) for name in ("job", "index")
        )


@dataclass(frozen=True)
class Rule:
    """One row of the table: a verdict, when it holds, and the sentence that says so."""

    verdict: str
    kind: str
    holds: Callable[[Facts], bool]
    says: str


# The first row that holds decides; the later ones that hold are listed as further evidence.
TABLE = (
    Rule(
        "ours",
        "digest",
        lambda f: f.exact,
        "The file is byte for byte an artifact that the log holds.",
    ),
    Rule(
        "ours",
        "credential",
        lambda f: f.state == "Trusted" and f.named,
        "The file carries a trusted credential, and the log holds the artifact it names.",
    ),
    Rule(
        "altered",
        "credential",
        lambda f: f.credential is not None and f.credential.tampered,
        "The credential was signed by a trusted authority, but the bytes are not those it was signed for: they were"
        " changed, or it belongs to another file.",
    ),
    Rule(
        "likely_ours",
        "credential",
        lambda f: f.state == "Trusted" and not f.named,
        "The credential is trusted: the platform's own authority signed this file. The log proof is missing, so that"
        " nothing shows that the log holds it; ask the platform's owner for the evidence bundle.",
    ),
    Rule(
        "no_evidence",
        "credential",
        lambda f: f.credential is not None and f.credential.forged,
        "The file carries a credential whose signer is not trusted here, or whose certificate or signature does not"
        " hold. Anybody can make one.",
    ),
    Rule(
        "no_evidence",
        "credential",
        lambda f: f.state == "unread",
        "Credentials cannot be read here: install kilnmark[verify].",
    ),
    Rule(
        "no_evidence",
        "nothing",
        lambda f: True,
        "Nothing was found that ties the file to the platform; that does not mean that it was not made there.",
    ),
)
ALWAYS = (
    "The watermark was not looked for: that takes the platform's secret keys.",
    "Whether the model was revoked after the tree head is not known offline.",
)


@dataclass(frozen=True)
class Verdict:
    """The answer about one file."""

    file: str
    sha256: str
    verdict: str
    evidence: list[dict[str, str]]
    origin: dict[str, Any] = field(default_factory=dict)
    not_known: tuple[str, ...] = ALWAYS


def judge(name: str, facts: Facts) -> Verdict:
    """By the table; where the file comes from is said only as far as a signature or a proof says it."""
    rules = [rule for rule in TABLE if rule.holds(facts)]
    decided = rules[0].verdict
    lines = [
        {"kind": rule.kind, "says": rule.says}
        for rule in rules
        if rule.kind != "nothing" and rule.verdict in (decided, "ours", "no_evidence")
    ] or [{"kind": "nothing", "says": rules[0].says}]
    if decided == "ours" and facts.item is not None:
        lines.append({"kind": "log", "says": _in_log(facts.item)})
        if not facts.exact:
            said = "Its digest is not the released one, but what the credential covers is unchanged."
            lines.append({"kind": "digest", "says": said})
    return Verdict(name, facts.sha256, decided, lines, _origin(facts, decided))


def _in_log(item: Item) -> str:
    return (
        f"The log took it in on {item['released_at']}, and a signed head of {item['size']} events,"
        f" dated {item['head_at']}, holds it."
    )


def _origin(facts: Facts, decided: str) -> dict[str, Any]:
    if decided == "ours" and facts.item is not None:
        return {name: facts.item.get(name) for name in ("artifact", "job", "index", "model_version")}
    claims: Mapping[str, Any] = facts.credential.claims if facts.credential else {}
    believed = decided in ("likely_ours", "altered")
    return {name: claims[name] for name in ("job", "index", "model_version") if name in claims} if believed else {}
