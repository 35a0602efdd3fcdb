"""Calls of linalg."""

CALLS = {
    "linalg.norm": [
        *("np.linalg.norm(v)", "np.linalg.norm(t)", "np.linalg.norm(a, axis=1)"),
        *[f"np.linalg.norm(v, {ord})" for ord in (1, 2, 3, "np.inf", "-np.inf", 0.5)],
        *[f"np.linalg.norm(m, {ord})" for ord in ("'fro'", "'nuc'", 1, -1, 2, -2, "np.inf")],
        *("np.linalg.norm(t, axis=(0, 2))", "np.linalg.norm(t, 2, axis=(2, 1), keepdims=True)"),
        *("np.linalg.norm(t, 1, axis=0, keepdims=True)", "np.linalg.norm(z)", "np.linalg.norm(j)"),
        *("np.linalg.norm(t, keepdims=True)", "np.linalg.norm(s)", "np.linalg.norm(v, axis=(0,))"),
        *("np.linalg.norm(m, -np.inf)", "np.linalg.norm(z, 2, axis=1)", "np.linalg.norm(v, 0)"),
        "np.linalg.norm(t, 'nuc', axis=(0, -1), keepdims=True)",
    ],
    "linalg.inv": ["np.linalg.inv(m)", "np.linalg.inv(m[None, :] + 0)"],
    "linalg.det": ["np.linalg.det(m)"],
    "linalg.slogdet": ["np.linalg.slogdet(m)"],
    "linalg.solve": [
        *("np.linalg.solve(m, v)", "np.linalg.solve(m, m + 1)", "np.linalg.solve(m, i)"),
        "np.linalg.solve(m + 0j, v)",
    ],
    "linalg.lstsq": [
        "np.linalg.lstsq(a.T, v)[0]",
        "np.linalg.lstsq(a.T, v)[1]",
        *("np.linalg.lstsq(a, a[:, 0])[0]", "np.linalg.lstsq(m, m[:, :2])[0]"),
        *("np.linalg.lstsq(a.T, v)[3]", "np.linalg.lstsq(j.T, i)[0]"),
    ],
    "linalg.pinv": [
        *("np.linalg.pinv(a)", "np.linalg.pinv(z)", "np.linalg.pinv(t)", "np.linalg.pinv(j)"),
        *("np.linalg.pinv(a, 0.1)", "np.linalg.pinv(m + m.T, hermitian=True)"),
        "np.linalg.pinv(a, rtol=0.1)",
    ],
    "linalg.cholesky": ["np.linalg.cholesky(m @ m.T)", "np.linalg.cholesky(m @ m.T, upper=True)"],
    "linalg.eigh": ["np.linalg.eigh(m + m.T)[0]", "np.abs(np.linalg.eigh(m + m.T)[1])"],
    "linalg.eigvalsh": ["np.linalg.eigvalsh(m + m.T)", "np.linalg.eigvalsh(m + m.T, 'U')"],
    "linalg.eig": [
        *("np.linalg.eig(m @ m.T + 0j)[0]", "np.linalg.eig(m @ m.T)[0]", "np.linalg.eig(r)[0]"),
        "np.abs(np.linalg.eig(m @ m.T)[1])",
    ],
    "linalg.eigvals": [
        *("np.linalg.eigvals(m @ m.T + 0j)", "np.linalg.eigvals(m @ m.T)", "np.linalg.eigvals(r)"),
    ],
    "linalg.qr": ["np.linalg.qr(m)", "np.linalg.qr(m, 'r')", "np.linalg.qr(a)"],
    "linalg.svd": [
        "np.linalg.svd(a, compute_uv=False)",
        "np.linalg.svd(a, full_matrices=False)[1]",
        "np.abs(np.linalg.svd(t, full_matrices=False)[0])",
        "np.linalg.svd(m + m.T, compute_uv=False, hermitian=True)",
    ],
    "linalg.svdvals": ["np.linalg.svdvals(a)"],
    "linalg.matrix_power": [
        *("np.linalg.matrix_power(m, 3)", "np.linalg.matrix_power(m, -1)"),
        *("np.linalg.matrix_power(j[:, :2], 2)", "np.linalg.matrix_power(j[:, :2], -2)"),
    ],
    "linalg.matrix_rank": [
        *("np.linalg.matrix_rank(m)", "np.linalg.matrix_rank(m, tol=1.0)"),
        *("np.linalg.matrix_rank(m + m.T, hermitian=True)", "np.linalg.matrix_rank(t, rtol=0.5)"),
    ],
    "linalg.multi_dot": [
        *("np.linalg.multi_dot([a, m, v])", "np.linalg.multi_dot([v, m, m, w])"),
        *("np.linalg.multi_dot([a, m])", "np.linalg.multi_dot([v, a.T, a, m])"),
    ],
    "linalg.cond": [
        *("np.linalg.cond(m)", "np.linalg.cond(m, 1)", "np.linalg.cond(m, -2)"),
        *("np.linalg.cond(m, 'fro')", "np.linalg.cond(a)"),
        "np.linalg.cond(np.stack([m, m.T + 1]), np.inf)",
    ],
    "linalg.matrix_norm": ["np.linalg.matrix_norm(t)", "np.linalg.matrix_norm(t, ord='nuc')"],
    "linalg.vector_norm": ["np.linalg.vector_norm(t, axis=1)", "np.linalg.vector_norm(t, ord=3)"],
    "linalg.diagonal": ["np.linalg.diagonal(t)", "np.linalg.diagonal(t, offset=-1)"],
    "linalg.cross": ["np.linalg.cross(v, w)", "np.linalg.cross(a, v)"],
    "linalg.tensordot": [
        "np.linalg.tensordot(t, a, axes=([0, 1], [0, 1]))",
        *("np.linalg.tensordot(a, v, axes=1)", "np.linalg.tensordot(t, a, axes=([1], [1]))"),
    ],
    "linalg.vecdot": ["np.linalg.vecdot(a, b)", "np.linalg.vecdot(z, a)"],
    "linalg.matmul": ["np.linalg.matmul(a, m)"],
    "linalg.matrix_transpose": ["np.linalg.matrix_transpose(t)"],
    "linalg.outer": ["np.linalg.outer(v, w)"],
    "linalg.trace": ["np.linalg.trace(m)", "np.linalg.trace(t, offset=1)"],
}
