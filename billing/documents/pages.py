"""The pages of an invoice or a credit note."""

from pathlib import Path

from billing.documents.content import Document
from billing.documents.layout import layout
from outbound.typesetting import typesetter

TEMPLATE = Path(__file__).with_name("document.typ")


class Typesetter(typesetter.Typesetter):
    """Makes pages of documents, one after another; a `with` block ends its process."""

    def __init__(self) -> None:
        super().__init__(TEMPLATE)

    def pdf(self, document: Document, language: str | None = None) -> bytes:
        """language: en, ar or both; default: the buyer's. Raises NotTypeset."""
        return self.make(document.label, layout(document, language))
