"""Whole training steps of small nets: zero_grad, forward, loss, backward, step.

    python tests/benchmarks/steps.py [name …]

Ours and torch's (if installed) take turns in one process, one thread; the losses must agree. The time
is the processor's, so that others on the machine count little; ratios are taken round by round, and
their median and range printed.
"""

import statistics
import sys
import time

import alone
import numpy as np

import tinygrad_pt

torch = alone.torch


def uniform(m, *shape):
    return m.tensor(np.random.default_rng(0).random(shape, np.float32))


def classes(m, many, *shape):
    return m.tensor(np.random.default_rng(1).integers(0, many, shape))


def train(model, optimizer, loss_of, clip=None):
    """Steps without end; loss_of(model) is what they make smaller. clip(parameters, 1.0), where given,
    keeps the gradients' norm below 1.
    """
    while True:
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        if clip:
            clip(model.parameters(), 1.0)
        optimizer.step()
        yield loss.item()


def classify(m, model, x, y):
    return train(model, m.optim.SGD(model.parameters(), lr=0.05),
                 lambda net: m.nn.functional.cross_entropy(net(x), y))


def xor(m):
    nn = m.nn
    x = m.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = m.tensor([[0.0], [1.0], [1.0], [0.0]])
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    return train(model, m.optim.SGD(model.parameters(), lr=1.0),
                 lambda net: nn.functional.mse_loss(net(x), y))


def mlp_30(m):
    nn = m.nn
    model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10))
    return classify(m, model, uniform(m, 10, 784), classes(m, 10, 10))


def mlp_16_16(m):
    nn = m.nn
    model = nn.Sequential(nn.Linear(784, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(),
                          nn.Linear(16, 10))
    return classify(m, model, uniform(m, 10, 784), classes(m, 10, 10))


def lenet(batch):
    def f(m):
        nn = m.nn
        model = nn.Sequential(nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2),
                              nn.Conv2d(20, 40, 5), nn.ReLU(), nn.MaxPool2d(2),
                              nn.Flatten(), nn.Linear(640, 100), nn.ReLU(), nn.Linear(100, 10))
        return classify(m, model, uniform(m, batch, 1, 28, 28), classes(m, 10, batch))
    return f


