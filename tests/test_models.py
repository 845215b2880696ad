"""Models that the programs share, where there is something exact to compare them with."""

import itertools

import pytest

import tinygrad_pt as torch
from tinygrad_pt.models.dbm import Machine
from tinygrad_pt.models.rbm import RBM, LinearRBM, WordsRBM, divergence, greedy, unrolled


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


def test_machines_unroll_to_a_net_that_goes_up_and_down_again():
    stack = [machine(RBM, 5, 4), machine(RBM, 4, 3), machine(LinearRBM, 3, 2)]
    net, x = unrolled(stack), torch.rand(6, 5).double()
    h = x
    for rbm in stack:
        h = rbm.up(h)
    torch.testing.assert_close(net.encoder(x), h)
    for rbm in stack[:0:-1]:
        h = rbm.down(h)
    torch.testing.assert_close(net(x).sigmoid(), stack[0].down(h))


def test_greedy_learns_each_machine_on_the_answers_below():
    torch.manual_seed(0)
    x = torch.tensor([[1.0, 1, 0, 0], [0, 0, 1, 1]]).repeat(50, 1)
    stack = [RBM(4, 6), RBM(6, 3)]
    answers = greedy(stack, x, epochs=20, batch=10)
    torch.testing.assert_close(answers, stack[1].up(stack[0].up(x)))
    assert (unrolled(stack)(x).sigmoid() - x).abs().max() < 0.2


def test_a_machine_of_words_keeps_their_number():
    rbm, v = machine(WordsRBM, 4, 3), torch.tensor([[3.0, 0, 1, 2], [0, 5, 0, 0]]).double()
    torch.testing.assert_close(rbm.down(rbm.up(v)).sum(1), torch.ones(2).double())
    torch.testing.assert_close(rbm.gibbs(v, 3).sum(1), v.sum(1))


def test_a_deep_machine_adds_up_all_its_states():
    torch.manual_seed(0)
    deep = Machine(torch.rand(9, 4), 3, 2)
    deep.w, deep.u, deep.c, deep.d = (torch.randn_like(a) for a in (deep.w, deep.u, deep.c, deep.d))
    v, h, top = (states(n).float() for n in (4, 3, 2))
    log_p, log_z = deep.log_p(v)
    below, above = v @ deep.w.T @ h.T, h @ deep.u.T @ top.T
    minus_energy = ((v @ deep.b)[:, None, None] + below[:, :, None] + (h @ deep.c)[None, :, None]
                    + above[None] + (top @ deep.d)[None, None])
    torch.testing.assert_close(log_p + log_z, minus_energy.logsumexp((1, 2)))
    torch.testing.assert_close(log_p.exp().sum(), torch.tensor(1.0))
    for middle, last in deep.mean_field(v, 5):
        assert (deep.bound(v, middle, last, log_z) < log_p).all()
