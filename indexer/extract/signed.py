"""The content of a signed or packed envelope (S/MIME and CMS, RFC 5652 and 8551); signatures are not verified.

asn1crypto takes the envelope apart. Content encrypted for its recipients stays closed.
"""

from __future__ import annotations

import zlib
from pathlib import PurePosixPath

from asn1crypto.cms import ContentInfo

from indexer.errors import FileProblem, Reason
from indexer.extract.inside import MAX_UNPACKED, read_parts
from indexer.extract.link_list import distinct
from indexer.extract.passages import limit
from indexer.extract.source import Source
from indexer.model.items import Extract

_FOREIGN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, zlib.error)
"""What the library raises on damaged envelopes."""


def read(source: Source) -> Extract:
    """Return its content; raise FileProblem if it is encrypted, damaged, or only a signature."""
    try:
        content = _content(source.data)
    except _FOREIGN as error:
        raise FileProblem(Reason.DAMAGED, "not a complete signed envelope") from error
    if content is None:
        raise FileProblem(Reason.NO_TEXT, "a signature without what it signs")
    name = PurePosixPath(source.name).stem
    within = read_parts(source, [(name if PurePosixPath(name).suffix else "message.eml", content)])
    passages, truncated = limit(within.passages, source.text_limit)
    return Extract(
        passages,
        links=tuple(distinct(within.links)),
        truncated=truncated or within.truncated,
        opened=within.opened,
        unread=within.unread,
    )


def _content(data: bytes) -> bytes | None:
    """Return the bytes that are signed or packed; None if they are elsewhere."""
    envelope = ContentInfo.load(data)
    kind = envelope["content_type"].native
    if kind in ("enveloped_data", "authenticated_enveloped_data", "encrypted_data"):
        raise FileProblem(
            Reason.ENCRYPTED, "encrypted for its recipients: only their mail programs can open it"
        )
    if kind not in ("signed_data", "compressed_data"):
        raise FileProblem(Reason.UNSUPPORTED, "an unknown kind of envelope")
    content = envelope["content"]["encap_content_info"]["content"].native
    if content is None or kind == "signed_data":
        return content if isinstance(content, bytes) else None
    unpacked = zlib.decompressobj().decompress(content, MAX_UNPACKED + 1)
    if len(unpacked) > MAX_UNPACKED:
        raise FileProblem(Reason.TOO_BIG, f"unpacks to more than {MAX_UNPACKED >> 20} MB")
    return unpacked
