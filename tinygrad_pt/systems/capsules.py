"""30. Capsules: a vector says what there is and how it lies, and agreement where it belongs

    ûⱼ|ᵢ = Wᵢⱼ uᵢ                   what part i would have whole j look like: a vote
    cᵢ = softmax(bᵢ)                how part i divides itself among the wholes
    vⱼ = squash(Σᵢ cᵢⱼ ûⱼ|ᵢ)        squash(s) = |s|²/(1 + |s|²) · s/|s|
    bᵢⱼ ← bᵢⱼ + ûⱼ|ᵢ · vⱼ           who was agreed with gets more; three rounds

A capsule is a group of neurons. The length of its vector, below 1, is how likely its thing is there,
the direction how it lies, how bold or slanted it is. Max-pooling forgets where a part was; here the
parts vote how the whole would have to lie, and the whole exists if the votes agree.

    loss = Σⱼ Tⱼ max(0, 0.9 − |vⱼ|)² + ½ (1 − Tⱼ) max(0, |vⱼ| − 0.1)² + 0.0005 |x − decoder(v)|²

T is 1 for the digit that is there, else 0. The decoder sees the vector of that digit only and has to
draw it, so that the vector tells how it lies: each of its numbers comes to stand for one manner in
which digits of a kind differ.

S. Sabour, N. Frosst & G. E. Hinton, Dynamic routing between capsules, 2017.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.nn import functional as F

PART, WHOLE = 8, 16  # widths of the vectors
DIGIT = 4  # whose vector is looked at


def squash(s):
    """The same direction, a length below 1."""
    length = s.norm(dim=-1, keepdim=True)
    return s * (length / (1 + length ** 2))


def route(votes, rounds=3):
    """Wholes (n, 10, 16) of votes (n, 10, parts, 16), and the last round's shares (n, 10, parts)."""
    b = torch.zeros(votes.shape[:3])
    for _ in range(rounds):
        shares = b.softmax(1)
        v = squash((shares[:, :, None] @ votes)[:, :, 0])
        b = b + (votes.detach() @ v.detach()[..., None])[..., 0]
    return v, shares


class Capsules(nn.Module):
    """Two convolutions find parts, routing makes wholes of them, a decoder draws the one asked for."""

    def __init__(self, side):
        super().__init__()
        field, kinds, hidden = (3, 8, 64) if side == 8 else (9, 4, 256)
        self.find = nn.Sequential(nn.Conv2d(1, 32, field), nn.ReLU(),
                                  nn.Conv2d(32, kinds * PART, field, stride=2),
                                  nn.Unflatten(1, (kinds, PART)))
        parts = self.find(torch.zeros(1, 1, side, side))[0, :, 0].numel()
        self.w = nn.Parameter(0.2 * torch.randn(parts, PART, 10 * WHOLE))
        self.draw = nn.Sequential(nn.Linear(10 * WHOLE, hidden), nn.ReLU(),
                                  nn.Linear(hidden, side * side), nn.Sigmoid(),
                                  nn.Unflatten(1, (side, side)))

    def votes(self, x):
        """Of the parts of images (n, side, side): (n, 10, parts, 16)."""
        parts = squash(self.find(x[:, None]).transpose(2, -1).flatten(1, 3))
        votes = (parts.transpose(0, 1) @ self.w).unflatten(2, (10, WHOLE))
        return votes.permute(1, 2, 0, 3).contiguous()

    def forward(self, x):
        """How likely each digit is."""
        return route(self.votes(x))[0].norm(dim=2)

    def drawn(self, v, labels):
        """Images of what the vectors of these digits say."""
        return self.draw((v * F.one_hot(labels, 10)[..., None]).flatten(1))

    def changed(self, v, label, by):
        """Images (n, 16, k, side, side): each number of the vectors of a digit changed by each of k."""
        one = v[:, label, None, None] + by[:, None] * torch.eye(WHOLE)[:, None]
        everything = torch.zeros(one[..., 0].numel(), 10, WHOLE)
        everything[:, label] = one.flatten(0, 2)
        return self.draw(everything.flatten(1)).unflatten(0, one.shape[:3])


def loss_of(net, x, y):
    """The margins, and a little of the drawing's error."""
    v, _ = route(net.votes(x))
    length, there = v.norm(dim=2), F.one_hot(y, 10).float()
    margin = there * (0.9 - length).relu() ** 2 + 0.5 * (1 - there) * (length - 0.1).relu() ** 2
    return margin.sum() / len(x) + 0.0005 * 784 * F.mse_loss(net.drawn(v, y), x)


