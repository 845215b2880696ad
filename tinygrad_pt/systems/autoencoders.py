"""27. Autoencoders: what must pass a narrow, a noisy or a silent place is understood

    C = −Σ x ln x̂ + (1 − x) ln(1 − x̂),    x̂ = σ(g(h)),    h = f(x)

A net that repeats its input learns nothing, unless something stands in its way:

    plain, deep      h has few numbers; f and g are one layer each, or two
    convolutional    the same, with f of convolutions of stride 2 and g of transposed ones
    sparse           h has more numbers than x, but each costs: C + λ Σ |hⱼ|
    denoising        f sees a picture with pixels put out, C asks for the whole one

With a linear way back no code is better than as many principal components, and the plain one is near
them; the deep and the convolutional one leave them behind. "wide", for comparison, has nothing in its
way.

H. Bourlard & Y. Kamp, Auto-association by multilayer perceptrons, 1988; B. Olshausen & D. Field,
Emergence of simple-cell receptive field properties, 1996; P. Vincent et al., Extracting and composing
robust features with denoising autoencoders, 2008.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.models.autoencoder import Autoencoder, dense, principal, squared_error, surprise


def convolutional(side, code):
    """Halves the side twice, to 16 maps, on the way to the code; and doubles it twice."""
    small = side // 4
    return Autoencoder(
        nn.Sequential(nn.Unflatten(1, (1, side, side)), nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(),
                      nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(), nn.Flatten(),
                      nn.Linear(16 * small ** 2, code)),
        nn.Sequential(nn.Linear(code, 16 * small ** 2), nn.ReLU(), nn.Unflatten(1, (16, small, small)),
                      nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1)))


def damaged(x):
    """Pictures with three pixels of ten put out."""
    return x * (torch.rand(x.shape) > 0.3).float()


def active(net, x):
    """The percentage of the numbers in the codes of x that are above 0."""
    with torch.no_grad():
        return 100 * (net.encoder(x) > 0.01).float().mean().item()


def task(name, net, price):
    """What sees the pictures, and the loss of what it gives."""
    if name == "denoising":
        return lambda x: net(damaged(x)), surprise
    if name == "sparse":
        return net.encoder, lambda h, x: surprise(net.decoder(h), x) + price * h.abs().sum() / len(x)
    return net, surprise


def run(quick):
    """All of them on the same digits."""
    (x, _), _, (new, _) = lab.digits(quick)
    side, x, new = x.shape[1], x.flatten(1)[:10_000], new.flatten(1)
    pixels, code, between, many, epochs, batch, rate = (
        (64, 8, 40, 100, 20, 50, 8e-3) if quick else (784, 32, 256, 400, 8, 100, 2e-3))
    sizes = [pixels, between, code]
    nets = {"plain": Autoencoder(nn.Linear(pixels, code), nn.Linear(code, pixels)),
            "deep": Autoencoder(dense(sizes), dense(sizes[::-1])),
            "convolutional": convolutional(side, code)}
    for name in ("wide", "sparse", "denoising"):
        nets[name] = Autoencoder(nn.Sequential(nn.Linear(pixels, many), nn.ReLU()),
                                 nn.Linear(many, pixels))
    noisy, components = damaged(new), principal(x, new, code)
    r = lab.Result(error={f"{code} principal components": squared_error(components, new)})
    r.row(f"{code} principal components: ‖x̂ − x‖² of an unseen digit", *r.error.values(),
          "" if quick else 13.87, "" if quick else "Hinton and Salakhutdinov's, of 30, all digits")
    for name, net in nets.items():
        optimizer = optim.Adam(net.parameters(), lr=rate)
        for _ in lab.fit(*task(name, net, price=0.3), x, x, optimizer, epochs=epochs, batch=batch,
                         what=name):
            pass
        r.error[name] = squared_error(net.restored(new), new)
        r.row(f"{name}: ‖x̂ − x‖² of an unseen digit", r.error[name])
    r.active = {name: active(nets[name], new) for name in ("wide", "sparse")}
    for name, share in r.active.items():
        r.row(f"{name}: numbers of the code in use for a digit, %", share)
    r.noise = {"as it is": squared_error(noisy, new)}
    for name in ("wide", "denoising"):
        r.noise[name] = squared_error(nets[name].restored(noisy), new)
    for name, error in r.noise.items():
        r.row(f"three pixels of ten put out: ‖x̂ − x‖², {name}", error)
    restored = {name: net.restored(noisy if name == "denoising" else new) for name, net in nets.items()}
    r.shown = {"digit": new, "components": components.clamp(0, 1), **restored, "(damaged)": noisy}
    del r.shown["wide"]
    r.shown = {name: some[:14].reshape(-1, side, side) for name, some in r.shown.items()}
    strongest = nets["sparse"].decoder.weight.detach().norm(dim=0).argsort(descending=True)[:42]
    r.features = nets["sparse"].decoder.weight.detach().T[strongest].reshape(-1, side, side)
    return r


def check(r):
    """What the text teaches."""
    components, *_ = r.error.values()
    yield "a layer each way is near the principal components", r.error["plain"] < 1.3 * components
    yield "two layers each way, and convolutions, do better than they", (
        max(r.error["deep"], r.error["convolutional"]) < 0.95 * components)
    yield "a sparse code of many numbers uses few for each digit, and says more", (
        r.active["sparse"] < 15 < 50 < r.active["wide"] and r.error["sparse"] < 0.95 * components)
    yield "what was trained to repair takes most of the damage away, better than a repeater", (
        r.noise["denoising"] < min(r.noise["as it is"] / 2, 0.75 * r.noise["wide"]))


def draw(r):
    """The same digits through all of them, and what the sparse one is made of."""
    f, (left, right) = lab.figure(1, 2, width=12, height=4.4, width_ratios=[1.55, 1])
    lab.images(left, torch.cat(list(r.shown.values())), 14, title="Digits, and what came back")
    side = r.features.shape[1] + 1
    for i, name in enumerate(r.shown):
        left.text(-side / 4, side * (i + 0.5), name, ha="right", va="center")
    lab.images(right, r.features, 7, title="Sparse: what its numbers stand for")
    return f
