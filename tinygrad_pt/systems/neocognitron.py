"""8. The neocognitron: S-cells look for a feature, C-cells do not mind where

    S-cell:  how like its template is the patch it sees?   s = max(0, r − θ) / (1 − θ)
    C-cell:  is the feature somewhere around here?         c = max of the s within a window

where r is the correlation of patch and template, with a little added to the patch's own strength so
that faint patches count less.

All S-cells of a plane share one template, so a feature is found wherever it lies; C-cells then forgive
a small shift, and they are fewer. Two such stages: strokes of eight slants, then arrangements of
strokes. Nobody teaches the second templates: a patch that no plane knows well becomes the template of a
new plane, and one that is known draws the winner towards itself (competitive learning). At the end a
digit is what the most similar known digit is.

K. Fukushima, Neocognitron, Biological Cybernetics 36, 1980.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab
from tinygrad_pt.nn import functional as F

SLANTS = 8


def strokes():
    """Templates (8, 1, 5, 5): a line through the middle."""
    axis = torch.arange(5) - 2.0
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    angle = torch.pi * torch.arange(SLANTS)[:, None, None] / SLANTS
    distance = (x * angle.sin() - y * angle.cos()).abs()
    return centred(torch.exp(-distance ** 2 / 0.7)[:, None])


def centred(templates):
    """Templates (k, …) less their mean, of length 1: what a correlation needs."""
    flat = templates.flatten(1)
    return F.normalize(flat - flat.mean(1, keepdim=True)).reshape(templates.shape)


def s_cells(x, templates, threshold):
    """The likeness of every patch of x (n, c, h, w) to each template (k, c, 5, 5): (n, k, h, w)."""
    ones = torch.ones_like(templates[:1])
    total, squares = F.conv2d(x, ones, padding=2), F.conv2d(x * x, ones, padding=2)
    strength = (squares - total ** 2 / ones.numel()).clamp(min=0).sqrt()
    likeness = F.conv2d(x, templates, padding=2) / (strength + 0.5)
    return (likeness - threshold).clamp(min=0) / (1 - threshold)


def c_cells(s, window, stride):
    """Whether a feature is there, within a window, at every ``stride`` places."""
    return F.max_pool2d(s, window, stride, padding=window // 2)


def arrangements(c, planes, threshold):
    """Templates (k, c, 5, 5) of patches of c, found by competition."""
    patches = F.unfold(c, 5, padding=2, stride=2).transpose(1, 2).flatten(0, 1)
    patches = patches[patches.norm(dim=1) > 1]
    patches = centred(patches[torch.randperm(len(patches))])
    winners = patches[:1]
    for p in lab.track(patches, "patches"):
        likeness, k = (winners @ p).max(0)
        if likeness < threshold and len(winners) < planes:
            winners = torch.cat([winners, p[None]])
        else:
            moved = winners[k] + 0.05 * (p - winners[k])
            winners[k] = moved / moved.norm()
    return winners.reshape(-1, c.shape[1], 5, 5)


def see(x, second):
    """The C-cells of the last stage, (n, features) of length 1, for images (n, h, w)."""
    return F.normalize(c_cells(s_cells(first(x), second, 0.5), 7, 3).flatten(1))


def first(x):
    """The C-cells of the first stage."""
    return c_cells(s_cells(x[:, None], strokes(), 0.1), 3, 2)


def nearest(known, labels, x):
    """The label of the most similar known vector; all have length 1."""
    return labels[(x @ known.T).argmax(1)]


def canvas(x, size, right=0, down=0):
    """Images in the middle of an empty square, shifted."""
    top, left = ((size - s) // 2 for s in x.shape[1:])
    return F.pad(x, [left, size - x.shape[2] - left, top, size - x.shape[1] - top]).roll(
        (down, right), (1, 2))


def run(quick):
    """Known digits upright in the middle; new ones shifted further and further."""
    (x, y), _, (new_x, new_y) = lab.digits(quick)
    if quick:  # 8×8 becomes 16×16, the strokes as wide as MNIST's
        x, new_x = (F.interpolate(a[:, None], scale_factor=2.0, mode="bilinear")[:, 0]
                    for a in (x, new_x))
    known, new, size = (300, 150, 24) if quick else (5000, 1000, 36)
    x, y, new_x, new_y = x[:known], y[:known], new_x[:new], new_y[:new]
    r = lab.Result(shifts=list(range(0, 5)), seen=[], pixels=[])
    x = canvas(x, size)
    with torch.no_grad():
        r.second = arrangements(first(x[:60]), 60 if quick else 100, 0.8)
        eyes = torch.cat([see(some, r.second)
                          for some in lab.track(x.split(200), "known digits")])
        plain = F.normalize(x.flatten(1))
        for shift in lab.track(r.shifts, "shifts"):
            moved = canvas(new_x, size, right=shift, down=shift)
            seen = torch.cat([see(some, r.second) for some in moved.split(200)])
            for found, a, b in ((r.seen, eyes, seen), (r.pixels, plain, F.normalize(moved.flatten(1)))):
                found.append(100 * (nearest(a, y, b) == new_y).float().mean().item())
        example = canvas(new_x[:1], size)
        r.example, r.after = example[0], first(example)[0]
        r.cells = s_cells(example[:, None], strokes(), 0.1)[0]
    for shift, seen, pixels in zip(r.shifts, r.seen, r.pixels, strict=True):
        r.row(f"shift {shift}: right, % (nearest by pixels: {pixels:.1f})", seen)
    return r


def check(r):
    """What the text teaches."""
    yield "digits are recognised by templates that nobody labelled", r.seen[0] > 85
    yield "a shift that ruins the comparison of pixels does little harm", (
        r.seen[3] > r.pixels[3] + 15 and r.seen[2] > 75)


def draw(r):
    """What S- and C-cells of the first stage see in a digit, and recognition against shift."""
    f, axes = lab.figure(1, 4, width=12, height=3.2, width_ratios=[0.8, 1.6, 1.6, 1.5])
    lab.images(axes[0], r.example[None], 1, title="A digit")
    lab.images(axes[1], r.cells, 4, title="S-cells: strokes of 8 slants")
    lab.images(axes[2], r.after, 4, title="C-cells: somewhere here")
    lab.curves(axes[3], {"neocognitron": r.seen, "pixels compared": r.pixels}, r.shifts,
               title="Recognised, %", xlabel="shift to the right and down, pixels", ylim=(0, 101))
    return f
