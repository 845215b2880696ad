"""One self-contained HTML page about a training run: curves, weights, mistakes, confusions."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterable
from string import Template

import numpy as np

from . import extra
from .digits import History, Recogniser, Task, losses

RED, GREEN = (214, 48, 49), (22, 160, 90)
COLOURS = ["#2f7ed8", "#e08a1e"]
MISTAKES = 24

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
:root { --text: #1d2329; --soft: #5d6873; --line: #e1e5e9; --page: #fcfcfb; --card: #fff;
        --zero: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e7ea; --soft: #9aa5b0; --line: #30363d; --page: #14171a; --card: #1b1f23;
          --zero: #000; }
  .ink { filter: invert(1); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.1rem 4rem; max-width: 60rem; color: var(--text);
       background: var(--page); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: clamp(1.5rem, 5vw, 2.1rem); line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.15rem; margin: 3rem 0 .2rem; }
p { margin: .2rem 0 1rem; max-width: 44rem; color: var(--soft); }
strong { color: var(--text); }
code, pre { font: .88em ui-monospace, monospace; color: var(--text); }
pre { padding: .8rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 8px;
      background: var(--card); white-space: pre-wrap; overflow-wrap: anywhere; }
img { width: 100%; image-rendering: pixelated; display: block; }
svg { width: 100%; height: auto; display: block; }
svg text { font-family: system-ui, sans-serif; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: .7rem;
         margin: 1.6rem 0 0; padding: 0; }
.facts div, .chart { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
                     padding: .7rem .9rem; }
.facts dt { color: var(--soft); font-size: .8rem; }
.facts dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr));
          gap: .9rem; }
.weights { display: grid; grid-template-columns: repeat(auto-fill, minmax($tile, 1fr)); gap: 7px; }
.weights img { border-radius: 3px; background: var(--zero); outline: 1px solid var(--line); }
.scale { display: flex; gap: .6rem; align-items: center; font-size: .82rem; color: var(--soft);
         margin: .7rem 0 0; }
.scale span { width: 9rem; height: .7rem; border-radius: 4px; outline: 1px solid var(--line);
  background: linear-gradient(90deg, rgb($red), rgba($red, 0), rgba($green, 0), rgb($green)); }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.2rem, 1fr));
            gap: .9rem; }
figure { margin: 0; font-size: .82rem; line-height: 1.35; color: var(--soft); }
figure img { border: 1px solid #bbb; border-radius: 6px; margin-bottom: .35rem; background: #fff; }
table { border-collapse: separate; border-spacing: 2px; table-layout: fixed; width: 100%;
        max-width: 30rem; text-align: center; font-size: clamp(.7rem, 2.8vw, .9rem);
        font-variant-numeric: tabular-nums; }
th { font-weight: 600; color: var(--soft); }
td { height: 2.1em; padding: 0; border-radius: 3px; background: var(--line); }
td.none { color: transparent; background: var(--card); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line);
         font-size: .85rem; color: var(--soft); }
</style>
</head>
<body>
<h1>$title</h1>
<p>$intro</p>
<dl class="facts">$facts</dl>

<h2>Learning</h2>
<p>Each epoch shows the network every training digit once, turned, zoomed and shifted a little; that
makes them harder than the test digits. While both losses fall it learns what digits have in common;
a test loss that rises again is a sign of learning the training digits by heart.</p>
<div class="charts"><div class="chart">$loss</div><div class="chart">$accuracy</div></div>

<h2>What the first layer looks for</h2>
<p>Each square is one of the $hidden hidden neurons: the weight it gives to each pixel. Ink on
<strong style="color:rgb($green)">green</strong> excites it, ink on
<strong style="color:rgb($red)">red</strong> silences it, so a neuron responds to the green stroke
where there is no red one. An empty square is a neuron that found nothing to do.</p>
<div class="weights">$weights</div>
<div class="scale">&minus;$limit<span></span>+$limit</div>

<h2>The digits it gets most wrong</h2>
<p>$mistakes_text</p>
<div class="mistakes">$mistakes</div>

<h2>What it takes for what</h2>
<p>Rows are what was written, columns what was read: the diagonal is right, every other number a
confusion. Look whether the pairs it confuses are those that you would.</p>
$confusion

<h2>How strong the gradient is in each layer</h2>
<p>The length of &part;loss/&part;W, averaged over the batches of an epoch. Layers of similar
strength learn at a similar pace; in deep networks the first curve can fall away by orders of
magnitude, the vanishing gradient.</p>
<div class="charts"><div class="chart">$gradients</div></div>

<h2>Is the gradient right?</h2>
<p>The derivative of the loss by every parameter tensor of the trained network, computed backwards in
double precision, against the difference quotient of the loss itself.</p>
<pre>$check</pre>

<h2>Use it</h2>
<p>$use</p>
<pre>tinygrad-pt predict $weights_file picture.png</pre>
<footer>$source<br>Made by tinygrad_pt with <code>$command</code>.</footer>
</body>
</html>
""")

