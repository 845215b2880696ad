"""Models that the programs share, where there is something exact to compare them with."""

import itertools

import pytest

import tinygrad_pt as torch
from tinygrad_pt.models.rbm import RBM, LinearRBM, divergence


def states(n):
    """All 2ⁿ rows of 0s and 1s."""
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=n)), dtype=torch.float64)


def machine(kind, visible, hidden):
    torch.manual_seed(0)
    rbm = kind(visible, hidden).double()
    with torch.no_grad():
        for p in rbm.parameters():
            p.copy_(torch.randn_like(p))
    return rbm


def test_free_energy_sums_over_the_hidden_states():
    rbm, v, h = machine(RBM, 3, 4), states(3), states(4)
    energy = -(v @ rbm.visible)[:, None] - h @ rbm.hidden - v @ rbm.weight.T @ h.T
    torch.testing.assert_close(rbm.free_energy(v), -(-energy).logsumexp(1))
    torch.testing.assert_close(rbm.up(v), (-energy).softmax(1) @ h)
    torch.testing.assert_close(rbm.down(h), (-energy).softmax(0).T @ v)


def test_the_slope_of_the_free_energy_is_the_codes_mean():
    for kind in (RBM, LinearRBM):
        rbm, v = machine(kind, 3, 4), states(3)
        rbm.free_energy(v).sum().backward()
        torch.testing.assert_close(rbm.weight.grad, -rbm.up(v).T @ v)
        torch.testing.assert_close(rbm.hidden.grad, -rbm.up(v).sum(0))


@pytest.mark.parametrize("persistent", (False, True))
def test_a_trained_machine_holds_its_data_likely(persistent):
    torch.manual_seed(0)
    rbm, wanted = RBM(4, 6), torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 1]])
    optimizer = torch.optim.SGD(rbm.parameters(), 0.5)
    errors = list(divergence(rbm, wanted.repeat(50, 1), optimizer, epochs=40, batch=20,
                             persistent=persistent))
    p = (-rbm.free_energy(states(4).float())).softmax(0)
    assert p[3] + p[12] > 0.8 and errors[-1] < errors[0] / 4
