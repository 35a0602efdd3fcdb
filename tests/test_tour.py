"""The tour, its data and its optimiser."""

import json
import subprocess
import sys

import pytest

import minidiff
import numpy as np
from minidiff import __main__ as tour


def test_tour_passes_its_own_checks(capsys):
    assert tour.main() == 0
    printed = capsys.readouterr().out
    assert printed.endswith("All checks passed.\n")
    assert "Thurber" in printed
    assert "MGH10" in printed
    assert "cpu" in printed


def test_tour_fails_when_a_check_fails(capsys, monkeypatch):
    monkeypatch.setattr(tour, "DIGITS_WANTED", 12)  # more than NIST certifies
    assert tour.main() == 1
    assert capsys.readouterr().out.endswith("FAILED: fits\n")


def test_tour_imports_no_optional_library():
    code = (
        "import sys, minidiff.__main__ as tour; status = tour.main();"
        "sys.exit(status or bool({'torch', 'scipy', 'array_api_strict'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("problem", tour.problems(), ids=lambda p: p.figures["name"])
def test_fit_agrees_with_nist(problem, start):
    figures = problem.figures
    fit = tour.minimise(problem.loss(), figures["starts"][start])
    assert fit.converged
    assert np.all(tour.agreeing_digits(fit.point, figures["certified"]) >= 8)
    assert tour.agreeing_digits(fit.value, figures["residual_sum_of_squares"]) >= 8


@pytest.mark.parametrize("problem", tour.problems(), ids=lambda p: p.figures["name"])
def test_standard_deviations_follow_from_the_slopes_of_the_model(problem):
    """A check of the data files and of the gradients against figures that no fit has seen."""
    figures = problem.figures
    x = minidiff.Tensor(figures["x"])
    rows = []
    b = minidiff.Tensor(figures["certified"], allow_grad=True)
    predicted = problem.model(b, x)
    for unit in np.eye(len(figures["x"])):
        predicted.backward(minidiff.Tensor(unit), cleanup_mode="keep")
        rows.append(b.grad.as_numpy())
    # The columns differ by many orders of magnitude; normed ones keep the digits.
    jacobian = np.stack(rows)
    norms = np.linalg.norm(jacobian, axis=0)
    covariance = np.linalg.inv((jacobian / norms).T @ (jacobian / norms))
    variance = figures["residual_sum_of_squares"] / figures["degrees_of_freedom"]
    deviations = np.sqrt(variance * np.diag(covariance)) / norms
    np.testing.assert_allclose(deviations, figures["standard_deviations"], rtol=1e-7)
    assert figures["residual_standard_deviation"] == pytest.approx(np.sqrt(variance), rel=1e-9)


@pytest.mark.parametrize("problem", tour.problems(), ids=lambda p: p.figures["name"])
def test_data_are_whole(problem):
    figures = problem.figures
    parameters = len(figures["certified"])
    assert [len(start) for start in figures["starts"]] == [parameters, parameters]
    assert len(figures["standard_deviations"]) == parameters
    assert len(figures["x"]) == len(figures["y"])
    assert len(figures["x"]) - parameters == figures["degrees_of_freedom"]
    assert "nist.gov" in figures["url"]
    json.dumps(figures, allow_nan=False)


@pytest.mark.parametrize("eigenvalues", [(1.0, 4.0, 9.0), (-2.0, 1.0, 3.0), (-3.0, -2.0, -1.0)])
@pytest.mark.parametrize("radius", [1e-3, 0.1, 1.0, 100.0])
def test_best_step_is_the_best(eigenvalues, radius):
    rng = np.random.default_rng(1)
    turn = np.linalg.qr(rng.normal(size=(3, 3))).Q
    h = turn @ np.diag(eigenvalues) @ turn.T
    g = rng.normal(size=3)

    step = tour.best_step(g, h, radius)
    length = np.linalg.norm(step)
    assert length <= 1.01 * radius

    others = rng.normal(size=(20_000, 3))
    others *= (length * rng.uniform(size=20_000) / np.linalg.norm(others, axis=1))[:, None]
    model = others @ g + 0.5 * np.sum(others @ h * others, axis=1)
    assert step @ g + 0.5 * step @ h @ step <= np.min(model) + 1e-12


def test_minimise_says_that_it_has_not_converged():
    problem = tour.problems()[0]
    fit = tour.minimise(problem.loss(), problem.figures["starts"][0], limit=2)
    assert not fit.converged


def test_agreeing_digits_counts_no_more_than_nist_certifies():
    assert tour.agreeing_digits([1.0, 1.001, 2.0], [1.0, 1.0, 1.0]) == pytest.approx([11, 3, 0])
