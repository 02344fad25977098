"""Self-contained HTML pages: one template, escaped values, no reference to anything outside the file.

A content security policy forbids the page to load anything, so that it opens offline and tells
nobody that it was opened. Every value is escaped when it is put on a page, but `Markup`, which is HTML already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

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
.interval { white-space: normal; }
th.number { overflow-wrap: anywhere; min-width: 3.5rem; max-width: 11rem; }
td.hash { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .8rem; overflow-wrap: anywhere;
  min-width: 11rem; }
.long { overflow-wrap: anywhere; min-width: 14rem; }
.bad { color: #9c3d00; font-weight: 600; }
.good { color: #00664b; }
a { color: #005a8e; }
h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; }
figure { margin: 1rem 0 2rem; }
figcaption { font-weight: 600; margin-bottom: .4rem; }
figure img { max-width: 100%; height: auto; max-height: 46rem; }
.paste { border: 1px solid #dfe2e6; background: #f6f7f8; padding: .25rem 1.25rem; max-width: 52rem; }
.chart-wrapper { display: flex; flex-direction: column; }
.vega-bindings { order: -1; margin-bottom: .5rem; }
.name { white-space: nowrap; }
.dot { vertical-align: -.05em; }
@media (max-width: 75rem) {
  body { padding: 0 .75rem; }
  table { font-size: .78rem; }
  th, td { padding: .3rem .4rem; }
  td.hash { font-size: .72rem; min-width: 8rem; }
  .long { min-width: 9rem; }
}
""".strip()

TEMPLATES = Environment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
)
PAGE = TEMPLATES.from_string("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy | safe }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
{{ style | safe }}
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
{% for part in parts %}
{{ part }}
{% endfor %}
</main>
{% for script in scripts %}
<script>
{{ script | safe }}
</script>
{% endfor %}
</body>
</html>
""")
TABLE = TEMPLATES.from_string("""\
<div class="scroll" tabindex="0" role="region" aria-label="{{ caption }}">
<table>
<caption>{{ caption }}</caption>
<thead><tr>
{% for name, kind in columns %}
<th scope="col"{{ kind }}>{{ name }}</th>
{% endfor %}
</tr></thead>
<tbody>
{% for row in rows %}
<tr>
{% for value, kind in row %}
{% if loop.first %}
<th scope="row"{{ kind }}>{{ value }}</th>
{% else %}
<td{{ kind }}>{{ value }}</td>
{% endif %}
{% endfor %}
</tr>
{% endfor %}
</tbody>
</table>
</div>""")


def paragraph(value: object, kind: str = "") -> Markup:
    """`value` as a paragraph, in one of the classes of the style sheet (`honest`, `bad`) where one is given."""
    return Markup("<p{}>{}</p>").format(_class(kind), value)


def heading(value: object) -> Markup:
    return Markup("<h2>{}</h2>").format(value)


def bullets(values: Iterable[object]) -> Markup:
    return Markup("<ul>\n{}\n</ul>").format(Markup("\n").join(Markup("<li>{}</li>").format(value) for value in values))


def styled(value: object, kind: str) -> Markup:
    """`value` in one of the classes of the style sheet (`good`, `bad`)."""
    return Markup("<span{}>{}</span>").format(_class(kind), value)


def breakable(name: str) -> Markup:
    """A long name that may be broken after its underscores."""
    return escape(name).replace("_", Markup("_<wbr>"))


def link(address: str) -> Markup:
    """`address` as a link where it is a web address, as plain text otherwise."""
    if not address.startswith(("https://", "http://", "ftp://")):
        return escape(address)
    return Markup('<a href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>').format(address)


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]], kinds: dict[str, str] | None = None
) -> Markup:
    """A table whose first column names its rows; `kinds` gives columns a class (`number`, `hash`, `long`)."""
    classes = [_class((kinds or {}).get(name, "")) for name in columns]
    cells = ([*zip(row, classes, strict=True)] for row in rows)
    return Markup(TABLE.render(caption=caption, columns=[*zip(columns, classes, strict=True)], rows=cells))


def write_page(path: Path, title: str, honest: str, parts: Iterable[Markup], scripts: Sequence[str] = ()) -> None:
    """Write a page of `parts` under `title`; the honest line, where there is one, stands above all.

    `scripts` are put at the end of the body as they are; they must not hold `</script`.
    """
    above = [paragraph(honest, "honest")] if honest else []
    document = PAGE.render(title=title, parts=[*above, *parts], scripts=scripts, policy=POLICY, style=STYLE)
    with replacing(path) as temporary:
        temporary.write_text(document, encoding="utf-8")


def _class(kind: str) -> Markup:
    return Markup(' class="{}"').format(kind) if kind else Markup()
