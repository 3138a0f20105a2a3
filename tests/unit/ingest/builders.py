"""Files of every kind that customers send, as bytes."""

import gzip
import io
import json
import zipfile
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def gzipped(data):
    """The same bytes in every run."""
    return gzip.compress(data, mtime=0)


def zipped(members, method=zipfile.ZIP_DEFLATED):
    """members: contents by name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def json_lines(*objects):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects).encode()


def number(value, style=0):
    return f'<c r="{{}}" s="{style}"><v>{value}</v></c>'


def text(value):
    return f'<c r="{{}}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def shared(place):
    return f'<c r="{{}}" t="s"><v>{place}</v></c>'


def formula(value=None, kind="n"):
    cached = "" if value is None else f"<v>{value}</v>"
    return f'<c r="{{}}" t="{kind}"><f>A1+1</f>{cached}</c>'


def boolean(value):
    return f'<c r="{{}}" t="b"><v>{int(value)}</v></c>'


GENERAL, DAY, MOMENT, SCIENTIFIC = range(4)  # the styles of `workbook`


def sheet(*rows, hidden_rows=(), before=""):
    """rows: of cells made above, a plain text among them as itself, or None. hidden_rows: numbers, 1.."""
    lines = []
    for line, cells in enumerate(rows, start=1):
        made = [
            (text(cell) if isinstance(cell, str) and not cell.startswith("<c ") else cell).format(
                f"{chr(65 + place)}{line}"
            )
            for place, cell in enumerate(cells)
            if cell is not None
        ]
        hidden = ' hidden="1"' if line in hidden_rows else ""
        lines.append(f'<row r="{line}"{hidden}>{"".join(made)}</row>')
    return f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def workbook(*sheets, states=(), strings=(), since_1904=False, more=None):
    """An XLSX file. sheets: made above. states: of each, where not visible. strings: the shared ones, as XML or text."""
    names = "".join(
        f'<sheet name="S{place}" sheetId="{place}" r:id="rId{place}"'
        f" state={quoteattr(states[place - 1] if place <= len(states) else 'visible')}/>"
        for place in range(1, len(sheets) + 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{place}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{place}.xml"/>'
        for place in range(1, len(sheets) + 1)
    )
    items = "".join(f"<si>{one if one.startswith('<') else f'<t>{escape(one)}</t>'}</si>" for one in strings)
    members = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        f'<workbookPr date1904="{int(since_1904)}"/><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/>'
        '</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="164"/><xf numFmtId="11"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{items}</sst>',
    } | {f"xl/worksheets/sheet{place}.xml": content for place, content in enumerate(sheets, start=1)}
    return zipped(members | (more or {}))
