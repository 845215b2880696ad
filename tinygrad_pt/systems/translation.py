"""32. A Transformer translates: an encoder reads, a decoder writes and looks back

    drei hundert sieben und vierzig  →  three hundred and forty seven

German counts seven-and-forty, so a translation word by word is wrong: the decoder has to write the
fourth word when it has read the third only, and look ahead. The encoder turns the source into a memory,
one vector a word, each having seen all others. The decoder is trained to say the next word, all places
at once (of the right translation, moved by one place, and no place sees those behind it):

    loss = −Σₜ log p(yₜ₊₁ | y₁ … yₜ, x)

and at the end it writes alone, from its own words. In between it looks at the memory by attention; what
it looked at shows the words that belong together. Nobody told it.

A. Vaswani et al., Attention is all you need, 2017; D. Bahdanau, K. Cho & Y. Bengio, Neural machine
translation by jointly learning to align and translate, 2015.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, optim
from tinygrad_pt.models.transformer import Translator
from tinygrad_pt.nn import functional as F

GERMAN = ("· ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig "
          "fünfzig sechzig siebzig achtzig neunzig und hundert tausend").split()
ENGLISH = ("· one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
           "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
           "and hundred thousand").split()
END = 0  # "·" ends a number, begins the decoder's, and fills the rest of the line


def german(n):
    """The words of 1 … 999,999 in German."""
    if n >= 1000:
        return [*german(n // 1000), "tausend", *german(n % 1000)]
    if n >= 100:
        return [GERMAN[n // 100], "hundert", *german(n % 100)]
    if n <= 12:
        return [GERMAN[n]] if n else []
    if n < 20:
        return [GERMAN[n - 10], "zehn"]
    return [*([GERMAN[n % 10], "und"] if n % 10 else []), GERMAN[11 + n // 10]]


def english(n):
    """And in English."""
    if n >= 1000:
        return [*english(n // 1000), "thousand", *english(n % 1000)]
    if n >= 100:
        return [ENGLISH[n // 100], "hundred", *(["and"] if n % 100 else []), *english(n % 100)]
    if n < 20:
        return [ENGLISH[n]] if n else []
    return [ENGLISH[18 + n // 10], *english(n % 10)]


def tokens(numbers, words, vocabulary):
    """The places of the words of numbers in their vocabulary, (n, longest + 1)."""
    rows = [[vocabulary.index(word) for word in words(n)] for n in numbers]
    longest = 1 + max(map(len, rows))
    return torch.tensor([row + [END] * (longest - len(row)) for row in rows])


def begun(y):
    """What the decoder has written when it is asked for y."""
    return F.pad(y, (1, 0), value=END)[:, :-1]


def run(quick):
    """Numbers below 1,000 (quick) or a million; some to learn from, others to be tested on."""
    size, learned, tested, steps, batch = (999, 600, 100, 140, 48) if quick else (
        999_999, 20_000, 1000, 1500, 64)
    numbers = (1 + (torch.randperm(size) if quick else torch.randint(0, size, (40_000,)))).tolist()
    numbers = list(dict.fromkeys(numbers))[:learned + tested]
    x, y = tokens(numbers, german, GERMAN), tokens(numbers, english, ENGLISH)
    net = Translator(len(GERMAN), len(ENGLISH), width=32 if quick else 48, heads=4, depth=1)
    adam = optim.Adam(net.parameters(), lr=1e-2 if quick else 3e-3)

    def loss():
        some = torch.randint(0, learned, (batch,))
        return F.cross_entropy(net(x[some], begun(y[some])).flatten(0, 1), y[some].flatten())

    r = lab.Result(losses=list(lab.descend(loss, adam, steps=steps)))
    new_x, new_y = x[learned:], y[learned:]
    written = net.translate(new_x, END, y.shape[1])
    r.right = 100 * (written == new_y).all(1).float().mean().item()
    n = 347 if quick else 347_526
    r.source, r.target = [*german(n), "·"], [*english(n), "·"]
    net(tokens([n], german, GERMAN), begun(tokens([n], english, ENGLISH)))
    r.looked = net.write.blocks.blocks[-1].cross.weights[0].mean(0)
    r.row("numbers learned from, of all", f"{learned:,} of {size:,}")
    r.row("numbers it has not seen, translated without a mistake, %", r.right)
    r.row("loss of a word at first and in the end", f"{r.losses[0]:.2f}, {r.losses[-1]:.4f}")
    return r


def check(r):
    """What the text teaches."""
    yield "it translates numbers that it has not seen", r.right > 90
    tens, units = (r.looked[r.target.index(word)] for word in ("forty", "seven"))
    yield "it reads across: for what it writes first it looks at what was said later", (
        tens[r.source.index("vierzig")] > tens[r.source.index("sieben")]
        and units[r.source.index("sieben")] > units[r.source.index("vierzig")])


def draw(r):
    """What was looked at for each word, and the loss."""
    f, axes = lab.figure(1, 2, width=11, height=4.4, width_ratios=[1.3, 1])
    axes[0].imshow(r.looked, cmap=lab.colours(["white", lab.BLUE]), vmin=0, vmax=1)
    axes[0].set(title="Where the decoder looks as it writes", xlabel="read", ylabel="written",
                xticks=range(len(r.source)), yticks=range(len(r.target)), yticklabels=r.target)
    axes[0].set_xticklabels(r.source, rotation=90)
    axes[0].grid(False)
    lab.curves(axes[1], {"−log p of a word": r.losses}, title="Learning to translate", xlabel="step",
               yscale="log")
    return f
