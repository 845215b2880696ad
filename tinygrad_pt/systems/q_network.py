"""33. Q-learning from pixels: a convolutional network instead of the table

    loss = mean of (r + γ maxₐ' Q⁻(s', a') − Q(s, a))²

A hare sees its field as a picture, with the carrot it wants and the fox it does not, all elsewhere each
time. No table would have a row for each picture; a network that maps a picture to the values of
four moves can tell for pictures it has never seen. Three things keep it steady:

- ε-greedy, ε falling: first look about, then do what has been learned;
- replay: steps are kept and drawn at random, since neighbours in time are alike;
- the target network Q⁻, an older copy of Q: what one runs after should not run too.

V. Mnih et al., Human-level control through deep reinforcement learning, 2015.
"""

from copy import deepcopy

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.lab.worlds import Field, Worlds
from tinygrad_pt.nn import functional as F

GAMMA = 0.9


class Replay:
    """The last steps (s, a, r, over, s'), to draw from at random."""

    def __init__(self, most):
        self.most, self.count, self.kept = most, 0, None

    def add(self, *steps):
        """Tensors whose rows are steps; the oldest make room."""
        if self.kept is None:
            self.kept = [torch.zeros(self.most, *x.shape[1:], dtype=x.dtype) for x in steps]
        at = (self.count + torch.arange(len(steps[0]))) % self.most
        for kept, x in zip(self.kept, steps, strict=True):
            kept[at] = x
        self.count += len(steps[0])

    def draw(self, n):
        """Some steps."""
        some = torch.randint(0, min(self.count, self.most), (n,))
        return [kept[some] for kept in self.kept]


def q_network(side):
    """Pictures (n, 3, 2 side, 2 side) to the values of the four moves."""
    return nn.Sequential(nn.Conv2d(3, 16, 2, stride=2), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1),
                         nn.ReLU(), nn.Flatten(), nn.Linear(16 * side ** 2, 64), nn.ReLU(),
                         nn.Linear(64, 4))


def loss_of(net, target, steps):
    """How far Q is from what the older copy makes of the next picture."""
    s, a, r, over, came = steps
    with torch.no_grad():
        aim = r + GAMMA * ~over * target(came).amax(1)
    return F.mse_loss(net(s).gather(1, a[:, None])[:, 0], aim)


def learn(net, side, steps, many=16, batch=64):
    """Act in many fields at once, a step down the loss after each; what the walks ended with."""
    worlds, replay, target = Worlds([Field(side) for _ in range(many)]), Replay(20_000), deepcopy(net)
    adam = optim.Adam(net.parameters(), lr=2e-3)
    s, ends = torch.from_numpy(worlds.reset()), []
    for step in lab.track(range(steps), "steps"):
        a = act(net, s, epsilon=max(0.05, 1 - 2 * step / steps))
        came, reward, over, ended, now = (torch.from_numpy(x) for x in worlds.step(a))
        replay.add(s, a, reward, over, came)
        s = now
        ends += reward[ended].tolist()
        adam.zero_grad()
        loss_of(net, target, replay.draw(batch)).backward()
        adam.step()
        if step % 50 == 0:
            target.load_state_dict(net.state_dict())
    return ends


@torch.no_grad()
def act(net, s, epsilon=0.0):
    """The best move, or with probability ε any."""
    best, chance = net(s).argmax(1), torch.rand(len(s))
    return torch.where(chance < epsilon, torch.randint(0, 4, best.shape), best)


def score(side, move, walks=200):
    """In new fields: carrots met, foxes met, %, and steps to a carrot by the fewest possible."""
    carrots, foxes, steps, least = 0, 0, 0, 0
    field = Field(side)
    for seed in range(walks):
        s, _ = field.reset(seed=10_000 + seed)
        way = sum(abs(a - b) for a, b in zip(field.hare, field.carrot, strict=True))
        ended = False
        while not ended:
            s, reward, over, late, _ = field.step(move(torch.from_numpy(s)[None]).item())
            ended = over or late
        foxes += reward < 0
        if reward > 0:
            carrots, steps, least = carrots + 1, steps + field.time, least + way
    return 100 * carrots / walks, 100 * foxes / walks, steps / max(1, least)


def run(quick):
    """Learn, and walk in new fields; the values of a picture with the hare everywhere."""
    side, steps = (3, 800) if quick else (6, 12_000)
    net = q_network(side)
    r = lab.Result(side=side)
    r.random = score(side, lambda s: torch.randint(0, 4, (1,)))
    r.ends = learn(net, side, steps)
    r.learned = score(side, lambda s: act(net, s, epsilon=0.05))
    field = Field(side)
    field.reset(seed=4)
    r.field = field
    pictures = []
    for place in range(side ** 2):
        field.hare = divmod(place, side)
        pictures.append(torch.from_numpy(field.observe()))
    with torch.no_grad():
        r.q = net(torch.stack(pictures))
    for name, (carrots, foxes, steps) in (("by chance", r.random), ("learned", r.learned)):
        r.row(f"{name}: walks to the carrot, %", carrots)
        r.row(f"{name}: walks to the fox, %", foxes)
        r.row(f"{name}: steps to a carrot, of the fewest that lead there", steps)
    return r


def check(r):
    """What the text teaches."""
    yield "by chance the fox is met as often as the carrot", abs(r.random[0] - r.random[1]) < 20
    yield "the network finds the carrot in nearly all new fields", r.learned[0] > 85
    yield "on a way not half as long", r.learned[2] < r.random[2] / 2


def draw(r):
    """What the network thinks of a field, and how learning went."""
    f, axes = lab.figure(1, 2, width=10, height=4, width_ratios=[0.8, 1])
    axes[0].imshow(r.q.amax(1).reshape(r.side, r.side), alpha=0.6, vmin=-1, vmax=1,
                   cmap=lab.colours([lab.RED, "white", lab.GREEN]))
    for place, q in enumerate(r.q):
        at = divmod(place, r.side)
        text = {r.field.carrot: "carrot", r.field.fox: "fox"}.get(at, "↑→↓←"[q.argmax()])
        axes[0].text(*at[::-1], text, ha="center", va="center", fontsize=12)
    axes[0].set(title="Its move, and maxₐ Q, for a hare anywhere", xticks=[], yticks=[])
    axes[0].grid(False)
    ends, window = torch.tensor(r.ends), max(20, len(r.ends) // 60)
    parts = ends[:len(ends) // window * window].reshape(-1, window)
    lines = {name: (100 * (parts == v).float().mean(1)).tolist()
             for name, v in (("carrot", 1.0), ("fox", -1.0), ("neither", 0.0))}
    lab.curves(axes[1], lines, [window * (i + 1) for i in range(len(parts))], ylim=(0, 100),
               title="How walks end, %, while ε falls", xlabel="walks")
    return f
