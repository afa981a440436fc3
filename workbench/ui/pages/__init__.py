"""One module a page; each answers one question."""
