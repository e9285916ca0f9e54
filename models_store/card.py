"""Model cards in English and Chinese, written from facts alone; whatever a person typed is escaped for Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models_store.facts import BundleFacts, ChosenPath, DataFacts, ParentFacts

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#.!|~&:@$])")
_LONGEST = 2000


@dataclass(frozen=True)
class _Words:
    """The fixed words of a card in one language."""

    made: str
    data: str
    data_line: str
    personal: str
    parent_line: str
    method: str
    parameter: str
    value: str
    figures: str
    no_figures: str
    parity: str
    path: str
    path_is_first: str
    rights: str
    rights_line: str
    inherited: str
    purpose: str
    intended_use: str
    not_said: str
    limits: str
    learned_from: str
    no_limits: str


_EN = _Words(
    made="Made by {by} on {at}, job {job}, seed {seed}.",
    data="Data",
    data_line="{role}: **{name}** ({counts}; {modality}). Source: {source}. Licence: {licence}. Legal basis: {basis}.",
    personal="It is declared to contain personal data; sensitive attributes: {attributes}.",
    parent_line="{role}: the training went on from **{name}** (id {id}, manifest SHA-256 `{sha256}`).",
    method="Method: {family}",
    parameter="Parameter",
    value="Value",
    figures="Figures",
    no_figures="None were measured.",
    parity="Exported graph against the network: largest difference {got}, allowed {allowed}, at batch sizes {sizes}.",
    path="It is run on the path {name}, threads: {threads}. On {processor} that was {faster:g} times as fast as fp32 "
    "in ONNX Runtime with all threads, and what it makes passed.",
    path_is_first="It is run on the path {name}, threads: {threads}. On {processor} none that passed was clearly "
    "faster.",
    rights="Rights",
    rights_line="Owner: {owner}. Licence: {licence}.",
    inherited="Inherited from: {sources}.",
    purpose="Purpose",
    intended_use="Intended use",
    not_said="not stated",
    limits="Limits",
    learned_from="It learned from {n} items and can only make what resembles them; what they lack, it lacks.",
    no_limits="No further limits were recorded; that does not mean there are none.",
)
_ZH = _Words(
    made="由 {by} 于 {at} 训练，任务 {job}，随机种子 {seed}。",
    data="数据",
    data_line="{role}：**{name}**（{counts}；{modality}）。来源：{source}。许可：{licence}。法律依据：{basis}。",
    personal="声明含有个人数据；敏感属性：{attributes}。",
    parent_line="{role}：在 **{name}** 的基础上继续训练（编号 {id}，清单 SHA-256 `{sha256}`）。",
    method="方法：{family}",
    parameter="参数",
    value="取值",
    figures="指标",
    no_figures="未作测量。",
    parity="导出图与训练网络对比：最大差异 {got}，允许 {allowed}，批量大小 {sizes}。",
    path="默认运行路径为 {name}，线程数 {threads}：在 {processor} 上测得速度为 ONNX Runtime fp32（全部线程）"
    "的 {faster:g} 倍，且生成结果通过检验。",
    path_is_first="默认运行路径为 {name}，线程数 {threads}：在 {processor} 上没有通过检验且明显更快的路径。",
    rights="权利",
    rights_line="所有者：{owner}。许可：{licence}。",
    inherited="继承自：{sources}。",
    purpose="目的",
    intended_use="预期用途",
    not_said="未说明",
    limits="局限",
    learned_from="本模型从 {n} 个样本中学习，只能生成与之相似的内容；样本所缺失的，模型同样缺失。",
    no_limits="没有记录其他局限；这并不表示不存在局限。",
)


def card(facts: BundleFacts) -> str:
    """The English card, Markdown."""
    return _render(facts, _EN, facts.limits)


def card_zh(facts: BundleFacts) -> str:
    """The Chinese card, Markdown."""
    return _render(facts, _ZH, facts.limits_zh or facts.limits)


def escape(text: str) -> str:
    """A person's text as one line that Markdown shows as typed: no markup, link, HTML or new line comes of it."""
    line = "".join(letter if letter.isprintable() else " " for letter in str(text))
    return _SPECIAL.sub(r"\\\1", " ".join(line.split())[:_LONGEST])


