"""33. Exploration against exploitation: ten levers, and how often to try another

A lever i pays qᵢ + noise, and qᵢ is not known. What it paid on average so far is

    Qᵢ ← Qᵢ + (r − Qᵢ)/nᵢ

ε-greedy: pull the lever that paid best so far, but with probability ε any. Greedy alone, ε = 0, is
early content with a lever that is good and not the best. ε = 0.1 finds the best soon, and then gives a
tenth of its pulls away; ε = 0.01 finds it late and keeps nearly all. So ε should fall: explore while
there is something to learn, exploit when it is learned.

R. S. Sutton & A. G. Barto, Reinforcement Learning, 2nd edition 2018, chapter 2.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab

LEVERS = 10
RULES = {"greedy": lambda t: 0.0, "ε = 0.01": lambda t: 0.01, "ε = 0.1": lambda t: 0.1,
         "ε falls, 10/t": lambda t: min(1.0, 10 / t)}


def play(q, pulls, epsilon):
    """Mean payment, and the share of machines (n, levers) where the best is pulled, at each pull."""
    n, best, every = len(q), q.argmax(1), torch.arange(len(q))
    estimate, count = torch.zeros(n, LEVERS), torch.zeros(n, LEVERS)
    paid, right = [], []
    for t in lab.track(range(1, pulls + 1), "pulls"):
        guess = (estimate + 1e-6 * torch.rand(n, LEVERS)).argmax(1)
        lever = torch.where(torch.rand(n) < epsilon(t), torch.randint(0, LEVERS, (n,)), guess)
        reward = q[every, lever] + torch.randn(n)
        count[every, lever] += 1
        estimate[every, lever] += (reward - estimate[every, lever]) / count[every, lever]
        paid.append(reward.mean().item())
        right.append(100 * (lever == best).float().mean().item())
    return paid, right


def run(quick):
    """The same machines for all rules, 1,000 pulls each."""
    machines, pulls = (200, 500) if quick else (2000, 1000)
    q = torch.randn(machines, LEVERS)
    r = lab.Result(paid={}, right={})
    for name, epsilon in RULES.items():
        r.paid[name], r.right[name] = play(q, pulls, epsilon)
    r.end = {name: (mean(r.paid[name][-50:]), mean(r.right[name][-50:])) for name in RULES}
    course = {"greedy": ("about 1", "a third", "Sutton & Barto's machines")}
    r.row("paid by the best of ten levers, mean", q.amax(1).mean().item(), 1.55, "chance")
    for name, (paid, right) in r.end.items():
        in_pay, in_best, why = course.get(name, ("", "", ""))
        r.row(f"{name}: payment at the end", paid, in_pay, why)
        r.row(f"{name}: best lever pulled, %", right, in_best, why)
    return r


def mean(numbers):
    """Of a list."""
    return sum(numbers) / len(numbers)


def check(r):
    """What the text teaches."""
    right = {name: end[1] for name, end in r.end.items()}
    yield "greed is content with less than the best", right["greedy"] < 50
    yield "who explores a tenth of the time finds the best lever more often", (
        right["ε = 0.1"] > right["greedy"] + 20)
    yield "at first exploring costs", (
        mean(r.paid["ε falls, 10/t"][:10]) < mean(r.paid["greedy"][:10]) - 0.3)
    yield "in the end a falling ε is paid best", r.end["ε falls, 10/t"][0] == max(
        paid for paid, _ in r.end.values())


def draw(r):
    """Payment, and how often the best lever is pulled."""
    f, axes = lab.figure(1, 2, width=11, height=4)
    lab.curves(axes[0], r.paid, title="Paid", xlabel="pull", ylabel="mean over machines")
    lab.curves(axes[1], r.right, title="The best lever is pulled, %", xlabel="pull", ylim=(0, 100))
    return f
