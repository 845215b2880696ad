"""Downloads from nowhere: made-up files in the place of the data sets that programs fetch."""

import io
import random
import zipfile
from types import SimpleNamespace

import numpy as np

NOUNS = "time machine traveller people light garden stone river morning darkness space length".split()
VERBS = "saw took heard found followed left thought crossed wanted feared remembered told".split()
OTHERS = "little great old white strange quiet first long certain dark silent sudden".split()


def sentence(rng: random.Random) -> str:
    """the old river saw a strange stone …"""
    words = []
    for _ in range(rng.randint(1, 3)):
        words += [rng.choice(["the", "a", "my", "that"]), rng.choice(OTHERS), rng.choice(NOUNS),
                  rng.choice(VERBS)]
    return " ".join([*words, rng.choice(["him", "her", "it", "nothing"])])


def text(lines: int = 3000) -> str:
    """Lines of sentences, with capitals and stops."""
    rng = random.Random(0)
    return "\n".join(f"{sentence(rng).capitalize()}, and {sentence(rng)}." for _ in range(lines))


def translations() -> str:
    """Pairs of a sentence and the same in a language of our own, as in the data of tatoeba.org."""
    rng = random.Random(0)
    pairs = []
    for n in range(900):
        words = ["go", "i lost", "he's calm", "i'm home"][n % 4].split() + [rng.choice(OTHERS)][:n % 3]
        other = [w[::-1] + "e" for w in words]
        pairs.append(f"{' '.join(words).capitalize()}.\t{' '.join(other).capitalize()} !")
    return "\n".join(pairs)


def numbers(rows: int, columns: int) -> str:
    x = np.random.default_rng(0).normal(size=(rows, columns)) * np.arange(1, columns + 1)
    return "\n".join("\t".join(f"{v:.4f}" for v in row) for row in x)


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as z:
        for name, content in files.items():
            z.writestr(name, content)
    return buffer.getvalue()


def content(name: str) -> bytes:
    if name == "fra-eng.zip":
        return zipped(**{"fra-eng/fra.txt": translations()})
    if name == "airfoil_self_noise.dat":
        return numbers(1503, 6).encode()
    if name == "ptb.zip":
        return zipped(**{f"ptb/ptb.{part}.txt": text() for part in ("train", "valid", "test")})
    if name == "wikitext-2-v1.zip":
        paragraphs = text().replace(".\n", " . ").replace(" . The ", " .\nThe ")
        return zipped(**{f"wikitext-2/wiki.{part}.tokens": paragraphs for part in ("train", "valid")})
    if name.endswith(".txt"):
        return text().encode()
    raise FileNotFoundError(f"requests (a stand-in): no file {name} here")


def get(url, **_):
    data = content(url.rpartition("/")[2])
    return SimpleNamespace(content=data, text=data.decode("latin-1"), status_code=200)
