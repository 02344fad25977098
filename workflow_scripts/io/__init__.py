"""Files as such: whole or absent, sealed, tabular, text that may be gzipped; nothing of a stage."""
