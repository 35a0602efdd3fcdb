"""The ways to call the functions of the `linalg` extension: cases.py has the others.

Hermitian factorisations get the Hermitian part of what varies, so that the truth does not depend on
which triangle a library reads. What has a free sign or phase enters by its magnitude or projector.
"""

from case import NONZERO, REAL, SPECTRUM, SPECTRUM_COMPLEX, fixed, row

# ---- inverses and determinants

for name in ("linalg.inv", "linalg.det"):
    row(name, SPECTRUM(3, 3), flags="complex")
    row(name, SPECTRUM(2, 2, 2), flags="complex")
    row(name, SPECTRUM(1, 1), flags="complex")

row("linalg.slogdet", SPECTRUM(3, 3), call="xp.linalg.slogdet(x).logabsdet", flags="complex")
row("linalg.slogdet", SPECTRUM(2, 2, 2), call="xp.linalg.slogdet(x)[1]", flags="complex")
row("linalg.slogdet", SPECTRUM_COMPLEX(3, 3), call="xp.linalg.slogdet(x).sign")
row(
    "linalg.slogdet",
    SPECTRUM_COMPLEX(2, 2, 2),
    call="xp.linalg.slogdet(x)[0] * xp.linalg.slogdet(x)[1]",
)

row("linalg.solve", SPECTRUM(3, 3), REAL(3), flags="complex")
row("linalg.solve", SPECTRUM(3, 3), REAL(3, 2), flags="complex")
row("linalg.solve", SPECTRUM(2, 3, 3), REAL(2, 3, 2), flags="complex")
row("linalg.solve", SPECTRUM(2, 3, 3), REAL(3, 2))
row("linalg.solve", SPECTRUM(3, 3), REAL(2, 3, 1))
row("linalg.solve", SPECTRUM(2, 3, 3), REAL(3), flags="complex")

for shape in ((3, 2), (2, 3), (3, 3), (2, 3, 2)):
    row("linalg.pinv", SPECTRUM(*shape), flags="complex")
row("linalg.pinv", SPECTRUM(3, 2), rtol=1e-6)

row("linalg.matrix_power", SPECTRUM(3, 3), call="xp.linalg.matrix_power(x, 0)", flags="complex")
for n in (1, 2, 5, -1, -3):
    call = f"xp.linalg.matrix_power(x, {n})"
    row("linalg.matrix_power", SPECTRUM(2, 3, 3), call=call, flags="complex")
row("linalg.matrix_rank", SPECTRUM(3, 2), flags="constant complex")
row("linalg.matrix_rank", fixed([[1.0, 2.0], [2.0, 4.0]]), flags="constant")

# ---- factorisations

for shape in ((3, 3), (2, 2, 2), (1, 1)):
    row(
        "linalg.cholesky",
        REAL(*shape),
        call="xp.linalg.cholesky(positive_definite(xp, x))",
        flags="complex",
    )
row(
    "linalg.cholesky",
    REAL(3, 3),
    call="xp.linalg.cholesky(positive_definite(xp, x), upper=True)",
    flags="complex",
)

for shape in ((3, 3), (2, 2, 2), (1, 1)):
    for call in (
        "xp.linalg.eigvalsh(hermitian(xp, x))",
        "xp.linalg.eigh(hermitian(xp, x)).eigenvalues",
        "xp.abs(xp.linalg.eigh(hermitian(xp, x)).eigenvectors)",
        "projector(xp, xp.linalg.eigh(hermitian(xp, x))[1][..., :1])",
        "both(xp, *xp.linalg.eigh(hermitian(xp, x)))",
    ):
        name = "linalg.eigvalsh" if "eigvalsh" in call else "linalg.eigh"
        row(name, SPECTRUM(*shape), call=call, flags="complex")

