"""Office files with a password (MS-OFFCRYPTO): opened if the settings know it."""

from __future__ import annotations

import io
import struct
from xml.parsers.expat import ExpatError

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

from indexer.errors import FileProblem, Reason
from indexer.extract.source import Source

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How compound files begin: old Office files, mails of Outlook, encrypted new ones (MS-CFB)."""
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
NEEDS_PASSWORD = "it needs a password: add it to extract.passwords in the settings of this machine"  # noqa: S105 - a message
_FOREIGN = (DecryptionError, FileFormatError, InvalidKeyError, ParseError, OSError, ValueError, LookupError, TypeError,
            AttributeError, AssertionError, NotImplementedError, struct.error, EOFError, ExpatError)  # fmt: skip
"""What the library raises on damaged files and wrong passwords."""
_DEFAULT = "VelvetSweatshop"
"""Excel encrypts read-only workbooks with this word, and opens them without asking."""


def decrypt_office(source: Source) -> bytes:
    """Return the bytes of an Office file, decrypted if needed; raise FileProblem if that fails."""
    data = source.data
    if not data.startswith(OLE):
        return data
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        if not office.is_encrypted():
            return data
    except _FOREIGN as error:
        if _ENCRYPTED_STREAM in data:
            raise FileProblem(Reason.ENCRYPTED, NEEDS_PASSWORD) from error
        return data
    for password in (*source.passwords, _DEFAULT):
        opened = io.BytesIO()
        try:
            office.load_key(password=password)
            office.decrypt(opened)
        except _FOREIGN:
            continue
        return opened.getvalue()
    raise FileProblem(Reason.ENCRYPTED, NEEDS_PASSWORD)
