"""Grids of pictures."""

import torch


def make_grid(x, nrow=8, padding=2, normalize=False, **_):
    """Pictures (n, c, h, w) side by side in one (c, H, W)."""
    x = torch.stack(list(x)) if isinstance(x, list | tuple) else x
    x = x if x.dim() == 4 else x.view(-1, 1, *x.shape[-2:])
    if normalize:
        x = (x - x.min()) / (x.max() - x.min() + 1e-5)
    return torch.cat([torch.cat(list(x[i:i + nrow]), 2) for i in range(0, len(x), nrow)
                      if len(x[i:i + nrow]) == min(nrow, len(x))], 1)


def save_image(x, path, **kw):
    """Makes the grid, and keeps no file."""
    make_grid(x.detach().cpu(), **{k: v for k, v in kw.items() if k in ("nrow", "normalize")})
