"""Calls of functions of one or two arrays, element by element, and of comparisons."""

# One array: the names, and the arrays to try. By name: NumPy's domain for it.
ONE = {
    "a z j s": (
        "absolute abs negative positive square conj conjugate real imag cos sin cosh sinh exp "
        "expm1 tanh arctan arcsinh atan asinh angle sinc"
    ),
    "p z": "sqrt log log10 log2 arcsin arccos arctanh asin acos atanh reciprocal",
    "p": "log1p cbrt exp2 deg2rad rad2deg radians degrees",
    "q": "arccosh acosh log1p",
    "p s": "tan",
    "a s": "ceil floor trunc fix rint sign cbrt isnan isinf isfinite signbit exp2",
    "j": "rint sqrt exp sinc exp2 deg2rad ceil floor sign square",
}
TWO = {
    "a b": (
        "add subtract multiply maximum minimum fmax fmin hypot arctan2 atan2 copysign logaddexp "
        "logaddexp2 equal not_equal less less_equal greater greater_equal nextafter"
    ),
    "a q": "divide true_divide floor_divide mod remainder fmod",
    "p a": "power pow float_power",
    "z a": "add subtract multiply",
    "a v": "add multiply maximum",
    "a 2": "add subtract multiply divide power mod floor_divide maximum fmod equal less",
    "2.5 a": "add subtract multiply divide minimum",
    "j 2": "add multiply divide power mod floor_divide true_divide equal greater left_shift",
    "j j": "bitwise_and bitwise_or bitwise_xor right_shift logical_and logical_or logical_xor",
    "j 0.5": "add multiply",
    "k k": "logical_and logical_or logical_xor bitwise_and",
    "a k": "logical_and logical_or",
    "j q": "fmod remainder",
    "j a": "fmax fmin heaviside power float_power hypot copysign",
    "a 0.5": "fmod fmax fmin heaviside logaddexp2 logaddexp hypot",
    "0.5 a": "fmod fmax fmin heaviside logaddexp2 hypot arctan2",
}

CALLS: dict[str, list[str]] = {}


def call(name, text):
    CALLS.setdefault(name, []).append(text)


for arrays, names in ONE.items():
    for name in names.split():
        for array in arrays.split():
            if not (array == "j" and name in ("positive", "conj", "conjugate")):
                call(name, f"np.{name}({array})")
for pair, names in TWO.items():
    one, other = pair.split()
    for name in names.split():
        call(name, f"np.{name}({one}, {other})")

CALLS["sinc"] += ["np.sinc(a * 0)", "np.sinc(a / 20)", "np.sinc(j)"]
CALLS["cbrt"] += ["np.cbrt(j)"]
CALLS["real"] += ["np.real(z * a)", "np.real(z) * np.imag(z)"]
CALLS["angle"] += ["np.angle(z, deg=True)", "np.angle(-p)"]
CALLS["float_power"] += ["np.float_power(j, -2)"]
CALLS["fmax"] += ["np.fmax(n, a)", "np.fmax(a, n)"]
CALLS["fmin"] += ["np.fmin(n, a)", "np.fmin(a, n)"]
CALLS["fmod"] += ["np.fmod(-j, 3)", "np.fmod(a, -q)"]
CALLS["isnan"] += ["np.isnan(n)"]
CALLS.update(
    {
        "heaviside": ["np.heaviside(a, b)", "np.heaviside(a, 0.5)", "np.heaviside(a * 0, b)"],
        "round": [
            "np.round(-j * 5, -1)",
            "np.round(a)",
            "np.round(j / 7, 2)",
            "np.round(q, decimals=-1)",
            "np.round(j)",
        ],
        "around": ["np.around(a, 1)", "np.around(j, -1)"],
        "clip": [
            *("np.clip(a, -0.5, 0.5)", "np.clip(a, None, 0.5)", "np.clip(a, -0.5, None)"),
            *("np.clip(a, q - 3, p)", "np.clip(a, a_min=-0.5, a_max=v)", "np.clip(j, 2, 4)"),
            *("np.clip(a, min=-0.5, max=0.5)", "np.clip(a, v, 3.0)", "np.clip(j, 1.5, 2.5)"),
        ],
        "nan_to_num": [
            *("np.nan_to_num(n)", "np.nan_to_num(n, nan=2.0, posinf=3.0, neginf=-1.0)"),
            *("np.nan_to_num(a)", "np.nan_to_num(j)", "np.nan_to_num(z)"),
        ],
        "invert": ["np.invert(j)", "np.invert(k)"],
        "bitwise_not": ["np.bitwise_not(j)"],
        "bitwise_invert": ["np.bitwise_invert(j)"],
        "bitwise_left_shift": ["np.bitwise_left_shift(j, 1)"],
        "bitwise_right_shift": ["np.bitwise_right_shift(j, 1)"],
        "logical_not": ["np.logical_not(k)", "np.logical_not(a)", "np.logical_not(j)"],
        "all": ["np.all(k)", "np.all(k, axis=0)", "np.all(a, axis=1, keepdims=True)"],
        "any": ["np.any(k)", "np.any(k, axis=(0, 1))", "np.any(j, axis=-1)"],
        "count_nonzero": ["np.count_nonzero(k, axis=0)", "np.count_nonzero(j, axis=1)"],
        "isin": ["np.isin(j, [1, 5])", "np.isin(j, i, invert=True)"],
        "isclose": [
            *("np.isclose(a, a + 1e-9)", "np.isclose(a, b)", "np.isclose(n, n, equal_nan=True)"),
            *("np.isclose(n, n)", "np.isclose(j, j + 1)", "np.isclose(a, a + 0.1, atol=0.2)"),
            *(
                "np.isclose(a, b, rtol=p, atol=v)",
                "np.isclose(np.where(k, a, np.inf), np.where(k, b, np.inf))",
            ),
        ],
        "allclose": ["np.allclose(a, a)", "np.allclose(a, b)", "np.allclose(n, n, equal_nan=True)"],
        "array_equal": [
            *("np.array_equal(a, a)", "np.array_equal(a, b)", "np.array_equal(a, v)"),
            *("np.array_equal(n, n)", "np.array_equal(n, n, equal_nan=True)"),
        ],
    }
)
