"""27. A contractive autoencoder: its code moves with what varies in digits, and little else

    C + λ ‖∂h/∂x‖²_F,        ∂hⱼ/∂xᵢ = hⱼ (1 − hⱼ) Wⱼᵢ        for        h = σ(W x + b)

A code that hardly changes when the picture changes forgets everything; that C stays small forbids it.
Between the two, the code follows those directions only in which pictures do differ from each other. For
sigmoids the penalty has a closed form,

    ‖∂h/∂x‖²_F = Σⱼ (hⱼ (1 − hⱼ))² Σᵢ Wⱼᵢ²,

and for any encoder it can be had from automatic differentiation, the derivative of a derivative. Both
are computed here, with their gradients, and compared.

S. Rifai, P. Vincent, X. Muller, X. Glorot & Y. Bengio, Contractive auto-encoders: explicit invariance
during feature extraction, 2011.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.models.autoencoder import Autoencoder, squared_error, surprise


def penalty(encoder, h):
    """‖∂h/∂x‖²_F of codes h (n, k), the mean over pictures, in closed form."""
    return ((h * (1 - h)) ** 2 @ (encoder[0].weight ** 2).sum(1)).mean()


def jacobians(encoder, x):
    """∂h/∂x of each picture x (n, pixels): (n, k, pixels), for any encoder."""
    return torch.func.vmap(torch.func.jacrev(encoder))(x)


def differences(net, x):
    """Of the penalty and its gradient, closed form against automatic differentiation; relative."""
    weights = list(net.encoder.parameters())
    pairs = [(p, *torch.autograd.grad(p, weights)) for p in (
        penalty(net.encoder, net.encoder(x)), (jacobians(net.encoder, x) ** 2).sum((1, 2)).mean())]
    return [((a - b).abs().max() / b.abs().max()).item() for a, b in zip(*pairs, strict=True)]


def run(quick):
    """The penalty twice; then codes learned without and with it."""
    (x, _), _, (new, _) = lab.digits(quick)
    side, x, new = x.shape[1], x.flatten(1)[:20_000], new.flatten(1)
    pixels, code, epochs, batch, rate = (
        (64, 40, 25, 50, 1e-2) if quick else (784, 120, 10, 100, 3e-3))
    r = lab.Result(side=side, penalty={}, error={}, spectrum={}, moved={})
    exact = Autoencoder(nn.Sequential(nn.Linear(64, 12), nn.Sigmoid()), nn.Linear(12, 64)).double()
    r.differences = differences(exact, torch.rand(10, 64).double())
    for what, difference in zip(("penalty", "∂/∂W", "∂/∂b"), r.differences, strict=True):
        r.row(f"{what}: |closed form − automatic| / |automatic|", difference, 0, "rounding of float64")
    shift = new.reshape(-1, side, side).roll(1, 2).flatten(1) - new  # a pixel to the right
    noise = torch.randn_like(new)
    noise *= shift.norm() / noise.norm()
    for name, price in (("plain", 0.0), ("contractive", 1.0)):
        net = Autoencoder(nn.Sequential(nn.Linear(pixels, code), nn.Sigmoid()), nn.Linear(code, pixels))

        def loss(h, x, net=net, price=price):
            return surprise(net.decoder(h), x) + price * penalty(net.encoder, h)
        for _ in lab.fit(net.encoder, loss, x, x, optim.Adam(net.parameters(), lr=rate), epochs=epochs,
                         batch=batch, what=name):
            pass
        with torch.no_grad():
            r.penalty[name] = penalty(net.encoder, net.encoder(new)).item()
            r.error[name] = squared_error(net.restored(new), new)
            some = jacobians(net.encoder, new[:100])
            r.spectrum[name] = torch.linalg.svdvals(some).mean(0).tolist()
            by_shift, by_noise = ((net.encoder(new + 0.1 * d) - net.encoder(new)).norm().item()
                                  for d in (shift, noise))
        r.moved[name] = by_shift / by_noise
        r.row(f"{name}: ‖∂h/∂x‖² at unseen digits", r.penalty[name])
        r.row(f"{name}: ‖x̂ − x‖²", r.error[name])
        r.row(f"{name}: how far a shift moves the code, against noise of that size", r.moved[name])
    r.blank = squared_error(x.mean(0), new)
    return r


def check(r):
    """What the text teaches."""
    yield "the closed form is what automatic differentiation finds, and so is its gradient", (
        max(r.differences) < 1e-12)
    yield "the code moves less: the Jacobian is smaller, by more than half", (
        r.penalty["contractive"] < r.penalty["plain"] / 2)
    yield "and still tells the digit: most of what differs from the mean digit is restored", (
        r.error["contractive"] < 0.4 * r.blank)
    yield "it prefers what digits do, a shift, to noise, more than the plain one does", (
        r.moved["contractive"] > 1.1 * r.moved["plain"])


def draw(r):
    """The spectrum of the Jacobian, and what the encoders cost and keep."""
    f, (left, *others) = lab.figure(1, 4, width=12.5, height=3.4, width_ratios=[2, 1, 1, 1])
    lab.curves(left, r.spectrum, title="Singular values of ∂h/∂x, mean over digits", xlabel="number",
               yscale="log", ylim=(1e-3, None))
    for axes, (title, found) in zip(others, {
            "‖∂h/∂x‖²": r.penalty, "‖x̂ − x‖²": {"mean digit": r.blank, **r.error},
            "Shift against noise": r.moved}.items(), strict=True):
        axes.bar(list(found), list(found.values()), color=[lab.BLUE, lab.RED] if len(found) == 2 else
                 [lab.SKY, lab.BLUE, lab.RED], width=0.6)
        axes.set(title=title)
        axes.tick_params(axis="x", rotation=20)
        axes.grid(axis="x", visible=False)
    return f
