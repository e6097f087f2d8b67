"""What a trained cell is compared with: Markov chains and their mixture."""

from improv.evaluation.baselines.markov import markov_line

__all__ = ["markov_line"]