USES = {
    "digits": "It reads pictures of single digits. It learned from 13 people's writing at 8x8 "
              "pixels; for other hands, weights trained with --data mnist are the better choice.",
    "mnist": "It reads pictures of single digits, dark on light or light on dark.",
}
SOURCES = {
    "digits": "Digits: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI "
              "Machine Learning Repository, 1998, doi:10.24432/C50P49, CC BY 4.0.",
    "mnist": "Digits: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten "
             "digits, 1998.",
}


def page(net: Recogniser, task: Task, history: History, images: np.ndarray, labels: np.ndarray,
         p: np.ndarray, facts: dict[str, str], check: str, weights_file: str, command: str) -> str:
    """The report as HTML.

    ``images`` (n, side, side), ``labels`` (n,) and probabilities ``p`` (n, 10) are those of the
    test set; ``facts`` are shown at the top, ``check`` is the gradient check's text.
    """
    w = net.hidden.weight.detach().numpy().reshape(-1, task.side, task.side)
    limit = float(np.quantile(abs(w), 0.995))  # the few beyond it are drawn as strong as it
    read, surprise = p.argmax(1), losses(p, labels)
    wrong = int((read != labels).sum())
    epochs = range(1, len(history.test_loss) + 1)
    curves = {"training": history.train_loss, "test": history.test_loss}
    accuracies = {"training": history.train_accuracy, "test": history.test_accuracy}
    most = np.argsort(-surprise, kind="stable")[:MISTAKES]
    escaped = {
        "title": "A network that reads handwritten digits",
        "intro": f"{task.side ** 2} pixels, {len(w)} hidden neurons, 10 answers: trained on "
                 f"real handwriting, tested on {len(labels):,} digits it had never seen.",
        "mistakes_text":
            f"{wrong:,} of the {len(labels):,} test digits are read wrongly. "
            + ("Here are those it was most surprised by" if wrong > MISTAKES else
               "Here they are, followed by the closest calls" if wrong < MISTAKES else "Here they are")
            + ", in order; the percentage is how sure it was of what it read.",
        "hidden": str(len(w)), "limit": f"{limit:.2g}", "check": check,
        "use": USES[task.name], "source": SOURCES[task.name],
        "weights_file": weights_file, "command": command,
    }
    return PAGE.substitute(
        {name: html.escape(text) for name, text in escaped.items()},
        facts="".join(f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
                      for name, value in facts.items()),
        red=", ".join(map(str, RED)), green=", ".join(map(str, GREEN)),
        tile="min(3.1rem, 9.5vw)" if task.side < 16 else "min(4.2rem, 13vw)",
        loss=chart("loss", epochs, curves),
        accuracy=chart("accuracy, %", epochs,
                       {name: 100 * np.array(values) for name, values in accuracies.items()},
                       bottom=100 * min(history.test_accuracy) - 2),
        gradients=chart("‖∂loss/∂W‖", epochs,
                        {f"{name.partition('.')[0]} layer": values
                         for name, values in history.gradients.items()}),
        weights="".join(f'<img alt="weights of neuron {i}" src="{weights_png(tile, limit)}">'
                        for i, tile in enumerate(w)),
        mistakes="".join(mistake(images[i], labels[i], p[i]) for i in most),
        confusion=confusion(labels, read))


