"""From what was found in one file to a verdict, by one table; the words are those of the platform.

Offline less can be known than on the platform: watermarks need its secret keys, and what happened after a tree head, a
revocation for example, is not in it. What the evidence does hold of it stands first, as a caution. No
verdict here says more than its evidence does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kilnmark.credential import Credential

if TYPE_CHECKING:
    from kilnmark.verify_evidence import TakenBack

Item = Mapping[str, Any]  # what a checked proof says of one artifact (kilnmark/proven.py)

EXIT_CODES = {"ours": 0, "altered": 3, "no_evidence": 4, "likely_ours": 5}
TAKEN_BACK = 6  # ours, and withdrawn or by a revoked model, by the log


@dataclass(frozen=True)
class Facts:
    """What is known about one file: `item` is what a checked proof says, `credential` None where none could be read.

    `about`: what the proofs and evidence that were given, and hold, are for; `head_at`: their newest signed head.
    """

    sha256: str
    credential: Credential | None
    item: Item | None
    taken_back: Sequence[TakenBack] = ()
    about: Sequence[str] = ()
    head_at: str = ""

    @property
    def exact(self) -> bool:
        """Whether the proof speaks of exactly these bytes."""
        return self.item is not None and self.item.get("sha256") == self.sha256

    @property
    def state(self) -> str:
        """Of the credential."""
        return self.credential.state if self.credential else "unread"

    @property
    def elsewhere(self) -> bool:
        """Whether proofs were given, and none speaks of this file."""
        return bool(self.about) and not self.exact and not self.named

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
        lambda f: f.state == "Trusted" and f.elsewhere,
        "The credential is trusted: the platform's own authority signed this file. What was given as proof is about"
        " another file, so that nothing shows that the log holds this one; ask for the evidence of this file.",
    ),
    Rule(
        "likely_ours",
        "credential",
        lambda f: f.state == "Trusted" and not f.named and not f.about,
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
        "Credentials cannot be read here: pip install c2pa-python.",
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
    "That a file was withdrawn, or its model revoked, is told only where the evidence that is given holds it.",
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
    # withdrawn or revoked: what, on, because, in_log, subject, says
    cautions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """Of this file alone."""
        taken = self.verdict == "ours" and any(one["in_log"] for one in self.cautions)
        return TAKEN_BACK if taken else EXIT_CODES[self.verdict]


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
    if facts.elsewhere:
        lines.append({"kind": "proof", "says": _elsewhere(facts)})
    cautions = [] if decided == "no_evidence" else [_caution(one) for one in facts.taken_back]
    return Verdict(name, facts.sha256, decided, lines, _origin(facts, decided), (*ALWAYS, _until(facts)), cautions)


def _caution(said: TakenBack) -> dict[str, Any]:
    known = {"what": said.what, "on": said.on, "because": said.because, "in_log": said.in_log}
    return {**known, "subject": [said.kind, said.id], "says": str(said)}


def _elsewhere(facts: Facts) -> str:
    about = "; ".join(dict.fromkeys(facts.about))
    return f"The evidence that was given is about another file, by its SHA-256: it is for {about}."


def _until(facts: Facts) -> str:
    if not facts.head_at:
        return "No signed head was given: ask the platform whether the file was withdrawn or its model revoked."
    return f"Nothing after {facts.head_at[:10]}, the day of the newest signed head given, is known offline."


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
