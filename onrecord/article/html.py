"""An article as a self-contained HTML page: each sentence coloured by its label, which also stands there as a word."""

from collections.abc import Sequence
from html import escape

from onrecord.article.read import Article
from onrecord.classifier import Prediction

HUES = (215, 42, 0, 130, 275, 185, 320, 90)  # by label number, in degrees

_STYLE = """:root{color-scheme:light dark;--ink:#1c1c1e;--paper:#fbfbf9;--dim:#5c5c63;--wash:90%;--text:26%}
@media(prefers-color-scheme:dark){:root{--ink:#ececee;--paper:#17181b;--dim:#a5a5ad;--full:45%;--wash:20%;--text:80%}}
body{background:var(--paper);color:var(--ink);font:17px/1.75 Georgia,serif;max-width:44rem;
  margin:2.5rem auto;padding:0 1.2rem}
.s{background:hsl(var(--hue) var(--full,60%) var(--wash));border-radius:.25em;
  padding:.12em .3em;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.s.abstained{background:none;outline:1px dashed hsl(var(--hue) 50% 50%)}
small{font:600 11px/1 system-ui,sans-serif;color:hsl(var(--hue) 75% var(--text));white-space:nowrap;margin-right:.35em}
header,footer{font:14px/1.5 system-ui,sans-serif;color:var(--dim)}header .s{color:var(--ink);margin-right:1em}"""


def labels_of(prediction: Prediction) -> str:
    """The label, with the second one where one other cannot be excluded: "scheduling/hedge"."""
    others = [label for label in prediction.label_set if label != prediction.label]
    two = len(others) == 1 and len(prediction.label_set) == 2
    return "/".join((prediction.label, *others)) if two else prediction.label


def page(article: Article, labels: Sequence[str], title: str) -> str:
    """The page. `labels` in the model's order fix the colours; a dashed frame and a ? mark those abstained on."""
    hue = {label: HUES[i % len(HUES)] for i, label in enumerate(labels)}
    counts = {label: sum(s.prediction.label == label for s in article.statements) for label in labels}
    key = " ".join(
        f'<span class="s" style="--hue:{hue[label]}">{escape(label)} {count}</span>' for label, count in counts.items()
    )
    paragraphs: dict[int, list[str]] = {}
    for s in article.statements:
        p = s.prediction
        speaker = f" · <bdi>{escape(s.speaker_name)}</bdi>" if s.speaker_name else ""
        note = f"{escape(labels_of(p))} {p.confidence:.0%}{'?' if p.abstained else ''}{speaker}"
        style = f'class="s{" abstained" if p.abstained else ""}" style="--hue:{hue[p.label]}"'
        paragraphs.setdefault(s.paragraph, []).append(
            f"<span {style}><small>{note}</small><bdi>{escape(s.text)}</bdi></span>"
        )
    body = "\n".join(f"<p>{' '.join(parts)}</p>" for parts in paragraphs.values())
    dated = f" · published {article.published.isoformat()}" if article.published else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n"
        f"<header><p><bdi>{escape(title)}</bdi>{dated}</p><p>{key}</p></header>\n"
        f"<main>{body}</main>\n"
        "<footer><p>label (two where the second cannot be excluded), confidence, and who is said to have said it; "
        "? and a dashed frame: too unsure to be answered.</p></footer></body></html>\n"
    )
