"""Tensors in files: NumPy's formats, values without history."""

import io

import array_api_strict
import pytest

import minidiff as md
import numpy as np


@pytest.mark.parametrize(
    "array",
    [
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        np.array(0.5),
        np.zeros((0, 3)),
        np.array([1.0 + 2.0j]),
        np.array([1, 2], dtype="uint8"),
        np.array([True, False]),
        np.array([1.5], dtype="float32"),
    ],
    ids=str,
)
def test_there_and_back(array, tmp_path):
    md.save(tmp_path / "one.npy", md.asarray(array))
    found = md.load(tmp_path / "one.npy")
    assert type(found) is md.Tensor
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found.as_numpy(), array)
    np.testing.assert_array_equal(np.load(tmp_path / "one.npy"), array)


def test_several_by_name_and_by_place(tmp_path):
    x, y = md.Tensor([1.0], allow_grad=True), md.asarray([2])
    md.savez(tmp_path / "some.npz", y, weights=x * 2.0)
    found = md.load(tmp_path / "some.npz", allow_grad=False)
    assert sorted(found) == ["arr_0", "weights"]
    assert found["weights"].tolist() == [2.0]
    with pytest.raises(ValueError, match="'arr_0' is the name of a tensor given by position"):
        md.savez(tmp_path / "some.npz", y, arr_0=x)


def test_leaves_other_libraries_and_open_files():
    file = io.BytesIO()
    md.save(file, md.wrap(array_api_strict).asarray([1.0, 2.0]))
    file.seek(0)
    found = md.load(file, allow_grad=True)
    assert found.allow_grad
    assert found.tolist() == [1.0, 2.0]


def test_nothing_is_executed_and_nothing_else_is_saved(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        md.load(tmp_path / "objects.npy")
    with pytest.raises(TypeError, match="save: tensor is a Tensor, not list"):
        md.save(tmp_path / "x.npy", [1.0])
    with pytest.raises(FileNotFoundError):
        md.load(tmp_path / "nowhere.npy")