def likeness(change):
    """Mean |cosine| of changes (n, 16, side, side): by one number to two digits, and by two numbers."""
    u = F.normalize(change.flatten(2), dim=2)
    cosine = torch.einsum("akp,blp->klab", u, u)[:, :, ~torch.eye(len(u)).bool()].abs().mean(2)
    return cosine.diagonal().mean().item(), cosine[~torch.eye(WHOLE).bool()].mean().item()


def run(quick):
    """Learn; how routing makes up its mind; drawings, and what each number of a vector does."""
    (x, y), _, (new, labels) = lab.digits(quick)
    net, steps, batch, rate = Capsules(x.shape[1]), *((320, 32, 1e-2) if quick else (8000, 50, 4e-3))

    def loss():
        some = torch.randint(0, len(x), (batch,))
        return loss_of(net, x[some], y[some])

    list(lab.descend(loss, optim.Adam(net.parameters(), lr=rate), steps=steps))
    r = lab.Result(quick=quick, test=lab.accuracy(net, new, labels), rounds=[])
    new, labels = new[:300], labels[:300]
    with torch.no_grad():
        votes, right = net.votes(new), F.one_hot(labels, 10).bool()
        for rounds in range(1, 7):
            v, shares = route(votes, rounds)
            length, entropy = v.norm(dim=2), torch.special.entr(shares).sum(1)
            r.rounds.append([each.mean().item() for each in (
                length[right], (length * ~right).amax(1), shares.amax((1, 2)), entropy)])
        v, _ = route(votes)
        drawn = net.drawn(v, labels)
        r.error = ((drawn - new).square().mean() / (x.mean(0) - new).square().mean()).item()
        images = net.changed(v[labels == DIGIT][:20], DIGIT, torch.linspace(-0.25, 0.25, 7))
        change = images[:, :, 6] - images[:, :, 0]
    r.same, r.other = likeness(change)
    most = change.square().mean((0, 2, 3)).argsort(descending=True)[:6]
    r.images = {"Digits, as their vectors have them": torch.stack([new[:18], drawn[:18]], 1),
                "Six numbers of a vector, ±¼": images[0, most], "One, of six": images[:6, most[0]]}
    r.row("test digits right, %", f"{r.test:.2f}", 99.75, "the paper's; 8 times the parts, shifts")
    r.row("lengths of the right and the longest other vector; largest share; entropy of shares", "")
    for i, found in enumerate(r.rounds[:3], 1):
        r.row(f"… in round {i}", "{:.3f}, {:.3f}; {:.3f}; {:.4f}".format(*found))
    r.row("squared error of a drawing, of the mean image's", r.error)
    r.row("mean |cosine| of what a number does to two digits of a kind, and two numbers do",
          f"{r.same:.3f}, {r.other:.3f}")
    return r


def check(r):
    """What the text teaches."""
    right, other, share, entropy = zip(*r.rounds, strict=True)
    yield "no vector is longer than 1", max(right + other) < 1
    yield ("it reads 19 of 20 small digits" if r.quick else
           "it reads at least 99 % of digits that it has not seen"), r.test >= (95 if r.quick else 99)
    yield "from round to round parts divide themselves less evenly", (
        entropy[0] > entropy[1] > entropy[2] and share[2] > 2 * share[0])
    yield "it is the right digit that they agree on", right[2] - right[0] > 3 * (other[2] - other[0])
    yield "a vector tells what its digit looks like", r.error < 0.6
    yield "each of its numbers does the same to every digit of a kind", r.same > 1.5 * r.other


def draw(r):
    """Digits and their drawings, what numbers of a vector do, and routing."""
    f, axes = lab.figure(1, 4, width=14, height=3.6, width_ratios=[0.9, 1, 1, 1.2])
    for axis, columns, (title, images) in zip(axes, (6, 7, 7), r.images.items(), strict=False):
        lab.images(axis, images.flatten(0, 1), columns, title=title)
    right, other, share, _ = zip(*r.rounds, strict=True)
    lab.curves(axes[3], {"length: the right digit": right, "the longest other": other,
                         "the largest share of a part": share},
               title="Routing", xlabel="round", ylim=(0, 1.35))
    return f
