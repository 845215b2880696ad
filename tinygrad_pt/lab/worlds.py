"""Small worlds to act in, with Gymnasium's interface.

    observation, info = world.reset(seed=…)
    observation, reward, terminated, truncated, info = world.step(action)

A walk ends when it is over (terminated: nothing comes after) or when patience ends (truncated).
"""

from __future__ import annotations

from math import cos, pi, sin
from random import Random
from typing import Any

import numpy as np

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left


class World:
    """Time, chance and patience; a world of its own says how it begins, goes on and looks."""

    patience = 200
    random = Random()

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict]:
        """Begin anew; with a seed so that chance can be repeated."""
        if seed is not None:
            self.random = Random(seed)
        self.time = 0
        self.begin()
        return self.observe(), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict]:
        """Act, and see what comes of it."""
        self.time += 1
        reward, over = self.act(action)
        return self.observe(), reward, over, self.time >= self.patience, {}


class Maze(World):
    """A walk from S to a letter that ends it, with the reward ``prizes`` has for it; # is wall.

    The observation is the number of the place, row by row.
    """

    def __init__(self, rows: list[str], prizes: dict[str, float], patience: int = 200):
        self.rows, self.prizes, self.patience = rows, prizes, patience
        self.states = len(rows) * len(rows[0])
        self.start = "".join(rows).index("S")

    def begin(self) -> None:
        self.place = self.start

    def observe(self) -> int:
        return self.place

    def act(self, action: int) -> tuple[float, bool]:
        width = len(self.rows[0])
        down, right = MOVES[action]
        row, column = self.place // width + down, self.place % width + right
        if 0 <= row < len(self.rows) and 0 <= column < width and self.rows[row][column] != "#":
            self.place = row * width + column
        letter = self.rows[self.place // width][self.place % width]
        return self.prizes.get(letter, 0.0), letter in self.prizes


class Field(World):
    """A hare looks for its carrot (1) and not for the fox (−1); all three begin anywhere.

    It is seen as a picture, red, green and blue, (3, 2 side, 2 side), of 0 or 1: fox, carrot, hare.
    """

    def __init__(self, side: int, patience: int = 30):
        self.side, self.patience = side, patience

    def begin(self) -> None:
        places = self.random.sample(range(self.side ** 2), 3)
        self.fox, self.carrot, self.hare = (divmod(place, self.side) for place in places)

    def observe(self) -> np.ndarray:
        cells = np.zeros((3, self.side, self.side), np.float32)
        for colour, (row, column) in enumerate((self.fox, self.carrot, self.hare)):
            cells[colour, row, column] = 1
        return cells.repeat(2, 1).repeat(2, 2)

    def act(self, action: int) -> tuple[float, bool]:
        self.hare = tuple(min(max(x + move, 0), self.side - 1)
                          for x, move in zip(self.hare, MOVES[action], strict=True))
        if self.hare == self.carrot:
            return 1.0, True
        return (-1.0, True) if self.hare == self.fox else (0.0, False)


class Pole(World):
    """A pole on a cart, to be held upright by pushes to the left (0) or right (1): 1 for each 1/50 s.

    Seen are place, speed, angle, and its speed; over when it leans by 12° or the cart is 2.4 m off.
    A. G. Barto, R. S. Sutton & C. W. Anderson, Neuronlike adaptive elements, 1983.
    """

    gravity, cart, pole, half, force, second = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02

    def begin(self) -> None:
        self.state = [self.random.uniform(-0.05, 0.05) for _ in range(4)]

    def observe(self) -> np.ndarray:
        return np.array(self.state, np.float32)

    def act(self, action: int) -> tuple[float, bool]:
        x, speed, angle, turn = self.state
        total = self.cart + self.pole
        push = self.force if action else -self.force
        pull = (push + self.pole * self.half * turn ** 2 * sin(angle)) / total
        sway = (self.gravity * sin(angle) - cos(angle) * pull) / (
            self.half * (4 / 3 - self.pole * cos(angle) ** 2 / total))
        gain = pull - self.pole * self.half * sway * cos(angle) / total
        self.state = [x + self.second * speed, speed + self.second * gain,
                      angle + self.second * turn, turn + self.second * sway]
        return 1.0, abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * pi / 180


class Worlds:
    """Several worlds of a kind side by side, each begun anew when it ends; arrays of everything."""

    def __init__(self, worlds: list[World]):
        self.worlds = worlds

    def reset(self, *, seed: int = 0) -> np.ndarray:
        """All begin; their observations."""
        return np.stack([world.reset(seed=seed + i)[0] for i, world in enumerate(self.worlds)])

    def step(self, actions: Any) -> tuple[np.ndarray, ...]:
        """What came of the actions, rewards, which were over, which ended, and what is seen now."""
        came, reward, over, late, _ = zip(*(world.step(action) for world, action in zip(
            self.worlds, actions.tolist(), strict=True)), strict=True)
        ended = np.array(over) | np.array(late)
        now = [world.reset()[0] if end else seen
               for world, end, seen in zip(self.worlds, ended, came, strict=True)]
        return np.stack(came), np.array(reward, np.float32), np.array(over), ended, np.stack(now)
