"""Notebook 02: the covariance of a batch, and four ways to whiten it."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.whitening import covariance  # isort: skip
from bnlib.exercises.whitening import pca_whiten  # isort: skip
from bnlib.exercises.whitening import zca_whiten  # isort: skip
from bnlib.exercises.whitening import cholesky_whiten  # isort: skip
from bnlib.exercises.whitening import newton_whiten  # isort: skip

__all__ = ["cholesky_whiten", "covariance", "newton_whiten", "pca_whiten", "zca_whiten"]
