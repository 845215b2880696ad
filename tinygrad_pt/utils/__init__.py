"""Helpers in the places where PyTorch keeps them."""
