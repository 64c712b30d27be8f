"""What turns an answer that is not a function of arrays into one.

Adapters run where the student's code runs (in the grader: inside the sandbox), so nothing in this
package holds an answer. What goes in and comes out is arrays, numbers, strings, None, and tuples,
lists and dicts of them.
"""

from bnlib.checks.adapters.autograd import autograd_function
from bnlib.checks.adapters.layer import numpy_layer
from bnlib.checks.adapters.module import torch_module
from bnlib.checks.adapters.network import numpy_network
from bnlib.checks.adapters.steps import by_steps

__all__ = ["autograd_function", "by_steps", "numpy_layer", "numpy_network", "torch_module"]
