"""The label that says "a machine made this": AIGC and IPTC metadata in one XMP packet, in a file or beside it.

AIGC: GB 45438-2025, annex E (namespace TC260), as JSON. IPTC: Digital Source Type of Photo Metadata 2025.1, and whose
the model's data are (dc:rights, xmpRights:Owner and UsageTerms, dc:source). XMP: ISO 16684-1; where a packet lies in a
file is said in label_containers.py, beside a file the packet alone is `NAME.xmp`. Labels are hints: anybody can write
or remove one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from models_store.errors import InvalidInput
from workers.marks.label_containers import aigc_of_mp3, put

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
AIGC = "http://www.tc260.org.cn/ns/AIGC/1.0/"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
LARGEST_PACKET_BYTES = 65_536
LONGEST_VALUE = 2_048
MOST_SOURCES = 20
PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}">\
<rdf:Description rdf:about="" xmlns:TC260="{aigc_ns}" xmlns:Iptc4xmpExt="{iptc_ns}">\
<TC260:AIGC>{aigc}</TC260:AIGC><Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>\
{rights}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>"""


class UnreadableLabel(InvalidInput):
    """The XMP packet of this file cannot be read."""

    code = "unreadable_label"


def packet(release: Mapping[str, Any], index: int) -> str:
    """The XMP packet of artifact `index` of a job; `release` is that of docs/engine-folder.md."""
    said, rights = escape(aigc(release, index)), _rights(release.get("rights") or {})
    return PACKET.format(rdf=RDF, aigc_ns=AIGC, iptc_ns=IPTC, aigc=said, source_type=TRAINED, rights=rights)


def _rights(rights: Mapping[str, Any]) -> str:
    """Owner, licence and what they were inherited from, as properties of the packet; nothing where nothing is known."""
    owner, licence = (escape(str(rights.get(name) or "")[:LONGEST_VALUE]) for name in ("owner", "licence"))
    sources = [escape(str(one)[:LONGEST_VALUE]) for one in rights.get("inherited_from") or ()][:MOST_SOURCES]
    notice = "; ".join(part for part in (owner, licence) if part)
    parts = [
        f'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{notice}</rdf:li></rdf:Alt></dc:rights>' if notice else "",
        f"<xmpRights:Owner><rdf:Bag><rdf:li>{owner}</rdf:li></rdf:Bag></xmpRights:Owner>" if owner else "",
        '<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{licence}</rdf:li></rdf:Alt></xmpRights:UsageTerms>" if licence else "",
        f"<dc:source>{'; '.join(sources)}</dc:source>" if sources else "",
    ]  # fmt: skip
    said = "".join(parts)
    return said and f'</rdf:Description><rdf:Description rdf:about="" xmlns:dc="{DC}" xmlns:xmpRights="{RIGHTS}">{said}'


def aigc(release: Mapping[str, Any], index: int) -> str:
    """The AIGC fields of artifact `index` as JSON."""
    made_by = str(release["producer"])
    produced = f"{release['job']}/{index}"
    fields = {
        "Label": "1",
        "ContentProducer": made_by,
        "ProduceID": produced,
        "ReservedCode1": "",
        "ContentPropagator": made_by,
        "PropagateID": produced,
        "ReservedCode2": "",
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def labelled(data: bytes, media_type: str, release: Mapping[str, Any], index: int) -> bytes:
    """The file with its label inside (label_containers.put)."""
    return put(data, media_type, packet(release, index), aigc(release, index))


def read(data: bytes) -> dict[str, Any] | None:
    """The label of an untrusted file: {"aigc": {...} or None, "iptc": source type or None}; None if it has no XMP.

    The packet is found by scanning (ISO 16684-3, 7), so any container will do, as long as it is not compressed.
    Raises UnreadableLabel for a packet that is too large, is no XML, or defines entities.
    """
    tagged = aigc_of_mp3(data)
    start = data.find(b"<x:xmpmeta")
    if start < 0:
        return {"aigc": _aigc(tagged[:LONGEST_VALUE]), "iptc": None} if tagged else None
    closing = b"</x:xmpmeta>"
    end = data.find(closing, start, start + LARGEST_PACKET_BYTES)
    if end < 0:
        raise UnreadableLabel(field="xmp", expected=f"a packet of at most {LARGEST_PACKET_BYTES} bytes", got="no end")
    try:
        root = ElementTree.fromstring(data[start : end + len(closing)], forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, RecursionError) as error:
        raise UnreadableLabel(field="xmp", expected="XML without entities", got=type(error).__name__) from error
    return {"aigc": _aigc(_value(root, AIGC, "AIGC")), "iptc": _value(root, IPTC, "DigitalSourceType")}


def _value(root: Any, namespace: str, name: str) -> str | None:
    """A property of an XMP packet, which may stand as an element or as an attribute."""
    tag = f"{{{namespace}}}{name}"
    for node in root.iter():
        said = node.text if node.tag == tag else node.get(tag)
        if said:
            return said[:LONGEST_VALUE]
    return None


def _aigc(said: str | None) -> dict[str, str] | None:
    """The AIGC fields that are text; None where there is no JSON object."""
    try:
        fields = json.loads(said) if said else None
    except (ValueError, RecursionError):
        return None
    return (
        {str(key): value for key, value in fields.items() if isinstance(value, str)}
        if isinstance(fields, dict)
        else None
    )
