"""An invoice or a credit note as a PDF: made by the command that makes it for delivery, so the same bytes."""

import tempfile
from pathlib import Path

from fastapi import HTTPException, Response

from reports.portal import commands
from reports.portal.visitor import Visitor


def pdf_of(visitor: Visitor, account: str, label: str) -> Response:
    """In the visitor's language. Whether they may have it is for the caller to see to."""
    with tempfile.TemporaryDirectory(prefix="outbound-portal-") as folder:
        made = Path(folder) / "document.pdf"
        command = ["documents", "write", label, "--account", account, "--language", visitor.language, "-o", str(made)]
        if not commands.run(visitor, command).succeeded:
            raise HTTPException(500)
        content = made.read_bytes()
    headers = {"Content-Disposition": f'inline; filename="{label}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)
