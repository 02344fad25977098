"""The formats in which stages meet: one module a format, with read, write and validate."""
