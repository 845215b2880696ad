"""9. A linear support vector machine: the widest street between two classes

    minimise  λ/2 ‖w‖² + mean of max(0, 1 − t (w·x + b)),        t = ±1

The hinge loss is 0 for examples on the right side of their kerb, t (w·x + b) ≥ 1, and grows linearly
beyond. The street is 2/‖w‖ wide, so the first term widens it. At the minimum the gradient is 0,

    λ w = mean of αᵢ tᵢ xᵢ,     αᵢ = 1 inside the street, 0 outside, between on the kerb:

w is made of the examples on the kerb or beyond it, the support vectors; the others could be left out.
A step of gradient descent, with η = 1/(λ t) falling, needs a batch only.

C. Cortes & V. Vapnik, Support-vector networks, 1995; S. Shalev-Shwartz, Y. Singer & N. Srebro,
Pegasos, 2007.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab


def objective(w, b, x, t, decay):
    """λ/2 ‖w‖² + mean hinge loss; for w (classes, d) and t (n, classes) the sum over classes."""
    hinge = (1 - t * (x @ w.T + b)).clamp(min=0)
    return decay / 2 * (w * w).sum() + hinge.mean(0).sum()


def descend(x, t, decay, steps, batch=None, what="steps"):
    """The weights (classes, d) and biases: the average over the second half of the steps."""
    w = torch.zeros(t.shape[1], x.shape[1], requires_grad=True)
    b = torch.zeros(t.shape[1], requires_grad=True)
    mean = [torch.zeros_like(w), torch.zeros_like(b)]
    for step in lab.track(range(steps), what):
        some = slice(None) if batch is None else torch.randint(len(x), (batch,))
        slopes = torch.autograd.grad(objective(w, b, x[some], t[some], decay), [w, b])
        rate = 1 / (decay * (step + 20 / decay ** 0.5))
        with torch.no_grad():
            for p, slope, m in zip((w, b), slopes, mean, strict=True):
                p -= rate * slope
                if step >= steps // 2:
                    m += p / (steps - steps // 2)
    return [m.detach() for m in mean]


def run(quick):
    """Two clouds in the plane; then ten machines, one for each digit against the rest."""
    t = torch.tensor([1.0, -1.0]).repeat(100)[:, None]
    x = 0.75 * torch.randn(200, 2) + t * torch.tensor([1.1, 0.9])
    r = lab.Result(x=x, t=t, decay=0.02)
    r.w, r.b = descend(x, t, r.decay, 1000 if quick else 10000, what="two clouds")
    margins = (t * (x @ r.w.T + r.b))[:, 0]
    r.support = margins < 1.02
    hidden = margins < 0.98
    made_of = ((t * x)[hidden].sum(0) / len(x) / r.decay, r.w[0])
    r.gap = ((made_of[0] - made_of[1]).norm() / r.w.norm()).item()
    again = descend(x[r.support], t[r.support], r.decay * len(x) / r.support.sum().item(),
                    1000 if quick else 10000, what="support vectors alone")
    r.turned = ((again[0] - r.w).norm() / r.w.norm()).item()
    r.row("examples in two clouds", len(x))
    r.row("support vectors among them", r.support.sum().item())
    r.row("width of the street 2/‖w‖", (2 / r.w.norm()).item())
    r.row("change of w without the other examples", f"{100 * r.turned:.1f} %", "0")

    (x, y), _, (new_x, new_y) = lab.digits(quick)
    t = 2 * torch.nn.functional.one_hot(y, 10).float() - 1
    w, b = descend(x.flatten(1), t, 1e-4, 800 if quick else 20000, batch=100, what="digits")
    r.accuracy = 100 * ((new_x.flatten(1) @ w.T + b).argmax(1) == new_y).float().mean().item()
    r.digit_weights = w.reshape(10, *x.shape[1:])
    r.row("digits, ten machines: test accuracy, %", r.accuracy)
    return r


def check(r):
    """What the text teaches."""
    yield "most examples are no support vectors", r.support.float().mean().item() < 0.6
    yield "without them the street stays where it is", r.turned < 0.05
    yield "linear machines read nine digits in ten", r.accuracy > 90


def draw(r):
    """The street, and what each digit's machine looks for."""
    f, (left, right) = lab.figure(1, 2, width=10, height=3.9, width_ratios=[1, 1.35])
    grid = torch.linspace(-3.6, 3.6, 200)
    y, x = torch.meshgrid(grid, grid, indexing="ij")
    value = (torch.stack([x, y], -1) @ r.w.T + r.b)[..., 0]
    left.contour(grid, grid, value, levels=[-1, 0, 1], colors=lab.INK, linestyles=["--", "-", "--"],
                 linewidths=1.4)
    for sign, colour, marker in ((1, lab.BLUE, "o"), (-1, lab.RED, "s")):
        mine = r.t[:, 0] == sign
        left.scatter(*r.x[mine & ~r.support].T, s=14, color=colour, marker=marker, alpha=0.45)
        left.scatter(*r.x[mine & r.support].T, s=34, color=colour, marker=marker, edgecolors=lab.INK,
                     label=f"support vectors, t = {sign:+}")
    left.set(title="The widest street", xlabel="x₁", ylabel="x₂", aspect="equal")
    left.legend(loc="upper left", fontsize=8, frameon=True, edgecolor="none")
    lab.images(right, r.digit_weights, 5, title="w of 0 … 9: for (green) and against (red)")
    return f