def _render(facts: BundleFacts, words: _Words, limits: Iterable[str]) -> str:
    made = {"by": facts.made_by, "at": facts.made_at, "job": facts.job, "seed": facts.seed}
    said = [f"# {escape(facts.model)}", words.made.format(**_escaped(made)), f"## {words.data}"]
    said += [_data_line(role, data, words) for role, data in sorted(facts.data.items())]
    said += [_parent_line(role, parent, words) for role, parent in sorted(facts.parents.items())]
    said += [f"## {words.method.format(family=escape(facts.family))}"]
    said += [_table(words, {**facts.params, **facts.ran_on})]
    said += [f"## {words.figures}", _figures(facts.figures) or words.no_figures]
    if facts.parity:
        sizes = ", ".join(map(str, facts.parity.batch_sizes))
        said += [
            words.parity.format(got=f"{facts.parity.max_abs_diff:.3g}", allowed=facts.parity.tolerance, sizes=sizes)
        ]
    if facts.path:
        said += [_path(facts.path, words)]
    rights = _escaped({"owner": facts.rights.owner, "licence": facts.rights.licence})
    said += [f"## {words.rights}", words.rights_line.format(**rights)]
    if facts.rights.inherited_from:
        said += [words.inherited.format(sources=", ".join(map(escape, facts.rights.inherited_from)))]
    said += [f"- {words.purpose}: {escape(facts.purpose) or words.not_said}"]
    said += [f"- {words.intended_use}: {escape(facts.intended_use) or words.not_said}", f"## {words.limits}"]
    said += [f"- {words.learned_from.format(n=sum(data.counts.get('train', 0) for data in facts.data.values()))}"]
    said += [f"- {escape(limit)}" for limit in limits] or [f"- {words.no_limits}"]
    return "\n\n".join(said) + "\n"


def _path(path: ChosenPath, words: _Words) -> str:
    line = words.path if path.faster > 1 else words.path_is_first
    named = _escaped({"name": path.name, "processor": path.processor or words.not_said})
    return line.format(threads=path.threads, faster=path.faster, **named)


def _parent_line(role: str, parent: ParentFacts, words: _Words) -> str:
    named = _escaped({"role": role, "name": parent.name, "id": parent.version, "sha256": parent.sha256})
    return "- " + words.parent_line.format(**named)


def _data_line(role: str, data: DataFacts, words: _Words) -> str:
    facts = _escaped(
        {
            "role": role,
            "name": data.name,
            "modality": data.modality or words.not_said,
            "source": data.source or words.not_said,
            "licence": data.licence or words.not_said,
            "basis": data.legal_basis or words.not_said,
        }
    )
    counts = ", ".join(f"{escape(split)} {count}" for split, count in sorted(data.counts.items()))
    line = "- " + words.data_line.format(counts=counts, **facts) + f" SHA-256 `{escape(data.sha256)}`."
    if data.contains_personal_data:
        attributes = ", ".join(map(escape, data.sensitive_attributes)) or words.not_said
        line += " " + words.personal.format(attributes=attributes)
    return line


def _table(words: _Words, values: Mapping[str, Any]) -> str:
    rows = [f"| {words.parameter} | {words.value} |", "|---|---|"]
    return "\n".join(rows + [f"| {escape(name)} | {_value(value)} |" for name, value in sorted(values.items())])


def _figures(figures: Mapping[str, Mapping[str, Any]]) -> str:
    lines = []
    for name, figure in sorted(figures.items()):
        value = figure.get("value")
        line = f"- {escape(name)}: {f'{value:.4g}' if isinstance(value, (int, float)) else _value(value)}"
        line += f" {escape(figure['unit'])}" if figure.get("unit") else ""
        if figure.get("low") is not None and figure.get("high") is not None:
            line += f" (95 %: {figure['low']:.4g} - {figure['high']:.4g})"
        lines.append(line + (f", n = {figure['n']}" if figure.get("n") else ""))
    return "\n".join(lines)


def _value(value: Any) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _escaped(values: Mapping[str, str]) -> dict[str, str]:
    return {name: escape(value) for name, value in values.items()}
