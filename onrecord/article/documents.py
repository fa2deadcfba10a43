"""The text of a Word file, a mail or a PDF. What cannot be read is a ValueError that says how to convert it."""

from __future__ import annotations

import email
import email.policy
import io
import logging
import re
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage, MIMEPart
from typing import Any

logging.getLogger("pypdf").addHandler(logging.NullHandler())  # what ails a file is told by our error, in one line

UNPACKED = 40_000_000  # bytes of a Word file when unpacked; in memory empty paragraphs take fifty times theirs
_NEEDS = "needs {}: pip install 'onrecord[documents]'"
_CONVERT = "save it as .docx, or as UTF-8 text"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # a text box once more
_WHITE = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}  # what stands for a character
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xlsx")
_TABLE = "is a table, not an article; `onrecord score` labels its rows"
HEADERS = 100_000  # bytes in which a mail's headers end
HEADER = re.compile(rb"[!-9;-~]+:|[ \t]")  # how each of their lines begins (RFC 5322, 2.2)
CONTENT = 4_000  # characters of a header that says what a part is: the library takes the square of its length
CONTENT_HEADER = re.compile("content-", re.IGNORECASE)
OF_MAIL = re.compile(rb"^(mime-version|message-id|received|return-path):", re.IGNORECASE | re.MULTILINE)


