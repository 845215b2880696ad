"""tinygrad-pt train and predict, from the command line to the files they write."""

import re
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("rich")
pytest.importorskip("matplotlib")
Image = pytest.importorskip("PIL.Image")
safetensors = pytest.importorskip("safetensors")

import tinygrad_pt as tg  # noqa: E402
from tinygrad_pt import data  # noqa: E402
from tinygrad_pt.__main__ import main  # noqa: E402
from tinygrad_pt.models import digits, picture, report  # noqa: E402


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with the results of a short training, and what it printed."""
    out = tmp_path_factory.mktemp("trained")
    run = subprocess.run([sys.executable, "-m", "tinygrad_pt", "train", "--epochs", "30",
                          "--seed", "1", "--out", str(out)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return out, run.stdout


def test_train_says_how_good_it_is(trained):
    _, text = trained
    found = re.search(r"^test accuracy: (\d+\.\d) %$", text, re.MULTILINE)
    assert float(found[1]) >= 97
    assert re.search(r"^gradient check: pass$", text, re.MULTILINE)
    assert "\x1b" not in text and "\r" not in text and len(text.splitlines()) < 20


def test_the_report_is_one_complete_file(trained):
    out, _ = trained
    page = (out / "digits.html").read_text(encoding="utf-8")
    sources = re.findall(r'(?:src|href)="([^"]*)"', page) + re.findall(r"url\(([^)]*)\)", page)
    assert all(s.startswith(("data:image/png;base64,", "#")) for s in sources)
    assert not re.search(r"<(script|link|iframe)|@import", page)
    assert page.count("weights of neuron") == 128
    assert page.count("a handwritten") == report.MISTAKES
    assert page.count("<svg") == 3 and page.count("<td") == 100
    assert "gradient check: pass" in page and "doi:10.24432/C50P49" in page
    assert sorted(p.name for p in out.iterdir()) == ["digits.html", "digits.safetensors"]


def test_the_weights_load_elsewhere(trained):
    out, text = trained
    with safetensors.safe_open(out / "digits.safetensors", framework="numpy") as file:
        about = file.metadata()
        w1, b1, w2, b2 = (file.get_tensor(f"{layer}.{part}") for layer in ("hidden", "output")
                          for part in ("weight", "bias"))
    assert about["architecture"] == "mlp" and about["layers"] == "64 128 10"
    assert about["data"] == "digits" and about["input"] == "8 8"
    assert w1.dtype == np.float32
    _, _, x, y = data.digits()
    x = (x.reshape(-1, 64) - float(about["mean"])) / float(about["scale"])
    read = (np.maximum(x @ w1.T + b1, 0) @ w2.T + b2).argmax(1)
    assert f"test accuracy: {100 * (read == y).mean():.1f} %" in text


@pytest.mark.parametrize("style", ["dark on light", "light on dark", "transparent", "photo"])
def test_predict_reads_held_out_digits(trained, tmp_path, capsys, style):
    out, _ = trained
    _, _, images, labels = data.digits()
    chosen = [int(np.flatnonzero(labels == digit)[3]) for digit in range(10)]
    paths = []
    for i in chosen:
        ink = np.pad(np.kron(images[i] / 16, np.ones((20, 20))), 30)
        if style == "transparent":
            pixels = np.zeros((*ink.shape, 4))
            pixels[..., 3] = 255 * ink
        elif style == "light on dark":
            pixels = 30 + 200 * ink
        else:
            pixels = 230 - 200 * ink
        paths.append(tmp_path / f"{i}.{'jpg' if style == 'photo' else 'png'}")
        Image.fromarray(np.uint8(pixels)).save(paths[-1])
    assert main(["predict", str(out / "digits.safetensors"), *map(str, paths)]) == 0
    text = capsys.readouterr().out
    read = [int(re.search(f"^{re.escape(str(path))}: (\\d)$", text, re.MULTILINE)[1])
            for path in paths]
    assert sum(r == labels[i] for r, i in zip(read, chosen, strict=True)) >= 9
    assert text.count("█") > 100 and len(text.splitlines()) == 11 * len(paths)


def test_a_picture_becomes_what_mnist_holds():
    stroke = np.ones((60, 9), np.float32)  # a one, 60 pixels high
    image = picture.like_mnist(stroke)
    assert image.shape == (28, 28) and image.max() == 1
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    assert (rows[0], rows[-1]) == (4, 23) and list(columns) in ([12, 13, 14], [13, 14, 15])


def test_a_slanted_thin_digit_becomes_upright_and_bold():
    slanted = np.zeros((80, 80), np.float32)
    for i in range(80):
        slanted[i, 79 - i:][:3] = 1
    image = picture.like_digits(slanted)
    assert image[:, 3:5].sum() > 0.9 * image.sum()
    assert image.mean() > 0.2


def run_2(capsys, *args):
    """The one line that a mistaken command prints."""
    try:
        code = main([str(arg) for arg in args])
    except SystemExit as error:
        code = error.code
    captured = capsys.readouterr()
    assert code == 2 and "Traceback" not in captured.err
    return captured.err


def test_mistakes_are_one_clear_line(trained, tmp_path, capsys):
    weights = trained[0] / "digits.safetensors"
    text, blank, wide = (tmp_path / name for name in ("notes.png", "blank.png", "w.safetensors"))
    text.write_text("not a picture")
    Image.new("L", (20, 20), 255).save(blank)
    from safetensors.numpy import save_file
    save_file({"conv.weight": np.zeros((3, 3), np.float32)}, wide)

    assert "none.png: no such file" in run_2(capsys, "predict", weights, tmp_path / "none.png")
    assert "none: no such file" in run_2(capsys, "predict", tmp_path / "none", blank)
    assert "not a picture" in run_2(capsys, "predict", weights, text)
    assert "blank" in run_2(capsys, "predict", weights, blank)
    assert "not a safetensors file" in run_2(capsys, "predict", text, blank)
    assert "not weights of this recogniser" in run_2(capsys, "predict", wide, blank)
    assert "from 1 up" in run_2(capsys, "train", "--epochs", "0")
    assert "invalid int" in run_2(capsys, "train", "--hidden", "many")
    assert "File exists" in run_2(capsys, "train", "--out", blank)


def test_other_shapes_than_announced_are_refused(trained, tmp_path, capsys):
    from safetensors.numpy import load_file, save_file
    good = trained[0] / "digits.safetensors"
    with safetensors.safe_open(good, framework="numpy") as file:
        about = file.metadata()
    bad = tmp_path / "bad.safetensors"
    for change in ({"layers": "64 7 10"}, {"layers": "64"}, {"architecture": "lenet"},
                   {"data": "letters"}):
        save_file(load_file(good), bad, about | change)
        assert "not weights of this recogniser" in run_2(capsys, "predict", bad, good)


def test_a_missing_extra_is_named(trained, monkeypatch, capsys, tmp_path):
    for name in ("rich", "matplotlib", "PIL", "safetensors"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            says = run_2(capsys, "train", "--out", tmp_path)
        assert name in says and "tinygrad_pt[train]" in says
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_no_half_file(monkeypatch, tmp_path, capsys):
    def interrupted(*_, **__):
        yield 0.0
        raise KeyboardInterrupt
    monkeypatch.setattr(digits, "fit", interrupted)
    assert main(["train", "--out", str(tmp_path)]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0 and tg.__version__ in capsys.readouterr().out


def test_moved_images_stay_themselves():
    x = digits.TASKS["digits"].load()[0][:200]
    random = np.random.default_rng(0)
    still = digits.moved(x, random, 0.0, 0.0, 0.0)
    assert still.dtype == np.float32 and np.allclose(still, x, atol=1e-5)
    inner = np.zeros((5, 12, 12), np.float32)
    inner[:, 4:8, 4:8] = 1
    moved = digits.moved(inner, random, 1.0)
    assert not np.allclose(moved, inner) and moved.min() >= 0 and moved.max() <= 1
    assert np.allclose(moved.sum((1, 2)), 16, rtol=0.25)  # area changes with the zoom alone
