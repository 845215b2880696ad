"""Hypothesis profiles: ``ci`` is fixed and bounded, ``deep`` is for long runs by hand.

    pytest --hypothesis-profile deep
"""

from hypothesis import HealthCheck, settings

common = dict(deadline=None, suppress_health_check=[HealthCheck.too_slow,
                                                    HealthCheck.data_too_large])
settings.register_profile("ci", max_examples=40, derandomize=True, print_blob=True, **common)
settings.register_profile("deep", max_examples=2000, **common)
settings.load_profile("ci")
