"""Gym's interface over one environment of our own: a pole on a cart, by the equations of
Barto, Sutton & Anderson (1983), "Neuronlike adaptive elements".
"""

import math
from types import SimpleNamespace

import numpy as np

__version__ = "0.26"


class _Discrete:
    def __init__(self, n, rng):
        self.n, self.shape, self._rng = n, (), rng

    def sample(self):
        return int(self._rng.integers(self.n))

    def seed(self, seed=None):
        pass


class CartPole:
    """State: position, velocity, angle, angular velocity. Action 1 pushes right, 0 left, with 10 N."""

    def __init__(self):
        self._rng = np.random.default_rng(0)
        self.action_space = _Discrete(2, self._rng)
        self.observation_space = SimpleNamespace(shape=(4,), seed=lambda *_: None)
        self.spec = SimpleNamespace(reward_threshold=475.0, max_episode_steps=500)
        self.unwrapped = self

    def seed(self, seed=None):
        self._rng = np.random.default_rng(seed)

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self.seed(seed)
        self.state, self.steps = self._rng.uniform(-0.05, 0.05, 4), 0
        return self.state.astype(np.float32), {}

    def step(self, action):
        _, v, angle, spin = self.state
        force = 10.0 if int(action) == 1 else -10.0
        cos, sin = math.cos(angle), math.sin(angle)
        pushed = (force + 0.05 * spin * spin * sin) / 1.1
        turning = (9.8 * sin - cos * pushed) / (0.5 * (4 / 3 - 0.1 * cos * cos / 1.1))
        moving = pushed - 0.05 * turning * cos / 1.1
        self.state = self.state + 0.02 * np.array([v, moving, spin, turning])
        self.steps += 1
        fallen = bool(abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * math.pi / 180)
        return self.state.astype(np.float32), 1.0, fallen, self.steps >= 500, {}

    def render(self, *_, **__):
        pass

    def close(self):
        pass


class Pendulum(CartPole):
    """A pendulum to be swung up by a torque in [-2, 2]; state: cos, sin and speed of its angle."""

    def __init__(self):
        super().__init__()
        self.observation_space = SimpleNamespace(shape=(3,), seed=lambda *_: None)
        self.action_space = SimpleNamespace(shape=(1,), low=np.array([-2.0]), high=np.array([2.0]))

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self.seed(seed)
        self.angle, self.speed, self.steps = *self._rng.uniform([-math.pi, -1], [math.pi, 1]), 0
        return self._see(), {}

    def _see(self):
        return np.array([math.cos(self.angle), math.sin(self.angle), self.speed], np.float32)

    def step(self, action):
        u = float(np.clip(np.asarray(action, float).reshape(-1)[0], -2, 2))
        around = (self.angle + math.pi) % (2 * math.pi) - math.pi
        cost = around**2 + 0.1 * self.speed**2 + 0.001 * u * u
        self.speed = float(np.clip(self.speed + (15 * math.sin(self.angle) + 3 * u) * 0.05, -8, 8))
        self.angle += self.speed * 0.05
        self.steps += 1
        return self._see(), -cost, False, self.steps >= 200, {}


class Older:
    """An environment as it spoke before version 0.26: the state alone, and one end in step's four."""

    def __init__(self, env):
        self.env = env

    def __getattr__(self, name):
        return getattr(self.env, name)

    def reset(self):
        return self.env.reset()[0]

    def step(self, action):
        state, reward, terminated, truncated, info = self.env.step(action)
        return state, reward, terminated or truncated, info


def _environment(name):
    return Pendulum() if name.startswith("Pendulum") else CartPole()


def make(name, **_):
    return _environment(name)


def make_older(name, **_):
    return Older(_environment(name))
