"""CuPy: what is said where it, or a GPU, is missing; and, where there is one, that it works."""

import importlib.util
import sys
import types

import pytest

import minidiff as md
import numpy as np
from minidiff.backends import available, cupy, of_array, of_device


class CUDARuntimeError(RuntimeError):
    pass


def pretend(monkeypatch, count):
    """A module that stands for CuPy on a machine with `count` GPUs, or with CUDA's error."""

    def get_device_count():
        if isinstance(count, Exception):
            raise count
        return count

    module = types.ModuleType("cupy")
    module.ndarray = type("ndarray", (), {})
    runtime = types.SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError, getDeviceCount=get_device_count
    )
    module.cuda = types.SimpleNamespace(
        runtime=runtime, Device=lambda: types.SimpleNamespace(id=count - 1)
    )
    monkeypatch.setitem(sys.modules, "cupy", module)
    # The real wrapper of array_api_compat needs the real CuPy.
    import array_api_compat

    compat = types.ModuleType("array_api_compat.cupy")
    compat.sin = np.sin
    compat.float64 = np.float64
    monkeypatch.setitem(sys.modules, "array_api_compat.cupy", compat)
    monkeypatch.setattr(array_api_compat, "cupy", compat, raising=False)
    monkeypatch.setattr(cupy, "_backends", {})


@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_cupy_is_not_installed(monkeypatch, device):
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "cupy" else found(n))

    class Missing:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "cupy":
                raise ModuleNotFoundError("No module named 'cupy'", name="cupy")

    monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
    with pytest.raises(ImportError, match=rf"'{device}' needs CuPy.*pip install minidiff\[cupy\]"):
        of_device(device)
    with pytest.raises(ImportError, match=rf"'{device}' needs CuPy.*pip install minidiff\[cupy\]"):
        md.Tensor([1.0], device=device)
    assert cupy.devices() == []
    assert available() == [("numpy", ["cpu"])]


def test_cupy_lacks_a_library_of_its_own(monkeypatch):
    class Broken:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "cupy":
                raise ModuleNotFoundError("No module named 'fastrlock'", name="fastrlock")

    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken, *sys.meta_path])
    with pytest.raises(ModuleNotFoundError, match="fastrlock"):
        of_device("cuda")


@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_no_gpu(monkeypatch, device):
    pretend(monkeypatch, CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected"))
    with pytest.raises(RuntimeError, match=rf"'{device}' needs a GPU.*cudaErrorNoDevice: no CUDA"):
        of_device(device)
    assert cupy.devices() == []
    assert ("cupy", []) in available()


def test_no_gpu_without_an_error(monkeypatch):
    pretend(monkeypatch, 0)
    with pytest.raises(RuntimeError, match="'cuda' needs a GPU"):
        of_device("cuda")


@pytest.mark.parametrize("device", ["cuda:2", "cuda:", "cuda:x", "cuda:-1", "cuda:1.0"])
def test_unknown_gpu(monkeypatch, device):
    pretend(monkeypatch, 2)
    with pytest.raises(ValueError, match=f"unknown device '{device}'.*'cuda:0', 'cuda:1'"):
        of_device(device)


def test_one_backend_for_each_gpu(monkeypatch):
    pretend(monkeypatch, 2)
    assert cupy.devices() == ["cuda:0", "cuda:1"]
    first, second = of_device("cuda:0"), of_device("cuda:1")
    assert first is not second
    assert of_device("cuda:0") is first
    assert of_device("cuda") is second  # the current one, in this pretence
    assert second.name == "cupy (device 'cuda:1')"
    assert second.device(None) == "cuda:1"


def test_functions_run_on_their_own_device(monkeypatch):
    pretend(monkeypatch, 2)
    entered = []

    class Device:
        def __init__(self, index):
            self.index = index

        def __enter__(self):
            entered.append(self.index)

        def __exit__(self, *error):
            entered.append(None)

    sys.modules["cupy"].cuda.Device = Device
    backend = of_device("cuda:1")
    assert backend.arrays.sin(0.0) == 0.0
    assert entered == [1, None]
    assert backend.arrays.float64 is np.float64
    assert backend.quietly(lambda: entered[-1]) == 1


# ---- on a GPU


@pytest.fixture
def gpu():
    module = pytest.importorskip("cupy")
    try:
        if module.cuda.runtime.getDeviceCount():
            return of_device("cuda:0")
    except RuntimeError as error:
        pytest.skip(f"CuPy finds no GPU: {error}")
    pytest.skip("CuPy finds no GPU")


def test_there_and_back(gpu):
    x = md.Tensor([1.0, 2.0], device="cuda:0")
    assert x.device == "cuda:0"
    assert of_array(x._data) is gpu
    np.testing.assert_array_equal(x.as_numpy(), [1.0, 2.0])
    y = md.Tensor([1.0, 2.0], allow_grad=True)
    z = md.array_api.sum(y.to_device("cuda:0") ** 3)
    assert z.device == "cuda:0"
    z.backward()
    assert y.grad.device == "cpu"
    np.testing.assert_allclose(y.grad.as_numpy(), [3.0, 12.0])


def test_views_by_their_memory_on_the_gpu(gpu):
    xp = gpu.arrays
    x = xp.reshape(xp.arange(12, dtype=xp.float64), (3, 4))
    for view in (x, x[1], x[:, ::-1], xp.permute_dims(x, (1, 0)), xp.reshape(x, (12,)), x[1:][0]):
        assert gpu.is_view(view, x)
    assert gpu.is_view(x[1:][0], x[1:])
    for copy in (x + 0, x[x > 3], x[xp.asarray([0, 1])], gpu.copy(x)):
        assert not gpu.is_view(copy, x)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_scattering_on_the_gpu(gpu, dtype):
    xp = gpu.arrays
    values = np.arange(1, 6).astype(dtype) * (1 + 1j if "complex" in dtype else 1)
    places = np.array([0, 2, 2, -1, 2])
    want = np.zeros(5, dtype)
    np.add.at(want, places, values)
    found = xp.scatter_add(xp.asarray(values), xp.asarray(places), (5,))
    np.testing.assert_allclose(gpu.as_numpy(found), want, rtol=1e-6)
    masked = xp.scatter_add(xp.asarray(values), xp.asarray([True] * 5), (5,))
    np.testing.assert_allclose(gpu.as_numpy(masked), values)


def test_gradients_on_the_gpu(gpu):
    values = np.linspace(-1, 2, 12).reshape(3, 4)
    grads = []
    for device in ("cpu", "cuda:0"):
        x = md.Tensor(values, allow_grad=True, device=device)
        y = x * 1.0
        y[0] *= x[1]
        y[:, 1:] = y[:, :-1] ** 2
        picked = y[md.array_api.asarray([0, 0, 2], device=device)]
        result = md.array_api.sum(md.array_api.sin(picked) @ x.T)
        result.backward(allow_higher_order=True)
        first = x.grad
        md.array_api.sum(first * first).backward()
        grads.append((first.as_numpy(), x.grad.as_numpy()))
    for found, want in zip(*grads, strict=True):
        np.testing.assert_allclose(found, want, rtol=1e-10)
