"""33. Q-learning with a table: how good is it to do this, here?

    Q(s, a) = r + γ maxₐ' Q(s', a')                             if all is known (Bellman)
    Q(s, a) ← Q(s, a) + α (r + γ maxₐ' Q(s', a') − Q(s, a))     from a single step s, a, r, s'

The world pays at its end only. What was paid there seeps back, each state told by the next, a step
earlier on every visit; γ < 1 makes a late reward worth less than an early one. The agent acts
ε-greedily: what seems best, but sometimes anything. In this maze a small prize lies near and a large
one far: without exploration the agent finds the near one and never learns better.

The Bellman equation can be solved here, and the table approaches its solution, though nobody told the
agent how the world works.

C. Watkins, Learning from delayed rewards, 1989.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab
from tinygrad_pt.lab.worlds import Maze, Worlds

ROWS = ["...#..G",
        ".g.#...",
        ".#.....",
        "...S..."]
PRIZES = {"g": 0.1, "G": 1.0}
GAMMA, ALPHA = 0.95, 0.5
RULES = {"ε = 0": lambda t: 0.0, "ε = 0.1": lambda t: 0.1,
         "ε from 1 to 0": lambda t: max(0.0, 1 - 1.1 * t)}


def bellman(maze):
    """Q* (states, 4), by turning the equation into a rule until nothing changes."""
    next_state = torch.zeros(maze.states, 4).long()
    reward, goes_on = torch.zeros(maze.states, 4), torch.zeros(maze.states, 4)
    for s in range(maze.states):
        for a in range(4):
            maze.reset()
            maze.place = s
            next_state[s, a], reward[s, a], over, _, _ = maze.step(a)
            goes_on[s, a] = not over
    q = torch.zeros(maze.states, 4)
    for _ in range(100):
        q = reward + GAMMA * goes_on * q[next_state].amax(2)
    return q


def learn(agents, steps, epsilon):
    """Tables (agents, states, 4) of as many agents, and what they were paid at each step."""
    worlds = Worlds([Maze(ROWS, PRIZES) for _ in range(agents)])
    s, i = torch.from_numpy(worlds.reset()), torch.arange(agents)
    q, paid = torch.zeros(agents, worlds.worlds[0].states, 4), []
    for step in lab.track(range(steps), "steps"):
        best = (q[i, s] + 1e-9 * torch.rand(agents, 4)).argmax(1)
        chance = torch.rand(agents) < epsilon(step / steps)
        a = torch.where(chance, torch.randint(0, 4, (agents,)), best)
        came, reward, over, _, now = (torch.from_numpy(x) for x in worlds.step(a))
        aim = reward + GAMMA * ~over * q[i, came].amax(1)
        q[i, s, a] += ALPHA * (aim - q[i, s, a])
        s = now
        paid.append(reward.mean().item())
    return q, paid


def path(q, most=60):
    """The places of a walk that follows the table."""
    maze = Maze(ROWS, PRIZES)
    places = [maze.reset()[0]]
    over = False
    while not over and len(places) < most:
        place, _, over, _, _ = maze.step(q[places[-1]].argmax().item())
        places.append(place)
    return places


def run(quick):
    """Three ways to explore; the tables against Bellman's solution."""
    agents, steps, window = (12, 2400, 120) if quick else (64, 8000, 400)
    star = bellman(Maze(ROWS, PRIZES))
    r = lab.Result(paid={}, found={}, window=window, q_star=star)
    letters = "".join(ROWS)
    r.best = path(star)
    for name, epsilon in RULES.items():
        q, paid = learn(agents, steps, epsilon)
        r.paid[name] = [100 * sum(paid[t:t + window]) / window for t in range(0, steps, window)]
        ends = [path(table) for table in q]
        r.found[name] = 100 * sum(letters[p[-1]] == "G" for p in ends) / agents
        r.row(f"{name}: agents whose table leads to the far prize, %", r.found[name])
        if name == "ε from 1 to 0":
            r.shortest = 100 * sum(len(p) == len(r.best) for p in ends) / agents
            on_path = torch.tensor(r.best[:-1])
            r.error = (q[:, on_path].amax(2) - star[on_path].amax(1)).abs().amax(1).median().item()
            r.q = q.mean(0)
    r.row("of these last, on a shortest path, %", r.shortest)
    r.row("largest |max Q − max Q*| along it, median of agents", r.error, 0)
    return r


def check(r):
    """What the text teaches."""
    greedy, _, falling = r.found.values()
    yield "who never explores is content with the near prize", greedy < 50
    yield "who explores first finds the far one, on a shortest path", min(falling, r.shortest) > 90
    yield "the table comes to solve Bellman's equation, where it is followed", r.error < 1e-2


def draw(r):
    """The values of the states with the best moves, and what was paid."""
    f, axes = lab.figure(1, 2, width=11, height=4)
    width = len(ROWS[0])
    value = r.q.amax(1).reshape(-1, width).numpy().copy()
    for place, letter in enumerate("".join(ROWS)):
        at = divmod(place, width)
        if letter == "#":
            value[at] = float("nan")
        elif letter in PRIZES:
            value[at] = PRIZES[letter]
        text = {"#": "", ".": "↑→↓←"[r.q[place].argmax()], "S": "S"}.get(letter, letter)
        axes[0].text(*at[::-1], text, ha="center", va="center", fontsize=13)
    axes[0].imshow(value, cmap=lab.colours(["white", lab.GREEN]), alpha=0.7, vmin=0, vmax=1)
    axes[0].set(title="maxₐ Q(s, a), and the best move", xticks=[], yticks=[])
    axes[0].grid(False)
    lab.curves(axes[1], r.paid, [r.window * (i + 1) for i in range(len(r.paid["ε = 0"]))],
               title="Exploration against exploitation", xlabel="step", ylabel="paid in 100 steps")
    return f