def png(pixels: np.ndarray) -> str:
    """A uint8 array (h, w, 4) of red, green, blue and opacity as a data: URI."""
    file = io.BytesIO()
    extra("PIL.Image").fromarray(pixels, "RGBA").save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def weights_png(w: np.ndarray, limit: float) -> str:
    """Weights (h, w) as a picture: −limit red, 0 transparent, +limit green."""
    pixels = np.empty((*w.shape, 4), np.uint8)
    pixels[..., :3] = np.where(w[..., None] < 0, RED, GREEN)
    pixels[..., 3] = np.rint(255 * np.minimum(abs(w) / limit, 1))
    return png(pixels)


def mistake(image: np.ndarray, label: int, p: np.ndarray) -> str:
    """A digit with what it is and what was read, as a figure."""
    pixels = np.zeros((*image.shape, 4), np.uint8)
    pixels[..., :3] = np.rint(255 * (1 - image))[..., None]
    pixels[..., 3] = 255
    read = int(p.argmax())
    verdict = (f"<strong>{label}</strong> read as <strong>{read}</strong>" if read != label
               else f"<strong>{label}</strong>, read rightly")
    return (f'<figure><img class="ink" alt="a handwritten {label}" src="{png(pixels)}">'
            f"<figcaption>{verdict}, {100 * p[read]:.0f}&nbsp;%</figcaption></figure>")


def confusion(labels: np.ndarray, read: np.ndarray) -> str:
    """The confusion matrix as a table, shaded by the share of its row."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, read), 1)
    rows = []
    for digit, row in enumerate(counts):
        cells = []
        for other, n in enumerate(row):
            share = n / max(row.sum(), 1)
            colour, opacity = ((GREEN, 0.15 + 0.55 * share) if digit == other
                               else (RED, min(0.8, 0.2 + 6 * share)))
            r, g, b = colour
            style = (f' style="background:rgba({r},{g},{b},{opacity:.2f})"' if n
                     else ' class="none"')
            cells.append(f"<td{style}>{n}</td>")
        rows.append(f"<tr><th>{digit}</th>{''.join(cells)}</tr>")
    head = "".join(f"<th>{digit}</th>" for digit in range(10))
    return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def chart(title: str, x: Iterable[int], curves: dict[str, np.ndarray | list[float]],
          bottom: float | None = None) -> str:
    """Curves over the epochs as inline SVG in the page's text colour.

    The axis is linear from ``bottom`` up if that is given, else logarithmic.
    """
    matplotlib = extra("matplotlib")
    figure_module, ticker = extra("matplotlib.figure"), extra("matplotlib.ticker")
    mark = "#010203"  # stands for the page's colour, which matplotlib cannot name
    style = {"svg.fonttype": "none", "svg.hashsalt": "tinygrad_pt", "text.color": mark,
             "axes.edgecolor": mark, "axes.labelcolor": mark, "xtick.color": mark,
             "ytick.color": mark, "axes.spines.top": False, "axes.spines.right": False,
             "axes.titlelocation": "left", "axes.titlesize": 11, "font.size": 10,
             "grid.color": mark, "grid.alpha": 0.12, "axes.grid": True, "legend.frameon": False}
    with matplotlib.rc_context(style):
        figure = figure_module.Figure(figsize=(4.4, 3), layout="constrained")
        axes = figure.add_subplot()
        for (name, y), colour in zip(curves.items(), COLOURS, strict=False):
            axes.plot(list(x), y, color=colour, linewidth=1.8, label=name,
                      marker="o" if len(y) < 3 else None)
        axes.set(title=title, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        if bottom is not None:
            axes.set_ylim(bottom=max(0, bottom))
        else:
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_locator(ticker.NullLocator())
        axes.legend()
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg"):].replace(mark, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    return re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1",
                  re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1)
