"""Recipes, and what trains the shipped models from `datasets/`."""
