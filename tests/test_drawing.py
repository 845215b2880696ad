"""Drawings: everything is in them, nothing covers anything, and they are always the same.

    python tests/test_drawing.py       # draws the picture in the README again
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_pt import Value, draw

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "neuron.svg"
SVG = "{http://www.w3.org/2000/svg}"


def neuron():
    """tanh(x₁w₁ + x₂w₂ + b), the neuron of the micrograd lecture."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.881373587019543, label="b")
    n = x1 * w1 + x2 * w2 + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return o


def texts(svg, kind=None):
    """The texts of a drawing, in the order of its file, of one class or of all."""
    return [t.text for t in ET.fromstring(svg).iter(f"{SVG}text")
            if kind is None or kind in t.get("class").split()]


def rects(svg, *kinds):
    return [tuple(float(r.get(k)) for k in ("x", "y", "width", "height"))
            for r in ET.fromstring(svg).iter(f"{SVG}rect") if not kinds or r.get("class") in kinds]


def points(path):
    """Points along a path of the commands M, H and C."""
    x = y = 0.0
    for command, numbers in re.findall("([MHC])([^MHC]*)", path):
        n = [float(v) for v in numbers.split()]
        end = (n[0], y) if command == "H" else tuple(n[-2:])
        a, b = ((x, y), end) if command != "C" else (n[:2], n[2:4])
        if command != "M":
            for t in (i / 16 for i in range(17)):
                yield tuple((1 - t)**3 * p + 3 * t * (1 - t)**2 * q + 3 * t**2 * (1 - t) * r + t**3 * s
                            for p, q, r, s in zip((x, y), a, b, end, strict=True))
        x, y = end


def check_nothing_overlaps(svg):
    """No two boxes, no two slopes, no line through a card or a slope; all within the picture."""
    root = ET.fromstring(svg)
    left, top, width, height = (float(v) for v in root.get("viewBox").split())
    assert (root.get("width"), root.get("height")) == tuple(root.get("viewBox").split()[2:])
    slopes = []
    for t in root.iter(f"{SVG}text"):
        if t.get("class") == "slope":
            w = 6.6 * len(t.text)
            slopes.append((float(t.get("x")) - w / 2, float(t.get("y")) - 9, w, 11))
    boxes = rects(svg) + slopes
    for (x, y, w, h), (u, v, p, q) in combinations(boxes, 2):
        assert x + w <= u or u + p <= x or y + h <= v or v + q <= y
    for x, y, w, h in boxes:
        assert left <= x and x + w <= left + width and top <= y and y + h <= top + height
    for path in root.iter(f"{SVG}path"):
        for px, py in points(path.get("d")):
            for x, y, w, h in boxes:
                assert not (x + 0.2 < px < x + w - 0.2 and y < py < y + h), (path.get("d"), x, y)


def test_everything_about_the_neuron_is_there():
    o = neuron()
    o.backward()
    svg = draw(o).svg
    assert texts(svg, "label") == ["x1", "w1", "x2", "w2", "b", "n", "o"]
    assert sorted(texts(svg, "data")) == sorted(
        ["2", "−3", "0", "1", "6.881", "−6", "0", "−6", "0.8814", "0.7071"])
    assert sorted(texts(svg, "grad")) == sorted(
        ["−1.5", "1", "0.5", "0", "0.5", "0.5", "0.5", "0.5", "0.5", "1"])
    assert sorted(texts(svg, "slope")) == sorted(
        ["−3", "2", "1", "0", "1", "1", "1", "1", "0.5"])
    assert sorted(texts(svg, "op")) == ["+", "+", "tanh", "×", "×"]
    assert len(rects(svg, "leaf")) == 5 and len(rects(svg, "result")) == 5
    check_nothing_overlaps(svg)


def test_the_picture_in_the_readme_is_what_draw_gives_now():
    o = neuron()
    o.backward()
    assert PICTURE.read_text(encoding="utf-8") == draw(o).svg


def test_the_same_expression_gives_the_same_picture():
    assert draw(neuron()).svg == draw(neuron()).svg
    assert " id=" not in draw(neuron()).svg  # so that two may stand in one page