for shape in ((3, 3), (2, 2, 2), (1, 1)):
    row("linalg.eigvals", SPECTRUM(*shape), call="xp.linalg.eigvals(x + 0j)", flags="complex")
    for call in (
        "xp.linalg.eig(x + 0j).eigenvalues",
        "xp.abs(xp.linalg.eig(x + 0j).eigenvectors)",
        "projector(xp, xp.linalg.eig(x + 0j)[1][..., :1])",
        "both(xp, *xp.linalg.eig(x + 0j))",
    ):
        row("linalg.eig", SPECTRUM(*shape), call=call, flags="complex lax")

for shape in ((3, 3), (3, 2), (2, 3), (2, 3, 2), (1, 1)):
    row("linalg.svdvals", SPECTRUM(*shape), flags="complex")
    for call in (
        "xp.linalg.svd(x).S",
        "xp.linalg.svd(x, full_matrices=False)[1]",
        "xp.abs(xp.linalg.svd(x, full_matrices=False).U)",
        "xp.abs(xp.linalg.svd(x, full_matrices=False).Vh)",
        "rotation(xp, *xp.linalg.svd(x, full_matrices=False))",
    ):
        row("linalg.svd", SPECTRUM(*shape), call=call, flags="complex")
row("linalg.svd", SPECTRUM(4, 2), call="xp.abs(xp.linalg.svd(x).U[..., :2])", flags="complex")
row("linalg.svd", SPECTRUM(2, 4), call="xp.abs(xp.linalg.svd(x).Vh[..., :2, :])", flags="complex")

for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (2, 2, 3)):
    row("linalg.qr", SPECTRUM(*shape), call="xp.linalg.qr(x).Q", flags="complex")
    row("linalg.qr", SPECTRUM(*shape), call="xp.linalg.qr(x)[1]", flags="complex")
complete = "xp.linalg.qr(x, mode='complete')"
row("linalg.qr", SPECTRUM(4, 2), call=f"{complete}.R", flags="complex")
row("linalg.qr", SPECTRUM(4, 2), call=f"{complete}.Q[..., :2]", flags="complex")
row("linalg.qr", SPECTRUM(2, 4), call=f"{complete}.Q", flags="complex")

# ---- parts, products, norms

row("linalg.diagonal", REAL(3, 3), flags="complex")
for offset in (-3, -1, 1, 2, 5):
    row("linalg.diagonal", REAL(2, 3, 4), offset=offset, flags="complex")
row("linalg.trace", REAL(3, 3), flags="complex")
row("linalg.trace", REAL(2, 3, 4), offset=1, flags="complex")
row("linalg.trace", REAL(2, 3, 4), offset=-2)
row("linalg.outer", REAL(2), REAL(3), flags="complex")
row("linalg.cross", REAL(3), REAL(3), flags="complex")
row("linalg.cross", REAL(2, 3), REAL(2, 3), flags="complex")
row("linalg.cross", REAL(3, 2), REAL(3, 2), axis=-2)
row("linalg.cross", REAL(2, 1, 3), REAL(4, 3))
row("linalg.matmul", REAL(2, 3), REAL(3, 2), flags="complex")
row("linalg.matrix_transpose", REAL(2, 3, 4), flags="complex")
row("linalg.tensordot", REAL(2, 3, 4), REAL(3, 4, 2), flags="complex")
row("linalg.vecdot", REAL(2, 3), REAL(2, 3), flags="complex")

for ord in (2, 1, 3, 0.5, -1, 2.5, float("inf"), -float("inf")):
    row("linalg.vector_norm", NONZERO(4), ord=ord, flags="complex")
    row("linalg.vector_norm", NONZERO(2, 3), ord=ord, axis=-1, keepdims=True, flags="complex")
    row("linalg.vector_norm", NONZERO(2, 3, 2), ord=ord, axis=(0, 2), flags="complex")
row("linalg.vector_norm", NONZERO(2, 3), ord=0, axis=0, flags="constant")

for ord in ("fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf")):
    row("linalg.matrix_norm", SPECTRUM(3, 3), ord=ord, flags="complex")
    row("linalg.matrix_norm", SPECTRUM(2, 3, 2), ord=ord, keepdims=True, flags="complex")
