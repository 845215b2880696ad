"""Whole training steps of small nets, each a function of a library `m` with PyTorch's names: zero_grad,
forward, loss, backward, step. in_jax.py says the same for jax.
"""

from draws import classes, parameters, uniform
from programs import moons


def tensors(m, *arrays):
    return [m.from_numpy(a) for a in arrays]


def begin(m, model):
    """Give a model the parameters that all contestants start with."""
    mine = list(model.parameters())
    with m.no_grad():
        for p, start in zip(mine, parameters(*(tuple(p.shape) for p in mine)), strict=True):
            p.copy_(m.from_numpy(start))
    return model


def train(optimizer, loss_of, clip=None):
    """A step that makes loss_of() smaller; clip() is done to the gradients."""
    def step():
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        if clip:
            clip()
        optimizer.step()
        return loss
    return step


def classify(m, model, x, y, optimizer="SGD", lr=0.05):
    begin(m, model)
    x, y = tensors(m, x, y)
    return train(getattr(m.optim, optimizer)(model.parameters(), lr=lr),
                 lambda: m.nn.functional.cross_entropy(model(x), y))


def xor(m):
    nn = m.nn
    x = m.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = m.tensor([[0.0], [1.0], [1.0], [0.0]])
    model = begin(m, nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid()))
    return train(m.optim.SGD(model.parameters(), lr=1.0),
                 lambda: nn.functional.mse_loss(model(x), y))


def mlp(sizes, activation, batch):
    """Linear layers of these sizes, an activation between them, that tell ten classes."""
    def program(m):
        nn, layers = m.nn, []
        for inputs, outputs in zip(sizes, sizes[1:], strict=False):
            layers += [nn.Linear(inputs, outputs), getattr(nn, activation)()]
        return classify(m, nn.Sequential(*layers[:-1]), uniform(batch, sizes[0]), classes(10, batch))
    return program


def lenet(batch):
    def program(m):
        nn = m.nn
        model = nn.Sequential(nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2),
                              nn.Conv2d(20, 40, 5), nn.ReLU(), nn.MaxPool2d(2),
                              nn.Flatten(), nn.Linear(640, 100), nn.ReLU(), nn.Linear(100, 10))
        return classify(m, model, uniform(batch, 1, 28, 28), classes(10, batch))
    return program


def three_by_three(m):
    """Pictures of 32×32 in colour, four convolutions in pairs, Adam; batch 32."""
    nn = m.nn
    model = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(),
                          nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
                          nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), nn.Linear(4096, 10))
    return classify(m, model, uniform(32, 3, 32, 32), classes(10, 32), "Adam", 1e-3)


def characters(kind):
    """65 characters, hidden 128, 64 steps, batch 32."""
    def program(m):
        nn = m.nn

        class Characters(nn.Module):
            def __init__(self):
                super().__init__()
                self.embed, self.layer = nn.Embedding(65, 64), getattr(nn, kind)(64, 128)
                self.out = nn.Linear(128, 65)

            def forward(self, x):
                h, _ = self.layer(self.embed(x))
                return self.out(h).reshape(-1, 65)

        text, model = m.from_numpy(classes(65, 65, 32)), begin(m, Characters())
        x, y = text[:-1], text[1:].reshape(-1)
        return train(m.optim.Adam(model.parameters(), lr=1e-3),
                     lambda: nn.functional.cross_entropy(model(x), y),
                     lambda: nn.utils.clip_grad_norm_(model.parameters(), 1.0))
    return program