def document_text(data: bytes, name: str) -> str | None:
    """The text of a document, a paragraph a line, or the HTML of a mail that has no other text.

    None if it is no document. Word files and PDF are known by their first bytes, a mail by the ending of `name` (.eml),
    on standard input (`name` is -) by its headers. Raises ValueError for a document without text or of another kind and
    for a table, ModuleNotFoundError where the extra `documents` is not installed.
    """
    if name.lower().endswith(TABLES):
        raise ValueError(_TABLE)
    if data.startswith(b"%PDF-"):
        return _pdf(data)
    if data.startswith(b"PK\3\4"):
        return _word(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError(f"is a Word file of the old kind (.doc); {_CONVERT}")
    if data.startswith(b"{\\rtf"):
        raise ValueError(f"is rich text (.rtf); {_CONVERT}")
    return _mail(data) if name.lower().endswith(".eml") or (name == "-" and _has_headers(data)) else None


def _word(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            unpacked = sum(item.file_size for item in archive.infolist())
    except Exception:  # whatever a spoiled archive makes of it, such as a version that there is not
        raise ValueError("is a spoiled archive") from None
    if "xl/workbook.xml" in names:
        raise ValueError(_TABLE)
    if "word/document.xml" not in names:
        kind = "an OpenDocument file" if "content.xml" in names else "an archive (.zip)"
        raise ValueError(f"is {kind}, and no Word file; {_CONVERT}")
    if unpacked > UNPACKED:
        raise ValueError(f"is a Word file of {unpacked} bytes when unpacked; {UNPACKED} are read")
    try:
        import docx
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_NEEDS.format("python-docx"), name=error.name) from None
    try:
        paragraphs = list(_paragraphs(docx.Document(io.BytesIO(data)).element.body))
    except Exception as error:  # whatever a spoiled file makes of it
        raise ValueError(f"is a spoiled Word file ({type(error).__name__}); {_CONVERT}") from None
    return _with_text("\n".join(" ".join(paragraph.split()) for paragraph in paragraphs), "Word file")


def _paragraphs(body: Any) -> Iterator[str]:
    """The paragraphs of a Word file's body in their order, those of tables, text boxes and content controls too.

    What was inserted under tracked changes is text, what was deleted or moved away is none.
    """
    for paragraph in body.iter(f"{_W}p"):
        if not _inside(paragraph, _FALLBACK):
            pieces = (
                (piece.text or "") if piece.tag == f"{_W}t" else _WHITE.get(piece.tag, "")
                for piece in paragraph.iter(f"{_W}t", *_WHITE)
                if next(piece.iterancestors(f"{_W}p")) is paragraph and not _inside(piece, f"{_W}moveFrom")
            )
            yield "".join(pieces)


def _inside(element: Any, tag: str) -> bool:
    return next(element.iterancestors(tag), None) is not None


def _has_headers(data: bytes) -> bool:
    head = re.split(rb"\r?\n\r?\n", data[:HEADERS], maxsplit=1)[0]
    return OF_MAIL.search(head) is not None and all(map(HEADER.match, head.splitlines()))


def _mail(data: bytes) -> str:
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        headers = ((name, value) for part in message.walk() for name, value in part.raw_items())
        long = next((name for name, value in headers if len(value) > CONTENT and CONTENT_HEADER.match(name)), "")
        body = None if long else message.get_body(("plain", "html"))
        kind = "" if body is None else body.get_content_type()
        bodies = [] if body is None else [body, *(part for part in _inline(message, kind) if part is not body)]
    except Exception as error:  # the library's own, such as for a thousand parts within each other
        raise ValueError(f"is a spoiled mail ({type(error).__name__}); save its text as UTF-8") from None
    if long:
        raise ValueError(f"is a mail with a {long} of more than {CONTENT:,} characters; save its text as UTF-8")
    if not bodies:
        raise ValueError("is a mail without text; save what is attached to it and read that")
    try:
        text = "\n".join(map(_decoded, bodies))
    except Exception as error:  # a character set that there is not, is none, or is another one
        raise ValueError(f"is a mail whose text cannot be decoded ({error}); save its text as UTF-8") from None
    if kind == "text/html" and text.strip():
        page = len(bodies) == 1 and re.match(r"\s*<(?:!doctype|html)\b", text, re.IGNORECASE)
        return text if page else f"<html><body>{text}</body></html>"
    return _with_text(text, "mail")


def _inline(part: MIMEPart, kind: str) -> Iterator[MIMEPart]:
    """The parts of a mail that hold its text: several where a picture stands within, as Apple Mail writes them."""
    if part.get_content_maintype() == "multipart":
        for each in part.iter_parts():
            yield from _inline(each, kind)
    elif part.get_content_type() == kind and not part.is_attachment() and not part.get_filename():
        yield part


def _decoded(part: MIMEPart) -> str:
    """The text of a part, as UTF-8 where it names no character set. Raises ValueError for bytes of another one."""
    named = part.get_content_charset("utf-8")
    charset = "cp1252" if named == "iso-8859-1" else named  # as browsers do, for the quotation marks
    text = bytes(part.get_payload(decode=True)).decode(charset)  # type: ignore[arg-type]
    text.encode()  # no half characters, as unicode_escape makes them
    return text


def _pdf(data: bytes) -> str:
    try:
        import pypdf
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(_NEEDS.format("pypdf"), name=error.name) from None
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("is a PDF with a password; save it without one, or as UTF-8 text")
        pages = [page.extract_text() for page in reader.pages]
    except ValueError:
        raise
    except Exception as error:  # whatever a spoiled file makes of it
        raise ValueError(f"is a spoiled PDF ({type(error).__name__}); save its text as UTF-8") from None
    text = "\n".join(pages).encode("utf-8", "replace").decode()  # half surrogates of broken fonts
    if not text.strip():
        raise ValueError("is a PDF without text, such as a scan; make text of it first, e.g. with `ocrmypdf`")
    return unwrapped(text)


def unwrapped(text: str) -> str:
    """Lines as a page is printed made paragraphs: one that is nearly as long as the longest goes on in the next one.

    A word that is parted by a hyphen at the end of a line is joined.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    width = max(map(len, lines), default=0)
    joined: list[str] = []  # lines, each with what stands before it
    goes_on, before = False, ""
    for line in lines:
        if not goes_on or not line:
            joined.append(f"\n{line}" if line else "")
        elif re.search(r"[a-z]-$", before) and re.match(r"[a-z]", line):
            joined[-1] = joined[-1][:-1]
            joined.append(line)
        else:
            joined.append(f" {line}")
        goes_on, before = len(line) > 0.75 * width, line
    return "".join(joined).removeprefix("\n")


def _with_text(text: str, kind: str) -> str:
    if not text.strip():
        raise ValueError(f"is a {kind} without text")
    return text
