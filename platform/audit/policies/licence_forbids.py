"""Data whose licence forbids it are not trained on, and nothing is generated with models that learned from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import ClassVar

from audit.policy import RELEASES, TRAINS, Facts, Moment, Objection, Policy, Word, knob

SAYS = (
    "The licence of data set version %(data)s is “%(licence)s”; this project does not work on data whose licence says "
    "“%(word)s”."
)
EXPECTED = "data whose licence allows it"
WELL_KNOWN = (
    "nd", "no derivatives", "noderivatives", "noderivs", "all rights reserved", "no ml", "no machine learning",
    "no ai", "no training", "not for training", "no tdm",
    "禁止演绎", "禁止改编", "保留所有权利", "版权所有", "禁止用于机器学习", "禁止用于训练", "禁止训练",
)  # fmt: skip


class LicenceForbids(Policy):
    """Words of a licence that rule data out."""

    name: ClassVar[str] = "licence_forbids"
    title: ClassVar[str] = "Licences that forbid it"
    title_zh: ClassVar[str] = "许可不允许的数据"
    summary: ClassVar[str] = "Data are not used where the licence that was declared for them says one of these words."
    summary_zh: ClassVar[str] = "数据所声明的许可中出现下列词语之一的，不得使用。"
    moment: ClassVar[Moment] = "use"
    sentences: ClassVar[Mapping[str, str]] = {
        SAYS: "数据集版本 %(data)s 的许可为“%(licence)s”；本项目不使用许可中含“%(word)s”的数据。",
        EXPECTED: "许可允许此种使用的数据",
    }

    well_known: bool = knob(
        True,
        title="Well-known words",
        title_zh="常见词语",
        help="ND, no derivatives, all rights reserved, no machine learning, no AI, no training; also in Chinese.",
        help_zh="ND（禁止演绎）、保留所有权利、版权所有、禁止用于机器学习或训练等，中英文皆然。",
    )
    words: tuple[Word, ...] = knob(
        (),
        title="Further words",
        title_zh="其他词语",
        longest=200,
        help="One a line, for example NC or internal; whole words, capitals do not matter.",
        help_zh="每行一个，如 NC、internal；按整词匹配，不区分大小写。",
    )
    models: bool = knob(
        True,
        title="Also models that exist",
        title_zh="亦适用于已有模型",
        help="Nothing is generated with a model that learned from such data.",
        help_zh="不得使用曾学习此类数据的模型进行生成。",
    )

    def judge(self, facts: Facts) -> Objection | None:
        """By the declaration alone: nobody reads the licence itself."""
        if facts.produces != TRAINS and not (facts.produces == RELEASES and self.models):
            return None
        for one in facts.data:
            if word := next(self._found(one.licence), None):
                said = {"data": one.name, "licence": one.licence, "word": word}
                return Objection(
                    decision="refuse", says=SAYS, facts=said, field=one.role, expects=EXPECTED, got=one.licence
                )
        return None

    def _found(self, licence: str) -> Iterator[str]:
        said = plain(licence)
        for word in (*self.words, *(WELL_KNOWN if self.well_known else ())):
            wanted = plain(word)
            edge = ("(?<![a-z0-9])", "(?![a-z0-9])") if wanted.isascii() else ("", "")
            if wanted and re.search(edge[0] + re.escape(wanted) + edge[1], said):
                yield word


def plain(text: str) -> str:
    """Without case, width and ways of writing: hyphens and underscores are spaces, several spaces are one."""
    return " ".join(re.sub(r"[-_‐‑–—]", " ", unicodedata.normalize("NFKC", text).casefold()).split())


PLUGIN = LicenceForbids
