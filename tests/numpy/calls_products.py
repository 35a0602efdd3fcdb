"""Calls of products, einsum, convolution and interpolation."""

EINSUMS = {
    "v": ["i->", "i->i", "i"],
    "m": ["ii", "ii->i", "ij->ji", "ji", "...i->...", "ij->"],
    "m, v": ["ij,j->i", "ij,j", "ij,i->j", "ij,i->ij", "...j,j->..."],
    "m, m": ["ij,jk->ik", "ij,ij->", "ij,ij->i", "ij,kj->ik", "ij,ji", "ik,jk"],
    "t, t": ["ijk,ijl->kl", "ijk,ijk->j", "i...,i...->..."],
    "t, a": ["ijk,ij->ik", "ijk,ij->kij", "ij...,ij->i..."],
    "a, m, v": ["ij,jk,k->i", "ij,jk,k->ijk", "ij,jj,j->i"],
    "v, w, v": ["i,j,k->ijk", "i,i,i->i", "i,i,j"],
    "z, a": ["ij,ij->i"],
}

CALLS = {
    "dot": [
        *("np.dot(v, w)", "np.dot(m, v)", "np.dot(v, m)", "np.dot(m, m)", "np.dot(a, 2.0)"),
        *("np.dot(t, np.ones((4, 2)))", "np.dot(t, np.ones((2, 4, 3)))", "np.dot(j, [1, 2, 3])"),
        "np.dot(t, np.ones(4))",
    ],
    "vdot": ["np.vdot(a, b)", "np.vdot(z, a)", "np.vdot(z, z * 2)"],
    "inner": ["np.inner(v, w)", "np.inner(a, b)", "np.inner(t, t[0, 0])", "np.inner(a, 3.0)"],
    "outer": ["np.outer(v, w)", "np.outer(a, v)"],
    "matmul": ["np.matmul(m, v)", "np.matmul(a, m)", "np.matmul(t, t[0].T)"],
    "vecdot": ["np.vecdot(a, b)", "np.vecdot(z, a)", "np.vecdot(t, t + 1, axis=0)"],
    "tensordot": [
        *("np.tensordot(t, np.ones((3, 4, 2)))", "np.tensordot(a, m, 1)", "np.tensordot(v, w, 0)"),
        *("np.tensordot(t, a, ([0, 1], [0, 1]))", "np.tensordot(t, a, (1, 1))"),
    ],
    "kron": ["np.kron(a, b)", "np.kron(v, w)", "np.kron(a, v)", "np.kron(t, a)"],
    "cross": ["np.cross(v, w)", "np.cross(a, v)", "np.cross(m, m.T, axis=0)"],
    "diagonal": ["np.diagonal(m)", "np.diagonal(t, 1)", "np.diagonal(t, -1, 2, 1)"],
    "trace": ["np.trace(m)", "np.trace(t)", "np.trace(t, 1, 1, 2)"],
    "diag": ["np.diag(v)", "np.diag(m)", "np.diag(v, 1)", "np.diag(v, k=-2)", "np.diag(m, -1)"],
    "diagflat": ["np.diagflat(a)"],
    "tril": ["np.tril(m)", "np.tril(t, 1)"],
    "triu": ["np.triu(m)", "np.triu(t, -1)"],
    "einsum": [
        *[f"np.einsum('{f}', {arrays})" for arrays, formulas in EINSUMS.items() for f in formulas],
        *("np.einsum(m, [0, 1], v, [1])", "np.einsum(m, [0, 1], m, [1, 2], [2, 0])"),
        "np.einsum('ij,jk,k->i', a, m, v, optimize=False)",
    ],
    "convolve": [
        *[
            f"np.convolve({x}, '{mode}')"
            for x in ("v, t[0, 0]", "t[0, 0], v", "v, w")
            for mode in ("full", "same", "valid")
        ],
        *("np.convolve(v, [2.0])", "np.convolve(z[0], v)"),
    ],
    "correlate": [
        *[f"np.correlate(t[0, 0], v, '{mode}')" for mode in ("full", "same", "valid")],
        "np.correlate(z[0], z[1], 'full')",
    ],
    "interp": [
        *(
            "np.interp(a, [-2.0, -0.3, 0.4, 3.0], [1.0, 2.0, 0.0, 1.5])",
            "np.interp(v, [-3.0, 0.0, 2.5], w)",
        ),
        *(
            "np.interp(a * 3, [-1.0, 0.1, 1.0], w, left=-5.0, right=7.0)",
            "np.interp(0.5, [0, 1], [2, 4])",
        ),
        "np.interp([0.0, 1.0], [0.0, 1.0], [2.0, 4.0])",
    ],
}
