"""Calls that make arrays, join them, put elements in and take some out."""

PAIRS = "(1, 2)", "((1, 0), (2, 1))", "2"

CALLS: dict[str, list[str]] = {
    # ---- making arrays
    "array": [
        *("np.array(a, copy=None)", "np.array(a, order='F')", "np.array([1, 2], 'f4', ndmin=3)"),
        *("np.array(a, dtype=np.float32, subok=True)", "np.array([a, 2 * a], copy=True)"),
    ],
    "asarray": ["np.asarray(a, float, 'C')", "np.asarray(j, order='F', copy=True)"],
    "copy": ["np.copy(a, 'C')", "np.copy(j, order='F', subok=False)"],
    "zeros": [
        *("np.zeros(np.int64(2), order='F')", "np.zeros([2, np.int64(3)])", "np.zeros(2, None)"),
        *("np.zeros(np.max(i) + 1)", "np.zeros(i.shape, 'c8')", "np.zeros(2, device='cpu')"),
        "np.zeros((np.max(i), 2), dtype=bool)",
    ],
    "ones": ["np.ones((1, np.int32(2)), int, 'C')", "np.ones(2, device='cpu')"],
    "full": ["np.full(np.max(i), 2.5, order='F')", "np.full(2, 1, device='cpu')"],
    "zeros_like": [
        "np.zeros_like(a, shape=np.int64(3))",
        "np.zeros_like(a, order='F', device='cpu')",
    ],
    "ones_like": ["np.ones_like(a, int, 'C', True, (2, 1))"],
    "full_like": ["np.full_like(a, 0.5, shape=(2,))", "np.full_like(j, 2, float, 'K', True, 3)"],
    "eye": ["np.eye(np.int64(3), k=np.int64(-1), order='F')", "np.eye(2, device='cpu')"],
    "identity": ["np.identity(np.max(i))"],
    "tri": ["np.tri(np.max(i), 4, np.int64(-1))"],
    "arange": [
        "np.arange(np.max(i) + 2)",
        "np.arange(0, 3, dtype='f4')",
        "np.arange(2, device='cpu')",
    ],
    "linspace": [
        *(
            "np.linspace(-1, 1, 4, dtype=int)",
            "np.linspace(0, s, 3)",
            "np.linspace(a, j, np.max(i))",
        ),
        *("np.linspace(0, 1, 1)", "np.linspace(0, 1, 0)", "np.linspace(1j, 2, 3)"),
        *("np.linspace(0, 1, 3, device='cpu')", "np.linspace(0, 1, 1, retstep=True)[0]"),
        "np.linspace(v, w, 3, True, False, None, -1)",
    ],
    "logspace": [
        *("np.logspace(v, w, 3, axis=1)", "np.logspace(0, 2, 3, dtype=int)"),
        "np.logspace(0, 1, 3, base=p[0], axis=-1)",
    ],
    "geomspace": [
        *(
            "np.geomspace(1, 1000, 4, dtype=int)",
            "np.geomspace(1j, 16j, 3)",
            "np.geomspace(p, q, 3)",
        ),
        *("np.geomspace(-p, -q, 4, axis=1)", "np.geomspace(1, 256, 9, endpoint=False)"),
        *("np.geomspace(z, z * (1 + 1j), 4)", "np.geomspace(1, 8, 1)", "np.geomspace(1, 8, 0)"),
    ],
    "hanning": ["np.hanning(5)", "np.hanning(np.int64(1))"],
    "hamming": ["np.hamming(4)"],
    "blackman": ["np.blackman(6)"],
    "vander": ["np.vander(v, 0)", "np.vander(v, np.int64(2))", "np.vander(j[0])"],
    "meshgrid": [
        *("np.meshgrid()", "np.meshgrid(v, w, copy=False)", "np.meshgrid(v, sparse=True)"),
        "np.meshgrid(v, w, [1.0, 2.0], indexing='ij')",
    ],
    "indices": [
        *("np.indices((2, 3), sparse=True)", "np.indices([2], dtype=float)", "np.indices(())"),
    ],
    "mgrid": ["np.mgrid[0:3]", "np.mgrid[0:2, 0:1:3j]", "np.mgrid[-1:1:0.5, 0 : np.max(i)]"],
    "ogrid": ["np.ogrid[0:2, 0:3]", "np.ogrid[0:2]"],
    "s_": ["np.asarray(a)[np.s_[:, 1:]]"],
    "r_": [
        *("np.r_[1:4, 0, 4]", "np.r_[v, 0.5, w]", "np.r_[-1:1:6j, [0] * 3, 5]", "np.r_[1]"),
        *(
            "np.r_['-1', a, b]",
            "np.r_['0,2', v, w]",
            "np.r_['0,2,0', v, w]",
            "np.r_['1,2,0', v, w]",
        ),
        *("np.r_['0,3,1', v, w]", "np.r_['0,3,-2', v, w]", "np.r_[a, b]", "np.r_[1.5:4:1]"),
    ],
    "c_": ["np.c_[v, w]", "np.c_[a, [1, 2]]", "np.c_[v[None], 0, w[None]]", "np.c_[1:4]"],
    "can_cast": ["np.can_cast('f4', 'f8')", "np.can_cast(float, int, casting='unsafe')"],
    "isdtype": ["np.isdtype(np.dtype('f4'), 'real floating')"],
    "size": ["np.size(t, (0, 2))", "np.size(t, np.int64(1))"],
    # ---- joining
    "concatenate": [
        *("np.concatenate([a, j], dtype='f4')", "np.concatenate([a, b], 0, None, casting='safe')"),
        "np.concatenate([a, j], dtype=int, casting='unsafe')",
        "np.concatenate((a, b), axis=np.int64(1))",
    ],
    "stack": [
        *("np.stack([a, j], dtype='c8')", "np.stack([v, w], -1, None)", "np.stack(a, axis=1)"),
        "np.stack([a, j], dtype=int, casting='unsafe')",
    ],
    "hstack": ["np.hstack([v, i], dtype='f4')", "np.hstack([a, j], casting='safe', dtype=float)"],
    "vstack": ["np.vstack([v, i], dtype='f4', casting='same_kind')"],
    "block": [
        *(
            "np.block([[a, b], [j, k]])",
            "np.block([v, 1.0, w])",
            "np.block(v)",
            "np.block([[v], [w]])",
        ),
        "np.block([[np.ones((2, 2)), np.zeros((2, 1))], [np.ones((1, 3))]])",
        "np.block([[[t]], [[t + 1]]])",
    ],
    "append": ["np.append(a, b, np.int64(1))"],
    "insert": [
        *(
            "np.insert(v, [0, 2], [7.0, 8.0])",
            "np.insert(v, slice(0, 2), w[:2])",
            "np.insert(j, 1, 9.7)",
        ),
        *(
            "np.insert(v, 1, w)",
            "np.insert(a, 1, w[:2], axis=1)",
            "np.insert(a, [1], w[:2], axis=1)",
        ),
        *(
            "np.insert(a, [1, 1], b[:, :2], axis=1)",
            "np.insert(a, [0, 2], 0.5)",
            "np.insert(v, [2, 0, 2], w)",
        ),
        *("np.insert(a, 1, w[:2, None], axis=1)", "np.insert(v, np.array([2, 0]), 1.5)"),
        *("np.insert(v, np.int64(3), 5.0)", "np.insert(v, [], [])", "np.insert(t, 1, s, axis=2)"),
        "np.insert(v, np.array([True, False, True]), 9.0)",
    ],
    "delete": [
        *("np.delete(v, [True, False, True])", "np.delete(v, [])", "np.delete(v, -1)"),
        *(
            "np.delete(t, np.array([0, -1]), axis=2)",
            "np.delete(a, [1, 1, 4])",
            "np.delete(a, k[0], 1)",
        ),
        "np.delete(v, slice(None, None, -2))",
    ],
    "split": [
        "np.split(v, np.int64(3))",
        "np.split(t + 0, [np.int64(1), 3], 2)",
        "np.split(v, i[2:])",
    ],
    "array_split": ["np.array_split(t + 0, np.max(i), axis=-1)", "np.array_split(v, [1])"],
    # ---- shapes
    "reshape": [
        *("np.reshape(t, (np.int64(4), 6))", "np.reshape(a, [3, 2], copy=True)"),
        *("np.reshape(v, np.max(i) + 1)", "np.reshape(a, (np.max(i) + 1, -1))"),
        *("np.reshape(a, 6, 'A')", "np.reshape(t, np.asarray([4, 6]))"),
    ],
    "resize": [
        "np.resize(v, (2, 4))",
        "np.resize(t, 5)",
        "np.resize(a, (0, 2))",
        "np.resize(v, np.max(i))",
    ],
    "broadcast_to": ["np.broadcast_to(v, (np.int64(2), np.max(i) + 1), False)"],
    "broadcast_arrays": ["np.broadcast_arrays(a, v, subok=True)"],
    "expand_dims": ["np.expand_dims(a, np.int64(1))", "np.expand_dims(a, [0, 1])"],
    "squeeze": ["np.squeeze(a[None], np.int64(0))"],
    "moveaxis": ["np.moveaxis(t, np.int64(0), -1)", "np.moveaxis(t, [0, 1], [-1, 0])"],
    "swapaxes": ["np.swapaxes(t, np.int64(0), 2)"],
    "transpose": ["np.transpose(t, [-1, 0, 1])"],
    "flip": ["np.flip(t, np.int64(1))", "np.flip(t, [0, 2])", "np.flip(s)"],
    "roll": [
        "np.roll(t, np.int64(1), np.int64(2))",
        "np.roll(t, 2, (0, 2))",
        "np.roll(t, (1, 2), 1)",
    ],
    "rollaxis": ["np.rollaxis(t, np.int64(2), np.int64(1))", "np.rollaxis(t, 1, 3)"],
    "rot90": ["np.rot90(t, np.int64(1), [0, 2])"],
    "repeat": ["np.repeat(s, 3)", "np.repeat(a, np.int64(2), axis=-1)", "np.repeat(v, np.max(i))"],
    "tile": ["np.tile(v, np.int64(2))", "np.tile(a, [2, np.int64(1)])", "np.tile(v, np.max(i))"],
    "tril": ["np.tril(v)", "np.tril(m, np.int64(-1))"],
    "diag": ["np.diag(v, np.int64(1))", "np.diag([1.0, np.inf])"],
    "trace": ["np.trace(t, 0, 0, 1, None, None)", "np.trace(j[:, :2], dtype=float)"],
    # ---- padding
    "pad": [
        *[
            f"np.pad(a, {pairs}, '{mode}')"
            for mode in ("mean", "maximum", "minimum", "median", "linear_ramp")
            for pairs in PAIRS
        ],
        *[
            f"np.pad(t[0, :2], 5, '{mode}', reflect_type='odd')"
            for mode in ("reflect", "symmetric")
        ],
        *(
            "np.pad(a, 1, 'mean', stat_length=2)",
            "np.pad(a, (1, 2), 'maximum', stat_length=((1, 2), (2, 3)))",
        ),
        *(
            "np.pad(j, 1, 'mean')",
            "np.pad(j, 2, 'median', stat_length=2)",
            "np.pad(j, 2, 'linear_ramp')",
        ),
        "np.pad(a, 2, 'linear_ramp', end_values=((1.0, 2.0), (3.0, -4.0)))",
        "np.pad(j, 2, 'linear_ramp', end_values=(50, -40))",
        "np.pad(a, ((1, 1), (0, 0)), 'linear_ramp', end_values=s)",
        *(
            "np.pad(a, {0: 1})",
            "np.pad(a, {-1: (1, 2)}, 'edge')",
            "np.pad(a, np.array([[1, 0], [0, 2]]))",
        ),
        *("np.pad(a, [1])", "np.pad(a, [[1], [2]])", "np.pad(a, [[1, 2]], 'wrap')", "np.pad(s, 1)"),
        *(
            "np.pad(j, 1, constant_values=2.7)",
            "np.pad(v, 1, constant_values=(s, 2.0))",
            "np.pad(v, 0, 'mean')",
        ),
        *("np.pad(v[:1], 2, 'reflect', reflect_type='odd')", "np.pad(v[:1], 2, 'symmetric')"),
        "np.shape(np.pad(v, 2, 'empty'))",
    ],
}
