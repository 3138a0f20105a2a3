"""Documents of what was issued: PDF, usage file, UBL, the tax authority's JSON, the journal; and their delivery."""
