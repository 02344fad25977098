"""Self-contained HTML pages: one template, escaped values, no reference to anything outside the file.

A content security policy forbids the page to load anything, so that it opens offline and tells
nobody that it was opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from workflow_scripts.io.files import replacing

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

STYLE = """
body { margin: 2rem auto; padding: 0 1.5rem; max-width: 90rem; color: #22262a; background: #fff;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
p, ul { max-width: 52rem; }
.honest { border-left: .35rem solid #d55e00; background: #fdf1e7; padding: .5rem 1rem; font-weight: 600;
  max-width: 52rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0 1.5rem; font-size: .9rem; }
caption { text-align: left; font-weight: 600; font-size: 1.15rem; padding: 1rem 0 .6rem; }
th, td { padding: .4rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid #dfe2e6; }
thead th { border-bottom: 2px solid #6b7177; background: #f6f7f8; }
tbody th { font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; }
th.number { overflow-wrap: anywhere; min-width: 3.5rem; max-width: 11rem; }
td.hash { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .8rem; overflow-wrap: anywhere;
  min-width: 11rem; }
.long { overflow-wrap: anywhere; min-width: 14rem; }
.bad { color: #9c3d00; font-weight: 600; }
.good { color: #00664b; }
a { color: #005a8e; }
""".strip()


class Markup(str):
    """HTML that is already escaped; every other value is escaped when it is put on a page."""


def text(value: object) -> Markup:
    """`value` as HTML: escaped, unless it is Markup already."""
    return value if isinstance(value, Markup) else Markup(escape(str(value), quote=True))


def paragraph(value: object, kind: str = "") -> Markup:
    return Markup(f'<p class="{text(kind)}">{text(value)}</p>' if kind else f"<p>{text(value)}</p>")


def bullets(values: Iterable[object]) -> Markup:
    return Markup("<ul>\n" + "\n".join(f"<li>{text(value)}</li>" for value in values) + "\n</ul>")


def styled(value: object, kind: str) -> Markup:
    """`value` in one of the classes of the style sheet (`good`, `bad`)."""
    return Markup(f'<span class="{text(kind)}">{text(value)}</span>')


def breakable(name: str) -> Markup:
    """A long name that may be broken after its underscores."""
    return Markup(text(name).replace("_", "_<wbr>"))


def link(address: str) -> Markup:
    """`address` as a link where it is a web address, as plain text otherwise."""
    if not address.startswith(("https://", "http://", "ftp://")):
        return text(address)
    return Markup(f'<a href="{text(address)}" rel="noopener noreferrer" target="_blank">{text(address)}</a>')


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]], kinds: dict[str, str] | None = None
) -> Markup:
    """A table whose first column names its rows; `kinds` gives columns a class (`number`, `hash`, `long`)."""
    kinds = kinds or {}
    classes = [f' class="{kinds[name]}"' if name in kinds else "" for name in columns]
    head = "".join(f'<th scope="col"{kind}>{text(name)}</th>' for name, kind in zip(columns, classes, strict=True))
    lines = []
    for row in rows:
        first, *rest = (text(value) for value in row)
        cells = "".join(f"<td{kind}>{value}</td>" for value, kind in zip(rest, classes[1:], strict=True))
        lines.append(f'<tr><th scope="row"{classes[0]}>{first}</th>{cells}</tr>')
    body = "\n".join(lines)
    return Markup(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}">\n<table>\n'
        f"<caption>{text(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
        "</table>\n</div>"
    )


def write_page(path: Path, title: str, honest: str, parts: Iterable[Markup], scripts: Sequence[str] = ()) -> None:
    """Write a page of `parts` under `title`; the honest line, where there is one, stands above all.

    `scripts` are put at the end of the body as they are; they must not hold `</script`.
    """
    above = [paragraph(honest, "honest")] if honest else []
    body = "\n".join([Markup(f"<h1>{text(title)}</h1>"), *above, *parts])
    code = "\n".join(f"<script>\n{script}\n</script>" for script in scripts)
    document = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>
{STYLE}
</style>
</head>
<body>
<main>
{body}
</main>
{code}
</body>
</html>
"""
    with replacing(path) as temporary:
        temporary.write_text(document, encoding="utf-8")
