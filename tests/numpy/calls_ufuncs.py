"""Calls of the keywords and methods of functions that go element by element, and of newer names."""

CALLS: dict[str, list[str]] = {
    # ---- keywords
    "exp": ["np.exp(a, dtype=np.float32)", "np.exp(a, out=None)", "np.exp(j, where=True)"],
    "sqrt": ["np.sqrt(j, dtype='f4')", "np.sqrt(a, dtype=complex)", "np.sqrt(p, casting='safe')"],
    "add": [
        *("np.add(j, 1.5, dtype=int, casting='unsafe')", "np.add(a, j, dtype='c8', order='C')"),
        *("np.add(a, 1, subok=False)", "np.add(2, 3)", "np.add(True, 2)", "np.add(2, 1.5)"),
        *("np.add.reduce(a)", "np.add.reduce(a, axis=None)", "np.add.reduce(t, (0, 2))"),
        *("np.add.reduce(a, 1, keepdims=True, initial=2.0)", "np.add.reduce(j, dtype='f4')"),
        *("np.add.reduce(a, where=k)", "np.add.accumulate(a)", "np.add.accumulate(j, axis=1)"),
        *("np.add.reduceat(v, [0, 2, 1])", "np.add.reduceat(t, [0, 2], axis=2)"),
        *("np.add.outer(v, w)", "np.add.outer(a, i)", "np.add.nin", "np.add.nout"),
        "np.add.identity",
    ],
    "multiply": [
        *("np.multiply.reduce(a, axis=1)", "np.multiply.accumulate(v)", "np.multiply.outer(v, a)"),
        *("np.multiply.reduce(t, axis=(0, 1))", "np.multiply.reduceat(w, [1, 0])"),
    ],
    "subtract": [
        *("np.subtract.outer(v, w)", "np.subtract.outer(v, 2.0)", "np.subtract.reduce(a)"),
        *("np.subtract.reduce(a, axis=1, initial=1.0)", "np.subtract.accumulate(t, axis=1)"),
        "np.subtract.reduce(a, where=k, initial=0.5)",
        "np.subtract.reduce(t, axis=-1, keepdims=True)",
    ],
    "divide": [
        *("np.divide.reduce(q)", "np.divide.accumulate(q, axis=1)", "np.divide.outer(v, q)"),
        "np.divide(a, b, where=True)",
    ],
    "maximum": [
        *("np.maximum.reduce(a)", "np.maximum.accumulate(v)", "np.maximum.outer(v, w)"),
        *("np.maximum.reduce(t, axis=(0, 2))", "np.maximum.reduce(a, initial=0.1, where=k)"),
        "np.maximum.accumulate(t, axis=2)",
    ],
    "minimum": ["np.minimum.reduce(a, axis=1, keepdims=True)", "np.minimum.accumulate(a)"],
    "hypot": ["np.hypot.reduce(a)", "np.hypot.reduce(t, axis=(0, 1))", "np.hypot.outer(v, w)"],
    "logaddexp": ["np.logaddexp.reduce(a, axis=1)", "np.logaddexp.accumulate(v)"],
    "logical_and": [
        "np.logical_and.reduce(k)",
        "np.logical_and.reduce([k[0], [False, True, True]])",
    ],
    "logical_or": ["np.logical_or.reduce(k, axis=1)", "np.logical_or.accumulate(k)"],
    "logical_xor": ["np.logical_xor.reduce(k, axis=None)"],
    "bitwise_or": ["np.bitwise_or.reduce(j)", "np.bitwise_or.reduce(j, axis=1, initial=16)"],
    "power": ["np.power.outer(p, [1.0, 2.0])", "np.power.reduce(q)"],
    "equal": ["np.equal(a, b, dtype=bool)", "np.equal.outer(i, j)"],
    # ---- two results, and others that came later
    "divmod": ["np.divmod(a, q)", "np.divmod(j, 3)", "np.divmod(-j, 3)", "np.divmod(7, v)"],
    "modf": ["np.modf(a * 3)", "np.modf(j)", "np.modf([np.inf, -np.inf, 2.0, -1.5])"],
    "fabs": ["np.fabs(a)", "np.fabs(j)"],
    "i0": ["np.i0(a)", "np.i0(v * 3)"],
    "isreal": ["np.isreal(z)", "np.isreal(a)", "np.isreal(z * k)"],
    "iscomplex": ["np.iscomplex(z)", "np.iscomplex(j)"],
    "round": ["np.round(a, 1, None)", "np.round(a, np.int64(1))"],
    "clip": [
        *("np.clip(a, -0.5, 0.5, None)", "np.clip(a, -0.5, 0.5, where=True)"),
        "np.clip(a, -0.5, v, dtype='f4')",
    ],
    "isin": ["np.isin(j, [1, 5], kind='sort')"],
}
