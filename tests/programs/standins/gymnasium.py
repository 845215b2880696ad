"""The same environments under gym's newer name."""

from gym import CartPole, Pendulum, make  # noqa: F401
