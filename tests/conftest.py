"""Hypothesis profiles: ``ci`` is fixed and bounded, ``deep`` is for long runs by hand.

    pytest --hypothesis-profile deep
"""

import sys

from hypothesis import HealthCheck, settings

common = dict(deadline=None, suppress_health_check=[HealthCheck.too_slow,
                                                    HealthCheck.data_too_large])
settings.register_profile("ci", max_examples=40, derandomize=True, print_blob=True, **common)
settings.register_profile("deep", max_examples=2000, **common)
settings.load_profile("ci")


def pytest_terminal_summary(terminalreporter):
    """How much was compared with PyTorch, if anything was."""
    if counts := dict(getattr(sys.modules.get("against_torch"), "COUNTS", {})):
        left_out = counts.pop("", 0)
        terminalreporter.write_line(
            f"compared with PyTorch: {len(counts)} functions, {sum(counts.values())} cases "
            f"({left_out} of them without PyTorch's derivative)")
