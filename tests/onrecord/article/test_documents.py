"""Text of Word files, mails and PDF, in the forms in which people have them."""

import io
import subprocess
import sys
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import pypdf
import pytest
from docx.oxml import parse_xml

from onrecord.article import documents
from onrecord.article.documents import document_text, unwrapped
from onrecord.article.webpage import main_text
from tests.conftest import FIXTURES

PARAGRAPHS = ["Ferry to stop", "“We are late,” Marr said. She denied it.", "The vote is on Friday."]


def word() -> bytes:
    document = docx.Document()
    document.add_heading(PARAGRAPHS[0])
    paragraph = document.add_paragraph("“We are late,” ")
    paragraph.add_run("Marr").bold = True
    paragraph.add_run(" said.\nShe denied it.")
    document.add_paragraph(PARAGRAPHS[2])
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def mail(text: str, html: str | None = None, charset: str = "utf-8") -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Ferry", "desk@news.example"
    if text:
        message.set_content(text, charset=charset)
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message.as_bytes()


def test_word() -> None:
    assert document_text(word(), "a.docx") == "\n".join(PARAGRAPHS) == document_text(word(), "-")


def test_tables_of_a_word_file() -> None:
    document = docx.Document()
    document.add_paragraph("Before.")
    table = document.add_table(2, 2)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Merged."
    table.cell(1, 0).text = "Left."
    table.cell(1, 1).add_table(1, 1).cell(0, 0).text = "Nested."
    document.add_paragraph("Behind.")
    data = io.BytesIO()
    document.save(data)
    text = document_text(data.getvalue(), "a.docx")
    assert text is not None and text.split() == ["Before.", "Merged.", "Left.", "Nested.", "Behind."]


