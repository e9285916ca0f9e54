"""Modality `text`: passages of characters, from files of any encoding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from models_store.errors import NotFound
from workers.contracts import Fields, Plugin, Reporter, Spec, knob
from workers.modalities.image_sheet import png_bytes
from workers.modalities.members import Limits
from workers.modalities.text_codec import items_of, prompt_tokens, tokens_of
from workers.modalities.text_dataset import keep_texts
from workers.modalities.text_documents import TEXT_LIMITS, Gathered, gather
from workers.modalities.text_encoding import Encoding
from workers.modalities.text_sheet import cards
from workers.modalities.text_upload import TextUpload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


class Text(Plugin):
    """Characters: `text` (N, length) as small integers and `length` (N,) int16 when stored, int64 for a family.

    A passage is full, or it ends its document: then the boundary stands after its last character. A document whose
    characters fill its last passage to the brim ends without one.
    """

    name: ClassVar[str] = "text"
    title: ClassVar[str] = "Text"
    title_zh: ClassVar[str] = "文本"
    summary: ClassVar[str] = "Texts as characters, cut into passages of one length."
    summary_zh: ClassVar[str] = "以字符表示的文本，切成等长的片段。"
    file_types: ClassVar[tuple[str, ...]] = (".txt", ".zip")
    media_type: ClassVar[str] = "text/plain"
    builtins: ClassVar[tuple[str, ...]] = ()

    length: int = knob(
        256,
        low=16,
        high=1024,
        unit="characters",
        title="Length",
        title_zh="长度",
        help="Characters of a passage: a document is cut into passages of this length.",
        help_zh="每个片段的字符数：文档按此长度切分。",
    )
    document: Literal["file", "line"] = knob(
        "file",
        title="Document",
        title_zh="文档",
        choices={"file": ("a whole file", "整个文件"), "line": ("each line", "每一行")},
        help="What is one text: a whole file, or each line (a list of names, for example).",
        help_zh="一个文本是什么：整个文件，或每一行（例如名单）。",
    )
    encoding: Encoding = knob(
        "auto",
        title="Encoding",
        title_zh="编码",
        choices={"auto": ("found out by itself (auto)", "自动检测（auto）")},
        help="How the files write characters as bytes; auto detects it and refuses where that is not sure.",
        help_zh="文件的字符编码；auto 自动检测，不能确定时拒绝。",
    )

    def ingest(
        self, source: Path, out: Path, report: Reporter, *, name: str = "", limits: Limits | None = None
    ) -> dict[str, Any]:
        """Read an upload, called `name` by its user, into the dataset folder `out`.

        Returns {sha256, counts, problems, profile}; sha256 is that of dataset.json. Raises UploadRefused where
        nothing can be used; otherwise the good files are kept and the bad ones are listed as problems.
        """
        limits = limits or TEXT_LIMITS
        with closing(TextUpload(source, name, limits)) as upload:
            gathered = Gathered(self.document, self.encoding, limits)
            for seen in gather(upload, gathered):
                report.progress(seen, len(upload.members), "files")
            return keep_texts(gathered, self.model_dump(), self.length, out, upload.name)

    def ingest_builtin(self, builtin_name: str, out: Path, report: Reporter) -> dict[str, Any]:
        """There is no built-in text."""
        raise NotFound(code="builtin_missing", field="builtin", expected=list(self.builtins), got=builtin_name)

    def encode(self, raw: Mapping[str, Tensor]) -> Fields:
        """`text` (B, L) and `length` (B,), both int64."""
        return {"text": raw["text"].long(), "length": raw["length"].long()}

    def decode(self, fields: Fields, spec: Spec) -> list[NDArray[np.uint32]]:
        """`text` (B, L') tokens to B texts, code points (l,) up to the first boundary; raises TokenOutOfRange."""
        return items_of(fields["text"], spec)

    def stored(self, items: Sequence[NDArray[np.uint32]], spec: Spec) -> dict[str, NDArray[Any]]:
        """Texts as arrays; what is longer than a passage is cut. InvalidInput (unknown_characters)."""
        return tokens_of(items, spec)

    def prompt(self, said: str, spec: Spec) -> Tensor:
        """A beginning as tokens (P,) int64; InvalidInput (unknown_characters) names what the data do not have."""
        return prompt_tokens(said, spec)

    def text(self, item: NDArray[np.uint32]) -> str:
        """One text as it is."""
        return "".join(map(chr, item))

    def file_bytes(self, item: NDArray[np.uint32]) -> bytes:
        """One text as UTF-8; a line break ends it where its own last character is none."""
        text = self.text(item)
        return (text if text.endswith("\n") else text + "\n").encode()

    def fingerprint(self, item: NDArray[np.uint32]) -> str:
        """None: near copies of texts are found by what they share, not by one number."""
        return ""

    def sheet(self, items: Iterable[NDArray[np.uint32]], path: Path, labels: Iterable[str] = ()) -> None:
        """Up to 64 texts as cards in a PNG, each with its label below if labels are given."""
        path.write_bytes(png_bytes(cards(items, labels)))


PLUGIN = Text
