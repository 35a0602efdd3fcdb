"""Calls of reductions with masks, places and starts; of quantiles, covariances and differences."""

REDUCTIONS = (
    "sum",
    "prod",
    "mean",
    "std",
    "var",
    "nansum",
    "nanprod",
    "nanmean",
    "nanstd",
    "nanvar",
)

CALLS: dict[str, list[str]] = {
    name: [
        *(f"np.{name}(a, where=k)", f"np.{name}(a, axis=1, where=k)", f"np.{name}(a, where=True)"),
        *(f"np.{name}(j, 0, where=k)", f"np.{name}(t, axis=1, where=t > 0, keepdims=True)"),
        *(f"np.{name}(a, where=v > 0)", f"np.{name}(z, where=k)"),
        f"np.{name}(a, None, None, None)",
    ]
    for name in REDUCTIONS
}


def call(name, *texts):
    CALLS.setdefault(name, []).extend(texts)


for name in ("sum", "prod", "max", "min", "nansum", "nanmax"):
    call(name, f"np.{name}(a, axis=1, where=k, initial=0.3)", f"np.{name}(j, initial=2.7)")
    call(name, f"np.{name}(j, axis=0, where=k, initial=2)", f"np.{name}(a, np.int64(1))")
for name in ("std", "var", "nanstd", "nanvar"):
    call(name, f"np.{name}(a, 0, None, None, 1)", f"np.{name}(a, 1, where=k, mean=v[:1], ddof=0)")
    call(name, f"np.{name}(a, 1, None, None, 0, True)")
for name in ("sum", "prod", "max", "min", "all", "any", "ptp", "argmax", "count_nonzero"):
    call(name, f"np.{name}(s, axis=0)", f"np.{name}(s, axis=-1)")

call("sum", "np.sum(a, 1, None, None, True)", "np.sum(k, where=[True, False, True])")
call("nanmean", "np.nanmean(n, axis=0, where=k)")
call("nansum", "np.nansum(n, axis=1, where=k)")
call("nanmax", "np.nanmax(n, where=k, initial=-1.0)")
call(
    "all",
    "np.all(k, where=~k)",
    "np.all(a, 0, None, True)",
    "np.all(k, axis=1, where=v > 0)",
)
call("any", "np.any(k, where=~k)", "np.any(k, axis=0, where=k)")
call("max", "np.max(k, initial=False, where=k)")
call("nancumsum", "np.nancumsum(n)", "np.nancumsum(n, axis=1)", "np.nancumsum(a, 0)")
call("nancumprod", "np.nancumprod(n)", "np.nancumprod(a, axis=1)")
call("cumsum", "np.cumsum(s)", "np.cumsum(k, axis=1)", "np.cumsum(j, dtype=float)")
call("cumulative_sum", "np.cumulative_sum(v)", "np.cumulative_sum(a, axis=1, include_initial=True)")
call(
    "cumulative_prod",
    "np.cumulative_prod(a, axis=0)",
    "np.cumulative_prod(v, include_initial=True)",
)

# ---- quantiles

METHODS = (
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf"),
    *("hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher"),
    *("midpoint", "nearest"),
)
for method in METHODS:
    call(
        "quantile", f"np.quantile(t[0, 0], [0.0, 0.1, 0.25, 0.4, 0.5, 0.8, 1.0], method='{method}')"
    )
    call("quantile", f"np.quantile(t, 0.35, axis=(0, 2), method='{method}')")
    call("nanquantile", f"np.nanquantile(n, [0.2, 0.7], axis=0, method='{method}')")
call("quantile", "np.quantile(j, 0.3, method='lower')", "np.quantile(t, 0.3, np.int64(1))")
call("quantile", "np.quantile(v, [0.1, 0.5, 1.0], weights=[1, 0, 2], method='inverted_cdf')")
call(
    "quantile", "np.quantile(a, 0.45, axis=1, weights=w + 1, method='inverted_cdf', keepdims=True)"
)
call("quantile", "np.quantile(a, [[0.4], [0.9]], 0, weights=p, method='inverted_cdf')")
call("quantile", "np.quantile(v, 0.0, weights=[1, 0, 2], method='inverted_cdf')")
call("quantile", "np.quantile(t, 0.3, 1, None, False, 'linear', True)")
call("percentile", "np.percentile(t, 30, method='hazen')", "np.percentile(v, [20, 50], axis=0)")
call("percentile", "np.percentile(t, 40, 2, None, False, 'lower')")
call("percentile", "np.percentile(v, 60, weights=[1, 2, 1], method='inverted_cdf')")
call("median", "np.median(t, 1, None, False, True)", "np.median(k)", "np.median(t, [0, 2])")
call("nanmedian", "np.nanmedian(n)", "np.nanmedian(n, axis=0)", "np.nanmedian(n, 1, keepdims=True)")
call("nanmedian", "np.nanmedian(t, axis=(0, 2))", "np.nanmedian(j)")
call("nanquantile", "np.nanquantile(n, 0.4)", "np.nanquantile(n, 0.4, axis=1, keepdims=True)")
call("nanquantile", "np.nanquantile(n, 0.6, weights=p, method='inverted_cdf')")
call("nanpercentile", "np.nanpercentile(n, 40, axis=1)", "np.nanpercentile(a, [10, 90])")

# ---- covariances, differences

call("cov", "np.cov(t[0], rowvar=False)")
call("average", "np.average(a, np.int64(0))", "np.average(t, axis=-1, weights=[1, 2, 3, 4])")
call(
    "diff",
    "np.diff(v, prepend=0)",
    "np.diff(j, append=2.5)",
    "np.diff(t, np.int64(1), np.int64(0))",
)
call("ediff1d", "np.ediff1d(a)", "np.ediff1d(v, to_end=[1, 2], to_begin=0.5)", "np.ediff1d(j, i)")
call("gradient", "np.gradient(t, axis=np.int64(1))", "np.gradient(v, axis=-1)")
call("trapezoid", "np.trapezoid(v, [0, 1, 3])", "np.trapezoid(t, axis=np.int64(1))")
call("trapezoid", "np.trapezoid(a, dx=2)")
call("unwrap", "np.unwrap(v * 5)", "np.unwrap(t * 4, axis=1)", "np.unwrap(j, period=4)")
call("unwrap", "np.unwrap(t * 200, 190, 2, period=360)", "np.unwrap(j * 3, period=5, axis=0)")
call("unwrap", "np.unwrap([0, 2, 4, 2, 0], period=4)")

# ---- norms

call(
    "linalg.norm",
    "np.linalg.norm(t, axis=np.int64(1))",
    "np.linalg.norm(t, axis=(-1, np.int64(0)))",
)
