"""Models to compare with: Markov chains and their mixture, the seed's cell, plain networks."""

from improv.evaluation.baselines.markov import markov_line

__all__ = ["markov_line"]
