"""Texts in several languages and ways to bring them, for the tests of the modality `text`."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from tests.builders_images import Silent
from workers.contracts import Spec
from workers.modalities.members import Member
from workers.modalities.text import Text

TOLD = {
    "Chinese": "床前明月光,疑是地上霜。举头望明月,低头思故乡。今天天气很好,我们去公园散步。",
    "Japanese": "吾輩は猫である。名前はまだ無い。何でも薄暗いじめじめした所で"
    "ニャーニャー泣いていた事だけは記憶している。",
    "Korean": "나라의 말이 중국과 달라 문자와 서로 통하지 아니하므로 어리석은 백성이 말하고자 하는 바가 있어도",
    "Russian": "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.",
    "German": "Als Gregor Samsa eines Morgens aus unruhigen Träumen erwachte, fand er sich in seinem Bett zu einem "
    "ungeheueren Ungeziefer verwandelt. Er lag auf seinem panzerartig harten Rücken und sah seinen gewölbten Bauch.",
    "French": "Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie éteinte, mes yeux se fermaient "
    "si vite que je n'avais pas le temps de me dire: je m'endors. Une demi-heure après, la pensée m'éveillait.",
    "Polish": "Litwo! Ojczyzno moja! ty jesteś jak zdrowie. Ile cię trzeba cenić, ten tylko się dowie, "
    "Kto cię stracił. Dziś piękność twą w całej ozdobie Widzę i opisuję, bo tęsknię po tobie.",
    "Turkish": "Türkiye Cumhuriyeti'nin kurucusu Mustafa Kemal Atatürk'tür. İstiklal Marşı çok güzel bir şiirdir.",
    "Hebrew": "בראשית ברא אלהים את השמים ואת הארץ והארץ היתה תהו ובהו וחשך על פני תהום ורוח אלהים מרחפת על פני המים",
}


def member(data: bytes) -> Member:
    """Bytes as one file of an upload."""
    return Member("told.txt", len(data), lambda: io.BytesIO(data))


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def ingest(folder: Path, data: bytes | str | dict[str, bytes], **params: Any) -> dict[str, Any]:
    """Bring a text, or files in a zip, into the dataset folder `folder`; the modality's result."""
    source = folder.with_suffix(".upload")
    brought = zipped(data) if isinstance(data, dict) else data.encode() if isinstance(data, str) else data
    source.write_bytes(brought)
    heard: Any = Silent()
    return Text(**params).ingest(source, folder, heard, name="brought")


def spec_of(folder: Path) -> Spec:
    """The spec of a dataset folder."""
    return Spec.from_dict(json.loads((folder / "dataset.json").read_bytes())["spec"])