def test_gradients_are_absent_before_backward():
    o = neuron()
    assert texts(draw(o).svg, "grad") == []
    assert texts(draw(o).svg).count("—") == 10
    o.backward()
    assert "—" not in texts(draw(o).svg)


def test_gradients_left_from_an_earlier_step_are_shown():
    x = Value(3.0)
    (x * x).backward()
    assert texts(draw(x * 2).svg, "grad") == ["6"]


def test_a_shared_operand_is_drawn_once_with_a_line_for_each_use():
    a = Value(3.0, label="a")
    svg = draw(a * a + a).svg
    assert texts(svg, "label") == ["a"]
    assert sorted(texts(svg, "slope")) == ["1", "1", "3", "3"]
    assert len(rects(svg, "leaf")) == 1
    check_nothing_overlaps(svg)


@pytest.mark.parametrize("f, op", [
    (lambda x: x * 3, "×3"), (lambda x: 1 + x, "+1"), (lambda x: x - 1, "−1"),
    (lambda x: 1 - x, "1 −"), (lambda x: x / 2, "÷2"), (lambda x: 10 / x, "10 ÷"),
    (lambda x: x ** 2, "**2"), (lambda x: x ** -0.5, "**−0.5"), (lambda x: 2 ** x, "2 **"),
    (lambda x: -x, "−"), (lambda x: x.relu(), "ReLU"),
    (lambda x: x.clip(-1, 1), "clip(·, −1, 1)"), (lambda x: x.maximum(0), "maximum(·, 0)"),
])
def test_plain_numbers_stand_with_the_operation(f, op):
    assert texts(draw(f(Value(0.5))).svg, "op") == [op]


@pytest.mark.parametrize("x, shown", [
    (2.0, "2"), (-1.0, "−1"), (1 / 3, "0.3333"), (123456.0, "1.235e5"), (1e-7, "1e−7"),
    (-0.0, "0"), (float("inf"), "inf"), (-float("inf"), "−inf"), (float("nan"), "nan"),
])
def test_numbers(x, shown):
    assert texts(draw(Value(x)).svg, "data") == [shown]


def test_a_value_made_by_hand_has_no_known_derivative():
    svg = draw(Value(4.0, (Value(2.0),), "square")).svg
    assert (texts(svg, "op"), texts(svg, "slope")) == (["square"], [])


def test_precision():
    assert texts(draw(Value(1 / 3), precision=8).svg, "data") == ["0.33333333"]


def test_many_operands_in_one_node():
    w, x = [[Value(i + j) for i in range(3)] for j in (0.25, 10.5)]
    y = Value.dot(w, x)
    assert sorted(texts(draw(y).svg, "slope"), key=float) == [
        "0.25", "1.25", "2.25", "10.5", "11.5", "12.5"]
    assert texts(draw(y).svg, "op") == ["dot"]
    y = Value.sum([*w, 5])
    assert texts(draw(y).svg, "slope") == ["1"] * 3
    assert texts(draw(y).svg, "op") == ["sum +5"]
    check_nothing_overlaps(draw(y).svg)


@pytest.mark.parametrize("label", ["<&\">'", "]]>", "</svg>", "α × 日本", "a\nb", "\x00\x1b", "\ud800"])
def test_labels_are_escaped(label):
    svg = draw(Value(1.0, label=label) + Value(2.0)).svg
    svg.encode()
    shown = "".join(c if c.isprintable() else "\ufffd" for c in label)
    assert texts(svg, "label") == [shown]


def test_a_long_label_is_cut():
    svg = draw(Value(1.0, label="weight" * 100)).svg
    assert texts(svg, "label") == ["weightweightweightweigh…"]


def test_too_many_nodes():
    x = y = Value(1.0)
    for _ in range(300):
        y = y + x
    with pytest.raises(ValueError, match=r"301 nodes.*limit=200"):
        draw(y)
    assert len(rects(draw(y, limit=301).svg, "result")) == 300


def test_a_chain_of_a_million_nodes_is_an_error_not_a_crash():
    y = Value(1.0)
    for _ in range(1_000_000):
        y = y + 1
    with pytest.raises(ValueError, match="1,000,001 nodes"):
        draw(y)