def gpt(m):
    """Two blocks of four heads, 64 wide, 32 characters of 65, batch 4: written as nanoGPT is."""
    nn, F = m.nn, m.nn.functional

    class Block(nn.Module):
        def __init__(self, wide=64, heads=4):
            super().__init__()
            self.heads, self.ln_1, self.ln_2 = heads, nn.LayerNorm(wide), nn.LayerNorm(wide)
            self.c_attn, self.c_proj = nn.Linear(wide, 3 * wide), nn.Linear(wide, wide)
            self.mlp = nn.Sequential(nn.Linear(wide, 4 * wide), nn.GELU(), nn.Linear(4 * wide, wide))

        def forward(self, x):
            b, t, c = x.size()
            q, k, v = [a.view(b, t, self.heads, c // self.heads).transpose(1, 2)
                       for a in self.c_attn(self.ln_1(x)).split(c, dim=2)]
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.c_proj(y.transpose(1, 2).contiguous().view(b, t, c))
            return x + self.mlp(self.ln_2(x))

    class GPT(nn.Module):
        def __init__(self, many=65, block=32, wide=64):
            super().__init__()
            self.wte, self.wpe = nn.Embedding(many, wide), nn.Embedding(block, wide)
            self.blocks = nn.ModuleList([Block(wide), Block(wide)])
            self.ln_f, self.lm_head = nn.LayerNorm(wide), nn.Linear(wide, many, bias=False)

        def forward(self, i):
            x = self.wte(i) + self.wpe(m.arange(i.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.lm_head(self.ln_f(x))

    text, model = classes(m, 65, 4, 33), GPT()
    x, y = text[:, :-1], text[:, 1:].reshape(-1)

    def loss_of(net):
        logits = net(x)
        return F.cross_entropy(logits.view(-1, logits.size(-1)), y)
    return train(model, m.optim.AdamW(model.parameters(), lr=1e-3), loss_of, nn.utils.clip_grad_norm_)


def characters(kind):
    """65 characters, hidden 128, 64 steps, batch 32."""
    def f(m):
        nn = m.nn

        class Characters(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed, self.out = nn.Embedding(65, 64), nn.Linear(128, 65)
                self.layer = getattr(nn, kind)(64, 128)

            def forward(self, x):
                h, _ = self.layer(self.embed(x))
                return self.out(h).reshape(-1, 65)

        text, model = classes(m, 65, 65, 32), Characters()
        x, y = text[:-1], text[1:].reshape(-1)
        return train(model, m.optim.Adam(model.parameters()),
                     lambda net: nn.functional.cross_entropy(net(x), y), nn.utils.clip_grad_norm_)
    return f


def q_network(m):
    """Deep Q-learning: 4-128-128-2, batch 128, the largest value of the next state by a second net."""
    nn, F = m.nn, m.nn.functional
    q, target = [nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                               nn.Linear(128, 2)) for _ in range(2)]
    state, after, reward = uniform(m, 128, 4), uniform(m, 128, 4) + 1, uniform(m, 128, 1)
    action = classes(m, 2, 128, 1)

    def loss_of(net):
        best = target(after).max(1)[0].unsqueeze(1)
        return F.smooth_l1_loss(net(state).gather(1, action), reward + 0.98 * best)
    return train(q, m.optim.Adam(q.parameters(), lr=5e-4), loss_of)


def vae(m):
    """784-400-20 and back, batch 128, written as PyTorch's example is."""
    nn, F = m.nn, m.nn.functional

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc21, self.fc22 = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
            self.fc3, self.fc4 = nn.Linear(20, 400), nn.Linear(400, 784)

        def forward(self, x):
            h = F.relu(self.fc1(x))
            mu, logvar = self.fc21(h), self.fc22(h)
            std = m.exp(0.5 * logvar)
            z = mu + m.randn_like(std) * std
            return m.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar

    x, model = uniform(m, 128, 784), VAE()

    def loss_of(net):
        y, mu, logvar = net(x)
        apart = -0.5 * m.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return F.binary_cross_entropy(y, x, reduction="sum") + apart
    return train(model, m.optim.Adam(model.parameters(), lr=1e-3), loss_of)


STEPS = {"XOR 2-2-1": (xor, 200), "784-30-10 batch 10": (mlp_30, 100),
         "784-16-16-10 batch 10": (mlp_16_16, 100), "LeNet batch 10": (lenet(10), 4),
         "LeNet batch 64": (lenet(64), 1), "GPT 2×64": (gpt, 8), "char-LSTM": (characters("LSTM"), 1),
         "char-GRU": (characters("GRU"), 1),
         "Q-network 4-128-128-2": (q_network, 40), "VAE 784-400-20": (vae, 4)}


def main(wanted, rounds=9):
    print(f"{'µs a step':24}{'tinygrad_pt':>12}{'torch':>12}    torch / tinygrad_pt")
    for what, (f, n) in STEPS.items():
        if wanted and not any(w in what for w in wanted):
            continue
        runs, times = {}, {}
        for m in (tinygrad_pt, torch):
            if m:
                m.manual_seed(0)
                runs[m.__name__], times[m.__name__] = f(m), []
        for _ in range(rounds):
            losses = []
            for name, run in runs.items():
                start = time.process_time()
                for _ in range(n):
                    loss = next(run)
                times[name].append((time.process_time() - start) / n * 1e6)
                losses.append(loss)
            assert max(losses) - min(losses) <= 1e-3 * abs(losses[0]) + 1e-5, (what, losses)
        line = f"{what:24}" + "".join(f"{statistics.median(t):12.0f}" for t in times.values())
        if torch:
            ratios = [b / a for a, b in zip(*times.values(), strict=True)]
            line += f"{statistics.median(ratios):12.2f}  ({min(ratios):.2f} … {max(ratios):.2f})"
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