def test_a_word_file_with_tracked_changes_content_controls_and_text_boxes() -> None:
    """A word that was inserted, such as not, decides the label."""
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    document = docx.Document()
    for xml in (
        f"""<w:p {w}><w:r><w:t>He did</w:t><w:tab/></w:r><w:ins><w:r><w:t>not</w:t><w:br/></w:r></w:ins><w:del><w:r>
        <w:delText>surely</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>gladly</w:t></w:r></w:moveFrom><w:smartTag>
        <w:r><w:t>re</w:t><w:noBreakHyphen/></w:r></w:smartTag><w:fldSimple><w:r><w:t>sign.</w:t></w:r></w:fldSimple></w:p>""",
        f"<w:sdt {w}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        f"""<w:p {w} {mc}><w:r><w:t>Around</w:t><mc:AlternateContent><mc:Choice Requires="w">{box}</mc:Choice>
        <mc:Fallback>{box}</mc:Fallback></mc:AlternateContent><w:t> it.</w:t></w:r></w:p>""",
    ):
        document.element.body.insert(len(document.element.body) - 1, parse_xml(xml))
    data = io.BytesIO()
    document.save(data)
    text = document_text(data.getvalue(), "a.docx")
    assert text == "He did not re-sign.\nIn a control.\nAround it.\nIn a box."


def test_a_mail_on_standard_input_is_known_by_its_headers() -> None:
    message = mail("He left.")
    for data in (message, message.replace(b"\n", b"\r\n")):
        assert (document_text(data, "-") or "").strip() == "He left."
    assert document_text(b"Subject: he said.\n\nMIME-Version: 1.0\n", "-") is None, "an article that quotes one"
    assert document_text(b"Received: a letter.\nHe read it.\n", "-") is None


def test_mail() -> None:
    for charset in ("utf-8", "cp1252"):
        assert "“We are late,” Marr said." in (document_text(mail(PARAGRAPHS[1], charset=charset), "A.EML") or "")
    misnamed = mail(PARAGRAPHS[1], charset="cp1252").replace(b"cp1252", b"iso-8859-1")
    misnamed = misnamed.replace(b"windows-1252", b"iso-8859-1")
    assert "“We are late,” Marr said." in (document_text(misnamed, "a.eml") or ""), "as mail programs misname it"
    both = mail(PARAGRAPHS[1], "<p>Something else</p>")
    assert "Something" not in (document_text(both, "a.eml") or "")
    alone = document_text(mail("", "<table><tr><td>We go.</td></tr></table>"), "a.eml") or ""
    assert alone.startswith("<html>") and "We go." in alone
    assert document_text(mail("He left."), "a.txt") is None
    assert document_text("Subject: none is named\n\n“We go.”\n".encode(), "a.eml") == "“We go.”\n"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_mail_with_a_picture_in_its_text(kind: str) -> None:
    """As Apple Mail sends it: the text goes on behind the picture; text that is attached is none of it."""
    message = EmailMessage()
    message.make_mixed()
    before, behind, attached = "The ferry stops on Friday, Marr said.", "She denied that it had failed.", "Not this."
    for text, name in ((before, None), (attached, "list.txt"), (behind, None)):
        part = EmailMessage()
        part.set_content(f"<html><body><p>{text}</p></body></html>" if kind == "html" else text, subtype=kind)
        if name:
            part.add_header("Content-Disposition", "inline", filename=name)
        message.attach(part)
    text = document_text(message.as_bytes(), "a.eml")
    assert text is not None and before in (read := main_text(text) if kind == "html" else text) and behind in read
    assert attached not in text


def test_pdf() -> None:
    """Printed by Chromium, on two pages, so narrow that each paragraph has several lines."""
    text = document_text((FIXTURES / "article.pdf").read_bytes(), "a.pdf")
    assert text is not None and text.split("\n") == [
        "Pellmouth ferry to stop",
        "The ferry between Pellmouth and the island of Skarra will stop for nine days, its operator said on Thursday. "
        "The council will vote on a subsidy on Tuesday at 6.30 p.m.",
        "“We are late, and we know it,” Coastline Ferries chief executive Peter Naylor told reporters. "
        "He denied that the engine had failed in March.",
        "Islanders fear that the repairs could take longer, and that the misunderstandings between the administration "
        "and the company could continue. Who will pay for it?",
    ]


def test_lines_as_printed() -> None:
    lines = (
        "A headline\nThe council of the island met on Mon-\nday and voted for the new ferry of the\nport.\nIt sails."
    )
    assert unwrapped(lines).split("\n") == [
        "A headline",
        "The council of the island met on Monday and voted for the new ferry of the port.",
        "It sails.",
    ]


def archive(name: str, content: bytes = b"x") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr(name, content)
    return data.getvalue()


def blank_pdf(password: str = "") -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    data = io.BytesIO()
    writer.write(data)
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"\xd0\xcf\x11\xe0rest", "a.doc", "old kind"),
        (b"{\\rtf1 Hello}", "a.rtf", "rich text"),
        (archive("content.xml"), "a.odt", "OpenDocument"),
        (archive("a.txt"), "a.zip", "archive"),
        (archive("xl/workbook.xml"), "-", "`onrecord score` labels its rows"),
        (b"id,text\n1,He left.\n", "A.CSV", "`onrecord score` labels its rows"),
        (b"PK\3\4rest", "a.docx", "spoiled archive"),
        (archive("word/document.xml"), "a.docx", "spoiled Word file"),
        (b"%PDF-1.7 rest", "a.pdf", "PDF"),
        (blank_pdf(), "a.pdf", "without text"),
        (blank_pdf("secret"), "a.pdf", "password"),
        (mail(" "), "a.eml", "without text"),
        (b"Content-Type: message/rfc822\n\n" * 1000 + mail("He left."), "a.eml", "spoiled mail (RecursionError)"),
        (b"Content-Type: " + b"(" * 3_000 + b"\n\nHe left.", "a.eml", "spoiled mail (RecursionError)"),
        (b"Content-Type: text/plain" + b";" * 40_000 + b"\n\nHe left.", "a.eml", "more than 4,000 characters"),
        (b"Content-Type: multipart/mixed; boundary=a\n\n--a\ncontent-id:" + b";" * 40_000, "a.eml", "a content-id of"),
        (b"Subject: x\nTo: " + b"a b <a@b.example>, " * 4_000 + b"\n\nHe left.", "a.eml", ""),
        (b"Subject: x\nContent-Type: image/png\n\nx", "a.eml", "without text"),
        (b'Subject: x\nContent-Type: text/plain; charset="zork"\n\n\xe9', "a.eml", ""),
        (b"Content-Type: text(; charset*=utf-8''utf-8\n\nHe left.", "a.eml", ""),
        (b"Content-Type: text/plain; charset=ascii\n\nThe caf\xe9 shut.", "a.eml", "cannot be decoded"),
        (b"Content-Type: text/plain; charset=unicode_escape\n\nHe \\ud800 left.", "a.eml", "cannot be decoded"),
    ],
)
def test_what_cannot_be_read_says_the_way_out(data: bytes, name: str, message: str) -> None:
    try:
        document_text(data, name)
    except ValueError as error:
        assert message in str(error) and "\n" not in str(error)
    else:
        assert not message


def test_a_word_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "UNPACKED", 1000)
    with pytest.raises(ValueError, match="1000 are read"):
        document_text(word(), "a.docx")


def test_a_library_says_nothing_of_a_spoiled_file(tmp_path: Path) -> None:
    spoiled = (FIXTURES / "article.pdf").read_bytes().replace(b"/Catalog", b"/Cata10g")
    (tmp_path / "a.pdf").write_bytes(spoiled)
    code = (
        "import pathlib, sys; from onrecord.article.documents import document_text;"
        "print(document_text(pathlib.Path(sys.argv[1]).read_bytes(), 'a.pdf'))"
    )  # in a process of its own: pytest listens to what is logged
    found = subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.pdf")], capture_output=True, text=True)
    assert found.returncode == 0 and found.stdout.strip() and not found.stderr


def test_an_archive_of_a_version_that_there_is_not() -> None:
    good = archive("word/document.xml")
    spoiled = good.replace(b"PK\x01\x02\x14\x03\x14\x00", b"PK\x01\x02\x14\x03\xff\x00")
    assert spoiled != good
    with pytest.raises(ValueError, match="spoiled archive"):
        document_text(spoiled, "a.docx")
