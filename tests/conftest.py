"""Hypothesis profiles: ``ci`` is fixed and bounded, ``brief`` the same with fewer examples, ``deep`` is
for long runs by hand.

    pytest --hypothesis-profile deep
"""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, settings

import tinygrad_pt as tg

common = dict(deadline=None, suppress_health_check=[HealthCheck.too_slow,
                                                    HealthCheck.data_too_large])
settings.register_profile("ci", max_examples=25, derandomize=True, print_blob=True, **common)
settings.register_profile("brief", settings.get_profile("ci"), max_examples=8)
settings.register_profile("deep", max_examples=2000, **common)
settings.load_profile("ci")


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts with the same random numbers."""
    tg.manual_seed(0)


@pytest.fixture
def printed():
    """What a program prints, in a process of its own."""
    def run(program):
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True,
                              text=True)
        assert not done.returncode, done.stderr
        return done.stdout
    return run


def pytest_terminal_summary(terminalreporter):
    """How much was compared with PyTorch, if anything was."""
    harness = sys.modules.get("against_torch")
    if counts := getattr(harness, "COUNTS", None):
        terminalreporter.write_line(
            f"compared with PyTorch: {len(counts)} functions, {counts.total()} cases; it lacks "
            f"derivatives of {', '.join(sorted(harness.LEFT_OUT)) or 'none'}")
