"""Stands in for the few functions of scikit-learn that programs use; the rest is hollow."""
