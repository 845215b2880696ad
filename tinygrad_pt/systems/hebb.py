"""4. Hebb: what fires together wires together; Oja keeps it from growing for ever

    Hebb  Δw = η y x,           Oja  Δw = η y (x − y w),            y = w·x

Averaged over the inputs, Hebb's rule is w ← (1 + η C) w with C = ⟨x xᵀ⟩: power iteration. The weight
turns to the first eigenvector of C, the direction in which inputs vary most, while its length grows
like (1 + η λ₁)ᵗ. Oja's term −y² w holds the length at 1; the direction is the same, so one neuron
does a principal component analysis.

D. O. Hebb, The Organization of Behavior, 1949; E. Oja, A simplified neuron model as a principal
component analyzer, 1982.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab


def learn(x, rate, oja):
    """The weight after each example, (n + 1, d)."""
    w = torch.randn(x.shape[1])
    w = w / (2 * w.norm())
    path = [w]
    for example in x:
        y = w @ example
        w = w + rate * y * (example - y * w if oja else example)
        path.append(w)
    return torch.stack(path)


def first_component(x):
    """The unit eigenvector of ⟨x xᵀ⟩ with the largest eigenvalue."""
    return torch.linalg.eigh(x.T @ x / len(x)).eigenvectors[:, -1]


def run(quick):
    """A slanted cloud in the plane, then digits."""
    angle = torch.tensor(0.5)
    axes = torch.stack([torch.stack([angle.cos(), angle.sin()]),
                        torch.stack([-angle.sin(), angle.cos()])])
    x = torch.randn(600, 2) * torch.tensor([1.0, 0.35]) @ axes
    r = lab.Result(x=x, hebb=learn(x, 0.02, oja=False), oja=learn(x, 0.02, oja=True))
    r.component = first_component(x)

    images = lab.digits(quick).train[0].flatten(1)
    images = images - images.mean(0)
    r.side = 8 if quick else 28
    r.digit = first_component(images)
    r.neuron = learn(images.repeat(4, 1)[:4800] if quick else images[:30000],
                     0.01 if quick else 0.00025, oja=True)[-1]
    r.lengths = [r.hebb[-1].norm().item(), r.oja[-1].norm().item(), r.neuron.norm().item()]
    r.angles = [angle_between(r.hebb[-1], r.component), angle_between(r.oja[-1], r.component),
                angle_between(r.neuron, r.digit)]
    for name, length, turned in zip(("Hebb, plane", "Oja, plane", "Oja, digits"), r.lengths, r.angles,
                                    strict=True):
        r.row(f"{name}: length of w", length, "∞" if "Hebb" in name else 1)
        r.row(f"{name}: angle to the first component, °", turned, 0)
    return r


def angle_between(a, b):
    """In degrees, of the lines along two vectors."""
    return ((a @ b).abs() / a.norm() / b.norm()).clamp(max=1).acos().rad2deg().item()


def check(r):
    """What the text teaches."""
    yield "Hebb's weight grows without end", r.lengths[0] > 100
    yield "Oja's has length 1", all(abs(length - 1) < 0.1 for length in r.lengths[1:])
    yield "both point along the first principal component", all(a < 10 for a in r.angles)


def draw(r):
    """The cloud with the path of the weight, the lengths, and two pictures of digits."""
    f, axes = lab.figure(1, 4, width=11, height=3.2, width_ratios=[1.25, 1.25, 0.8, 0.8])
    cloud, lengths, *pictures = axes
    cloud.scatter(*r.x.T, s=6, color=lab.SKY, alpha=0.6)
    cloud.plot(*r.oja.T, color=lab.BLUE, linewidth=1.2)
    cloud.annotate("", r.oja[-1].tolist(), (0, 0), arrowprops={"arrowstyle": "-|>", "color": lab.INK})
    cloud.set(title="Oja's weight finds the long axis", xlabel="x₁", ylabel="x₂", aspect="equal")
    lab.curves(lengths, {"Hebb": r.hebb.norm(dim=1), "Oja": r.oja.norm(dim=1)}, title="Length of w",
               xlabel="examples", yscale="log")
    sign = torch.sign(r.neuron @ r.digit)
    for a, w, title in zip(pictures, (r.neuron, sign * r.digit), ("Oja's neuron", "First component"),
                           strict=True):
        lab.images(a, w.reshape(1, r.side, r.side), 1, title=title)
    return f