def gpt(m, layers=4, heads=4, wide=128, block=64, batch=12, many=65):
    """Written as nanoGPT is, in its size for a laptop."""
    nn, F = m.nn, m.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1, self.c_attn = nn.LayerNorm(wide), nn.Linear(wide, 3 * wide)
            self.c_proj, self.ln_2 = nn.Linear(wide, wide), nn.LayerNorm(wide)
            self.mlp = nn.Sequential(nn.Linear(wide, 4 * wide), nn.GELU(), nn.Linear(4 * wide, wide))

        def forward(self, x):
            b, t, c = x.size()
            q, k, v = [a.view(b, t, heads, c // heads).transpose(1, 2)
                       for a in self.c_attn(self.ln_1(x)).split(c, dim=2)]
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.c_proj(y.transpose(1, 2).contiguous().view(b, t, c))
            return x + self.mlp(self.ln_2(x))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.wpe = nn.Embedding(many, wide), nn.Embedding(block, wide)
            self.blocks = nn.ModuleList([Block() for _ in range(layers)])
            self.ln_f, self.lm_head = nn.LayerNorm(wide), nn.Linear(wide, many, bias=False)

        def forward(self, i):
            x = self.wte(i) + self.wpe(m.arange(i.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.lm_head(self.ln_f(x))

    text, model = m.from_numpy(classes(many, batch, block + 1)), begin(m, GPT())
    x, y = text[:, :-1], text[:, 1:].reshape(-1)

    def loss_of():
        logits = model(x)
        return F.cross_entropy(logits.view(-1, logits.size(-1)), y)
    return train(m.optim.AdamW(model.parameters(), lr=1e-3), loss_of,
                 lambda: nn.utils.clip_grad_norm_(model.parameters(), 1.0))


def vae(m):
    """784-400-20 and back, batch 128, written as PyTorch's example is; the noise is given."""
    nn, F = m.nn, m.nn.functional

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc21, self.fc22 = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
            self.fc3, self.fc4 = nn.Linear(20, 400), nn.Linear(400, 784)

        def forward(self, x):
            h = F.relu(self.fc1(x))
            mu, logvar = self.fc21(h), self.fc22(h)
            z = mu + noise * m.exp(0.5 * logvar)
            return m.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar

    x, noise = tensors(m, uniform(128, 784), uniform(128, 20, low=-2, high=2))
    model = begin(m, VAE())

    def loss_of():
        y, mu, logvar = model(x)
        apart = -0.5 * m.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return F.binary_cross_entropy(y, x, reduction="sum") + apart
    return train(m.optim.Adam(model.parameters(), lr=1e-3), loss_of)


def linear_autoencoder(m):
    """784-32-784 without activations: what it finds are principal components. Batch 64."""
    nn = m.nn
    x = m.from_numpy(uniform(64, 784))
    model = begin(m, nn.Sequential(nn.Linear(784, 32), nn.Linear(32, 784)))
    return train(m.optim.SGD(model.parameters(), lr=0.1), lambda: nn.functional.mse_loss(model(x), x))


def q_network(m):
    """Deep Q-learning: 4-128-128-2, batch 128, the largest value of the next state by a second net."""
    nn, F = m.nn, m.nn.functional
    q, target = [begin(m, nn.Sequential(nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(),
                                        nn.Linear(128, 2))) for _ in range(2)]
    state, after, reward, action = tensors(m, uniform(128, 4), uniform(128, 4, low=1, high=2),
                                           uniform(128, 1), classes(2, 128, 1))

    def loss_of():
        with m.no_grad():
            best = target(after).max(1)[0].unsqueeze(1)
        return F.smooth_l1_loss(q(state).gather(1, action), reward + 0.98 * best)
    return train(m.optim.Adam(q.parameters(), lr=5e-4), loss_of)


def tanh_net(m):
    """The loss of a 4-16-1 net as a function of all its 97 parameters in one vector, and those."""
    x, y, start = tensors(m, uniform(32, 4), uniform(32, seed=3), *parameters((97,)))

    def loss(w):
        h = m.tanh(x @ w[:64].reshape(4, 16) + w[64:80])
        return ((h @ w[80:96] + w[96] - y) ** 2).mean()
    return loss, start


def hessian(m):
    loss, w = tanh_net(m)
    return lambda: m.autograd.functional.hessian(loss, w, vectorize=True)


def hessian_vector(m):
    """The derivative of ⟨gradient, v⟩."""
    loss, w = tanh_net(m)
    w.requires_grad_()
    v = m.from_numpy(uniform(97, low=-1))

    def step():
        gradient, = m.autograd.grad(loss(w), w, create_graph=True)
        return m.autograd.grad(gradient @ v, w)[0]
    return step


def recurrence(m):
    """10,000 small steps along h' = tanh(W h), and the whole way back."""
    w, h_0 = tensors(m, *parameters((4, 4), (4,)))
    w.requires_grad_()

    def step():
        h = h_0
        for _ in range(10_000):
            h = h + 1e-4 * m.tanh(w @ h)
        loss = h.sum()
        return loss, *m.autograd.grad(loss, w)
    return step


def scalar_moons(m):
    """The half moons of programs/moons.py, a number at a time: one step."""
    return lambda: moons.run(m.Value, steps=1)[0][-1]
