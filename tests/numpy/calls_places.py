"""Calls that read at places, count, sort, convolve, interpolate and fit, with all parameters."""

CALLS: dict[str, list[str]] = {
    "take": [
        *(
            "np.take(v, [])",
            "np.take(a, [5, -1], mode='wrap')",
            "np.take(a, [-3, 9, 1], 1, None, 'clip')",
        ),
        *(
            "np.take(t, [[-1, 0]], axis=np.int64(2), mode='wrap')",
            "np.take(s, [0])",
            "np.take(s, 0, 0)",
        ),
        *(
            "np.take(t, np.argmax(v), axis=1)",
            "np.take(a, -1, axis=1)",
            "np.take(a, [[0, -1]], axis=0)",
        ),
    ],
    "take_along_axis": ["np.take_along_axis(a, np.argsort(a))"],
    "compress": ["np.compress([1, 0, 1], v, np.int64(0), None)"],
    "choose": [
        *("np.choose(i, [v, w, v * w], None)", "np.choose([5, -1], [[1, 2], [3, 4]], mode='wrap')"),
        *("np.choose([5, -1], [[1, 2], [3, 4]], mode='clip')", "np.choose(i, [v, 2.5, j[0]])"),
        "np.choose(i[:2] // 2, a[:, :2])",
    ],
    "select": ["np.select([k, ~k], [a, j])"],
    "where": ["np.where(k, 1, 2.5)", "np.where(k, True, 2)"],
    "piecewise": [
        *("np.piecewise(s, [s > 0], [lambda x: x * x])", "np.piecewise(s, s > 1, [2.0, 5.0])"),
        *("np.piecewise(j, [j > 2, j < 2], [0.5, lambda x: x + 1.7, 9])",),
        *("np.piecewise(v, v > 9, [lambda x: x.no_such, 1.0])",),
        *("np.piecewise(v, [v > 0], [lambda x, n, m=1: n * m * x], 2, m=3)",),
    ],
    "unravel_index": ["np.unravel_index(i, (3, 2), 'F')", "np.unravel_index(np.max(i), [2, 3])"],
    "ravel_multi_index": [
        *(
            "np.ravel_multi_index((i, i), (3, 4), order='F')",
            "np.ravel_multi_index([[5], [1]], (3, 4), 'wrap')",
        ),
        "np.ravel_multi_index([[5], [-1]], (3, 4), ('clip', 'wrap'))",
    ],
    "ix_": ["np.ix_([True, False, True], [1])"],
    "diag_indices": ["np.diag_indices(np.max(i))"],
    "tril_indices": ["np.tril_indices(np.int64(3), m=np.int64(2))"],
    "apply_along_axis": [
        "np.apply_along_axis(lambda x, n, m: m * x**n, 1, t, 2, m=1.5)",
        "np.apply_along_axis(np.sort, np.int64(-1), a)",
        "np.apply_along_axis(np.outer, 1, a, v)",
    ],
    "vectorize": [
        *("np.vectorize(lambda x, y: x * y if x > 0 else y)(a, v)", "np.vectorize(np.sin)(s)"),
        *("np.vectorize(lambda x: (x, 2 * x))(v)", "np.vectorize(lambda x: x, otypes=['f4'])(a)"),
        "np.vectorize(lambda x, c: x * c[1], excluded={1})(v, w)",
        "np.vectorize(lambda x, c=None: x * c[1], excluded={'c'})(v, c=w)",
        "np.vectorize(otypes=[float])(lambda x: x * x)(v)",
    ],
    "iterable": ["np.iterable(v)", "np.iterable(s)", "np.iterable(3)"],
    # ---- order, sets, counts
    "sort": ["np.sort(a, 0, 'stable', None)", "np.sort(t, axis=np.int64(1), stable=True)"],
    "argsort": ["np.argsort(a, -1, None, None)", "np.argsort(t, axis=np.int64(0))"],
    "searchsorted": [
        "np.searchsorted(np.sort(j[0]), a)",
        "np.searchsorted([1, 5], a, sorter=[0, 1])",
    ],
    "unique": [
        *("np.unique([1.0, np.nan, np.nan])", "np.unique([np.nan, 1.0, np.nan], equal_nan=False)"),
        *("np.unique(j, axis=1)", "np.unique(t[:, [0, 1, 0]], True, True, True, 1)"),
        *(
            "np.unique(a, axis=np.int64(0))",
            "np.unique(k, return_counts=True)",
            "np.unique(i, sorted=True)",
        ),
    ],
    "unique_values": ["np.unique_values(v)"],
    "unique_counts": ["np.unique_counts(j)"],
    "unique_inverse": ["np.unique_inverse(j)", "np.unique_inverse(a)"],
    "unique_all": ["np.unique_all(j)"],
    "bincount": [
        *(
            "np.bincount([])",
            "np.bincount([], minlength=2)",
            "np.bincount(i, j[0])",
            "np.bincount(i, v, 5)",
        ),
        "np.bincount([1, 1, 3], minlength=np.int64(6))",
    ],
    "digitize": [
        *("np.digitize([0.5, 1.5], [2, 1, 0])", "np.digitize(a, [1.0, 0.0, -1.0], True)"),
        *("np.digitize([1, 2], [2, 1])", "np.digitize(a, [0.5])", "np.digitize([1.0], [])"),
    ],
    "histogram": [
        *(
            "np.histogram([5.0, 5.0], 4)",
            "np.histogram(i, 3, weights=w, density=True)",
            "np.histogram([], 3)",
        ),
        *(
            "np.histogram(j, np.int64(3), (0, 5))",
            "np.histogram(j, 'auto')",
            "np.histogram(j, 'sqrt')",
        ),
        *(
            "np.histogram(a, [-1.0, 0.0, 0.5, 1.0], density=True)",
            "np.histogram(i, 3, None, None, i)",
        ),
        *("np.histogram(j, np.max(i) + 1)", "np.histogram(j, [[0, 2, 10]][0], weights=a)"),
    ],
    # ---- products
    "dot": ["np.dot(a, m, None)", "np.dot(j, v)"],
    "outer": ["np.outer(v, w, None)"],
    "matmul": ["np.matmul(a, m, dtype='f4', casting='same_kind')", "np.matmul(j, v)"],
    "vecdot": ["np.vecdot(t, t, axis=np.int64(1), keepdims=True)", "np.vecdot(a, v, dtype='f4')"],
    "tensordot": [
        *("np.tensordot(t, a, np.int64(0))", "np.tensordot(t, t, axes=np.int64(3))"),
        *(
            "np.tensordot(t, a, ((-3, np.int64(1)), (0, 1)))",
            "np.tensordot(t, a, np.array([1, 1]))",
        ),
    ],
    "cross": ["np.cross(t[..., :3], v, axisc=0)", "np.cross(m, v, axisa=0)", "np.cross(j, v)"],
    "linalg.cross": ["np.linalg.cross(m, m.T, axis=0)", "np.linalg.cross(j, v)"],
    "diagonal": ["np.diagonal(t, np.int64(0), np.int64(1), 2)"],
    "einsum": [
        *("np.einsum('ij,j', j, v, casting='safe')", "np.einsum('ij->j', j, dtype=float)"),
        *(
            "np.einsum('...j->...', t, order='C')",
            "np.einsum('ij->j', a, out=None)",
            "np.einsum('i,i', i, i)",
        ),
    ],
    "convolve": ["np.convolve(2.0, v)", "np.convolve(i, v)"],
    "correlate": [
        *[
            f"np.correlate({one}, {other}, '{mode}')"
            for one, other in (
                ("v[:2]", "w"),
                ("v", "t[0, 0]"),
                ("v", "w[:2]"),
                ("t[0, 0]", "v[:2]"),
            )
            for mode in ("full", "same", "valid")
        ],
        "np.correlate(z[0], z[1, :2], 'same')",
    ],
    "interp": [
        "np.interp(a * 5, [0.3, 1.4, 0.9], w, period=2.0)",
        *(
            "np.interp([0.5, 3.0], [1], [2.0])",
            "np.interp(a, [-1.0, 0.1, 1.0], z[0])",
            "np.interp(j, [0, 9], [1, 2])",
        ),
    ],
    # ---- polynomials
    "polyval": [
        *(
            "np.polyval(v, a)",
            "np.polyval([1, 2, 3], 2)",
            "np.polyval(j[0], v)",
            "np.polyval([], s)",
        ),
        "np.polyval(v, 2.0)",
    ],
    "polyfit": [
        *("np.polyfit(t[0, 0], t[1, 0], 2)", "np.polyfit(v, w, 1)", "np.polyfit(i, v, 2)"),
        *("np.polyfit(t[0, 0], t[1, :2].T, 1)", "np.polyfit(t[0, 0], t[1, 0], 1, w=[1, 2, 1, 3])"),
        "np.polyfit(t[0, 0], t[1, 0], 1, cov=True)",
        "np.polyfit(t[0, 0], t[1, :2].T, 1, cov=True)",
        "np.polyfit(t[0, 0], t[1, 0], np.int64(1), cov='unscaled', w=[1.0, 2, 1, 3])",
        "np.polyfit(t[0, 0], t[1, 0], 2, full=True)[:2]",
    ],
    # ---- linalg and fft
    "linalg.tensorsolve": [
        *(
            "np.linalg.tensorsolve(np.reshape(m, (3, 3)), v)",
            "np.linalg.tensorsolve(m[:, None], v[:, None])",
        ),
        "np.linalg.tensorsolve(np.reshape(m, (3, 1, 3)), v, axes=(1,))",
    ],
    "linalg.tensorinv": ["np.linalg.tensorinv(m, 1)", "np.linalg.tensorinv(m[:, None, :], ind=2)"],
    "linalg.multi_dot": ["np.linalg.multi_dot([a, m, v], out=None)"],
    "linalg.matrix_power": ["np.linalg.matrix_power(m, np.int64(2))"],
    "linalg.trace": ["np.linalg.trace(j[:, :2], dtype=np.float32)"],
    "fft.fft": ["np.fft.fft(t, np.int64(3), np.int64(1), None, None)"],
    "fft.rfft": ["np.fft.rfft(t, axis=np.int64(1), out=None)"],
    "fft.fftn": ["np.fft.fftn(t, (2, np.int64(3)), [0, -1])"],
    "fft.fft2": ["np.fft.fft2(t, None, (-2, -1), None, None)"],
    "fft.fftfreq": ["np.fft.fftfreq(np.int64(5), 0.5, 'cpu')"],
    "fft.fftshift": ["np.fft.fftshift(t, np.int64(1))"],
}
