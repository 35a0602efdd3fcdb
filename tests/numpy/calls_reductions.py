"""Calls of sums, means, spreads, extremes, running sums and differences."""

AXES = ("", ", axis=0", ", axis=-1", ", axis=(0, 2)", ", axis=1, keepdims=True", ", keepdims=True")

CALLS = {
    name: [f"np.{name}(t{axes})" for axes in AXES]
    for name in (
        *("sum", "prod", "mean", "std", "var", "max", "min", "amax", "amin", "ptp", "median"),
        *("nansum", "nanprod", "nanmean", "nanstd", "nanvar", "nanmax", "nanmin"),
    )
}
for name in (
    "sum",
    "prod",
    "mean",
    "std",
    "var",
    "max",
    "min",
    "median",
    "nansum",
    "nanmean",
    "ptp",
):
    CALLS[name] += [f"np.{name}(j)", f"np.{name}(j, axis=1)"]
for name in ("sum", "prod", "mean", "std", "var", "nansum", "nanmean"):
    CALLS[name] += [f"np.{name}(z)", f"np.{name}(z, axis=0)"]
for name in ("nansum", "nanprod", "nanmean", "nanstd", "nanvar"):
    CALLS[name] += [f"np.{name}(n, axis=1)", f"np.{name}(n)"]
for name in ("nanmax", "nanmin"):
    CALLS[name] += [f"np.{name}(n, axis=0)"]
CALLS["sum"] += ["np.sum(k)", "np.sum(k, axis=0)", "np.sum(a, 1)", "np.sum([a, b])", "np.sum(s)"]
CALLS["mean"] += ["np.mean(k)", "np.mean(a, 0)"]
CALLS["std"] += ["np.std(a, ddof=1)", "np.std(a, axis=0, ddof=1)", "np.std(t, 1, None, ddof=1)"]
CALLS["var"] += ["np.var(a, ddof=1)", "np.var(t, axis=(0, 1), ddof=1, keepdims=True)"]
CALLS["median"] += ["np.median(v)", "np.median(s)"]
for name in ("sum", "prod", "max", "min", "nansum", "nanprod", "nanmax", "nanmin"):
    CALLS[name] += [f"np.{name}(t, axis=1, initial=0.3)", f"np.{name}(j, initial=4, keepdims=True)"]
    CALLS[name] += [f"np.{name}(t[:, :0], axis=1, initial=0.3)"]
for name in ("var", "std", "nanvar", "nanstd"):
    CALLS[name] += [f"np.{name}(a, correction=1)", f"np.{name}(z, axis=1)"]
    CALLS[name] += [f"np.{name}(a, axis=1, mean=b[:, :1], ddof=1)"]
CALLS.update(
    {
        "argmax": ["np.argmax(t)", "np.argmax(t, axis=1)", "np.argmax(t, axis=-1, keepdims=True)"],
        "argmin": ["np.argmin(t)", "np.argmin(t, axis=0)"],
        "percentile": ["np.percentile(t, 30.0)", "np.percentile(t, [10.0, 50.0, 100.0], axis=1)"],
        "quantile": [
            *("np.quantile(t, 0.3)", "np.quantile(t, 0.0, axis=0)", "np.quantile(v, 1.0)"),
            *("np.quantile(t, [0.1, 0.77], axis=(0, 2))", "np.quantile(t, 0.4, keepdims=True)"),
        ],
        "average": [
            *("np.average(a)", "np.average(a, axis=0)", "np.average(a, weights=p)"),
            *("np.average(a, axis=1, weights=v + 3)", "np.average(j, axis=0)"),
            "np.average(t, axis=(2, 0), weights=np.transpose(t[:, 0, :]) + 4)",
            "np.average(t, axis=(0, 1), weights=a + 4, keepdims=True)",
            *("np.average(j, weights=j)", "np.average(t, axis=(0, 2), returned=True)"),
            "np.average(a, axis=0, weights=p, returned=True)",
        ],
        "cov": [
            *("np.cov(a)", "np.cov(a, b)", "np.cov(a, rowvar=False)", "np.cov(v)", "np.cov(z)"),
            *("np.cov(a, bias=True)", "np.cov(a, ddof=0)", "np.cov(a, aweights=v + 3)"),
            *(
                "np.cov(j)",
                "np.cov(t[0], ddof=2)",
                "np.cov(t[0, :1])",
            ),
            "np.cov(a, b, fweights=i + 1, aweights=v + 3)",
            *("np.cov(a, fweights=i + 1)", "np.cov(v, w)", "np.cov(a, aweights=v + 3, ddof=0)"),
        ],
        "corrcoef": [
            "np.corrcoef(z)",
            "np.corrcoef(v)",
            "np.corrcoef(a)",
            "np.corrcoef(v, w)",
            "np.corrcoef(t[0], rowvar=False)",
        ],
        "cumsum": ["np.cumsum(a)", "np.cumsum(a, axis=0)", "np.cumsum(t, axis=-1)", "np.cumsum(j)"],
        "cumprod": ["np.cumprod(a)", "np.cumprod(a, axis=1)", "np.cumprod(z, axis=0)"],
        "diff": [
            *("np.diff(a)", "np.diff(t, axis=0)", "np.diff(t, n=2)", "np.diff(v, prepend=0.5)"),
            *("np.diff(a, prepend=b[:, :1], append=b)", "np.diff(j)", "np.diff(k)"),
            *("np.diff(t, axis=1, append=0.5)", "np.diff(a, 5)"),
        ],
        "gradient": [
            *("np.gradient(v)", "np.gradient(t)", "np.gradient(t, axis=1)", "np.gradient(v, 0.5)"),
            *(
                "np.gradient(t, 0.5, 2.0, 0.1)",
                "np.gradient(t[0, 0], q[0, 0] * np.cumsum(t[0, 1] + 9))",
            ),
            *("np.gradient(t, axis=(0, 2))", "np.gradient(t[0], edge_order=2)"),
            "np.gradient(v, np.asarray([0.0, 0.4, 1.1]), edge_order=2)",
        ],
        "trapezoid": [
            *("np.trapezoid(a)", "np.trapezoid(a, v)", "np.trapezoid(t, dx=0.5, axis=1)"),
            *("np.trapezoid(t, axis=0)", "np.trapezoid(a, b)", "np.trapezoid(t, v, axis=1)"),
        ],
    }
)
