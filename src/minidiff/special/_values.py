"""How a special function is computed: for users, and inside formulas."""

from __future__ import annotations

from typing import Any, NoReturn

from ..backends import Backend, of_array
from ..batching._arrays import Batched, batches_over
from ..batching._functions import elementwise as lifted
from ..core.rules import rule_of
from ..core.tensor import Tensor


def values(function: Any, *arrays: Any) -> Any:
    """What the library has by a function's name, for some arrays (or numbers) of one kind."""
    name = function.__name__
    first = next(one for one in arrays if hasattr(one, "shape"))
    if type(first) is Batched:
        return lifted(function, *arrays)
    backend = of_array(first)
    assert backend is not None  # a kernel runs on arrays
    if type(first).__module__.partition(".")[0] == "cupy":
        from cupyx.scipy import special  # type: ignore[import-not-found]  # where there is a GPU

        return getattr(special, name)(*arrays)
    plain = [backend.as_numpy(one) if hasattr(one, "shape") else one for one in arrays]
    out = by_scipy(name, plain)
    if backend.name.startswith("numpy"):
        return out
    return backend.arrays.asarray(out, device=first.device)


def by_scipy(name: str, arrays: list[Any]) -> Any:
    function = getattr(scipy_special(), name)
    try:
        return function(*arrays)
    except TypeError as error:  # of a ufunc, and not always of the one that was called
        if any(getattr(getattr(one, "dtype", None), "kind", "") == "c" for one in arrays):
            raise TypeError(
                f"special.{name}: SciPy has it for real numbers alone, so for complex ones there "
                "is neither its value nor a derivative that it would be needed for"
            ) from error
        raise


def scipy_special() -> Any:
    try:
        import scipy.special
    except ImportError as error:
        raise ImportError(
            "minidiff.special computes with SciPy, which is not installed: pip install scipy"
        ) from error
    return scipy.special


def of(function: Any, *args: Any) -> Any:
    """A function inside a formula: on arrays, or on Tensors where the pass is recorded."""
    if any(type(one) is Tensor for one in args):
        return function(*args)
    first = next((one for one in args if hasattr(one, "shape")), None)
    if first is None:  # of numbers alone it is a number
        return float(getattr(scipy_special(), function.__name__)(*args))
    return rule_of(function).kernel(backend_of(first))(*args)


def backend_of(array: Any) -> Backend:
    if type(array) is Batched:
        return batches_over(array.value._backend)
    backend = of_array(array)
    assert backend is not None  # as above
    return backend


def none(name: str, parameter: str) -> NoReturn:
    raise NotImplementedError(
        f"{name} has no derivative in {parameter} here; take {parameter} as a constant: "
        f"{parameter}.detach()"
    )
