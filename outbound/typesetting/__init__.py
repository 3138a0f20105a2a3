"""Pages: from plain data and a template to PDF files that are the same bytes each time."""
