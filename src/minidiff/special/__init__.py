"""SciPy's special functions on Tensors, differentiable to any order within their families.

The values are SciPy's (CuPy's on a GPU; other libraries' arrays go through NumPy), imported when a
function is first called. The derivatives are in the rows of the modules here. Where a family has no
derivative in a parameter (the order of a Bessel function, say), a backward pass through it raises.

The formulas are from the NIST Digital Library of Mathematical Functions (DLMF), by its numbers.
"""

from __future__ import annotations

import sys

from .. import array_api
from ._bessel import i0, i0e, i1, i1e, iv, ive, j0, j1, jv, kv, yv
from ._exponentials import log_softmax, logsumexp, softmax
from ._gamma import (
    beta,
    betainc,
    betaln,
    digamma,
    gamma,
    gammainc,
    gammaincc,
    gammaln,
    polygamma,
    psi,
)
from ._probability import (
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    expit,
    kl_div,
    log_expit,
    log_ndtr,
    logit,
    ndtr,
    ndtri,
    rel_entr,
    xlog1py,
    xlogy,
)

__all__ = [
    "beta",
    "betainc",
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "expit",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "j0",
    "j1",
    "jv",
    "kl_div",
    "kv",
    "log_expit",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "rel_entr",
    "softmax",
    "xlog1py",
    "xlogy",
    "yv",
]

# Where SCIPY_ARRAY_API=1 is set, SciPy asks the namespace of an array for its special functions by
# this name (a proposed extension of the standard), before it makes a NumPy array of it.
vars(array_api)["special"] = sys.modules[__name__]