def test_only_values_and_tensors_can_be_drawn():
    with pytest.raises(TypeError, match="Value or a Tensor, got str"):
        draw("x")


@given(st.lists(st.tuples(st.sampled_from("+*-tsd"), st.integers(0, 30), st.integers(0, 30)),
                min_size=1, max_size=25))
def test_nothing_overlaps(steps):
    values = [Value(0.5, label="a"), Value(-1.5), Value(2.0, label="a longer name")]
    for op, i, j in steps:
        a, b = values[-1 - i % len(values)], values[-1 - j % len(values)]
        match op:
            case "+":
                y = a + b
            case "*":
                y = a * 0.125 * b
            case "-":
                y = 1 - a
            case "t":
                y = a.tanh()
            case "s":
                y = Value.sum(values[-5:])
            case "d":
                y = Value.dot([a, b, 2.0], [b, b, a])
        values.append(y)
    values[-1].backward()
    check_nothing_overlaps(draw(values[-1], precision=3).svg)


def test_saving(tmp_path):
    d = draw(neuron())
    d.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == d.svg == d._repr_svg_()
    d.save(str(tmp_path / "a.html"))
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and d.svg in page
    with pytest.raises(ValueError, match=r"\.svg or \.html, got '.*a\.png'"):
        d.save(tmp_path / "a.png")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "a.svg"]
    assert repr(d).startswith("<Drawing")


def test_drawing_values_needs_no_numpy():
    code = ("import sys; from tinygrad_pt import Value, draw; draw(Value(2.0) * 3).svg; "
            "sys.exit('numpy' in sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ},
                   cwd=Path(__file__).parent.parent)


# ── tensors ─────────────────────────────────────────────────────────────────────────────────────

def layer():
    import tinygrad_pt as tp
    x = tp.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    w = tp.tensor([[0.5], [-0.25]], requires_grad=True)
    b = tp.tensor([0.125], requires_grad=True)
    return ((x @ w + b).tanh() ** 2).sum() * 0.5


def test_a_tensor():
    y = layer()
    svg = draw(y).svg
    assert sorted(texts(svg, "op")) == sorted(["matmul", "+", "tanh", "**2", "sum", "×0.5"])
    assert len(rects(svg, "leaf")) == 2 and len(rects(svg, "given")) == 1
    assert {"3×2", "2×1", "1", "3×1", "scalar", "float32"} <= set(texts(svg, "key"))
    assert "[0.5, −0.25]" in texts(svg, "data") and "3.5 ± 1.708" in texts(svg, "data")
    assert texts(svg, "grad") == []
    # Where the derivative is one number, that; else what kind of matrix: ∂y/∂x has y.size × x.size.
    assert sorted(texts(svg, "slope")) == sorted(
        ["3×6", "3×2", "1", "1", "diag", "diag", "1×3", "0.5"])
    check_nothing_overlaps(svg)
    y.backward(retain_graph=True)
    svg = draw(y).svg
    assert len(texts(svg, "grad")) == 8 and "—" not in texts(svg)
    assert texts(svg, "grad")[-1] == "1"
    check_nothing_overlaps(svg)
    assert svg == draw(y).svg


def test_a_freed_graph_says_so():
    y = layer()
    y.backward()
    with pytest.raises(ValueError, match="retain_graph=True"):
        draw(y)


def test_odd_tensors():
    import tinygrad_pt as tp
    assert texts(draw(tp.tensor(2.0)).svg, "data") == ["2"]
    assert texts(draw(tp.tensor([True, False])).svg, "data") == ["[1, 0]"]
    assert texts(draw(tp.tensor([True, False] * 3)).svg, "data") == ["0.5 ± 0.5"]
    assert "[]" in texts(draw(tp.zeros(0, 3, requires_grad=True) * tp.zeros(0, 3)).svg, "data")
    x = tp.tensor([1.0, -2.0], requires_grad=True)
    svg = draw(tp.where(x > 0, x, -x)).svg
    check_nothing_overlaps(svg)
    assert sorted(texts(svg, "slope")) == ["diag", "diag", "−1"]


if __name__ == "__main__":
    y = neuron()
    y.backward()
    draw(y).save(PICTURE)
