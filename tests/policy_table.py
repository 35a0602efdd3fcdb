"""The rows of the policy at awkward points, each with its tests: what docs/policy.md is made of.

`python tests/policy_table.py` writes the page; tests/test_policy_table.py asks that it is up to
date, that no row is without a test, and that every test exists.
"""

from pathlib import Path

import test_policy

PAGE = Path(__file__).resolve().parents[1] / "docs" / "policy.md"

# (point, derivative, tests). Where no test is named here, test_policy.py names them.
DERIVATIVES = [
    (
        "sqrt(±0)",
        "+inf",
        "",
    ),
    (
        "sqrt, log of a negative number",
        "NaN / the formula (log: 1/x)",
        "",
    ),
    (
        "log(0), 1/x at 0, asin(±1), atanh(±1), acosh(1)",
        "±inf by continuity",
        "",
    ),
    (
        "complex sqrt(0)",
        "inf + 0j",
        "",
    ),
    (
        "`where(c, f(x), 0)`, f bad where not chosen",
        "IEEE (NaN) by default; 0 under strong zeros; anomaly mode names the op",
        "",
    ),
    (
        "abs(0), abs(0+0j)",
        "0; write `x*x`, not `abs(x)**2`, inside rules",
        "",
    ),
    (
        "sign, floor, ceil, trunc, round, floor_divide",
        "0 (tracked, and gives zeros)",
        "",
    ),
    (
        "sign of a complex number",
        "tangent of the circle",
        "",
    ),
    (
        "maximum/minimum tie",
        "½, ½",
        "",
    ),
    (
        "max/min over k ties",
        "1/k each",
        "",
    ),
    (
        "max/min with NaN present",
        "shared by the NaN entries that won; 0 elsewhere",
        "",
    ),
    (
        "clip at a bound",
        "1 to x, 0 to the bound; lo > hi: 0 to x, 1 to hi; NaN: NaN",
        "",
    ),
    (
        "x**y at 0**0",
        "0, 0",
        "",
    ),
    (
        "0**y, 0<y<1",
        "dx inf, dy 0",
        "",
    ),
    (
        "0**−1",
        "−inf, −inf",
        "",
    ),
    (
        "x<0, derivative in y",
        "NaN",
        "",
    ),
    (
        "x**0.0 first order, x**1.0 second order, at 0",
        "0",
        "",
    ),
    (
        "prod, cumulative_prod with one or more zeros",
        "exact, to all orders",
        "",
    ),
    (
        "vector_norm(0): ord 2, Frobenius, p",
        "0, second order 0 as well; ord 1: 0; ord ±inf ties: shared; ord 0: no gradient",
        "test_policy_linalg.py: test_vector_norm_of_zeros test_frobenius_norm_of_zeros "
        "test_vector_norm_shares_among_the_largest "
        "test_vector_norm_that_counts_has_no_gradient",
    ),
    (
        "matrix_norm 2, nuc with repeated singular values",
        "shared / UVᴴ",
        "test_policy_linalg.py: test_matrix_norms_with_repeated_singular_values",
    ),
    (
        "std of a constant",
        "0",
        "",
    ),
    (
        "var/std with correction ≥ n",
        "the same division as the forward pass (inf/NaN), no exception",
        "",
    ),
    (
        "hypot(0,0), atan2(0,0)",
        "0, 0",
        "",
    ),
    (
        "logaddexp(−inf,−inf), (inf,inf)",
        "½, ½",
        "",
    ),
    (
        "logaddexp(inf, 0)",
        "1, 0",
        "",
    ),
    (
        "remainder",
        "1, −floor(x/y)",
        "",
    ),
    (
        "copysign at ±0",
        "0 to the magnitude, 0 to the sign",
        "",
    ),
    (
        "nextafter",
        "1, 0",
        "",
    ),
    (
        "sort, argsort ties",
        "the gradient follows the permutation that the backend's `argsort` returns",
        "",
    ),
    (
        "argmax, argsort, comparisons, searchsorted, isin, count_nonzero",
        "never tracked",
        "",
    ),
    (
        "unique_values, unique_all",
        "the first occurrence",
        "",
    ),
    (
        "take, take_along_axis, indexing with repeated indices",
        "summed",
        "",
    ),
    (
        "cholesky, eigh, eigvalsh",
        "symmetrised (Hermitian); only the triangle that the forward pass reads matters",
        "test_policy_linalg.py: test_the_triangle_that_is_not_read_does_not_matter",
    ),
    (
        "eigvalsh with equal eigenvalues",
        "exact where the loss treats the equal ones alike; otherwise the value in the basis "
        "that the backend's `eigh` returned",
        "test_policy_linalg.py: test_equal_eigenvalues_treated_alike "
        "test_equal_eigenvalues_treated_differently",
    ),
    (
        "eigh vectors with equal eigenvalues, svd with equal or zero singular values",
        "finite where the loss does not see the choice of basis (the entry is 0 where the "
        "matching part of the antisymmetric term vanishes); otherwise NaN and a warning that "
        "names it",
        "test_policy_linalg.py: test_vectors_of_equal_eigenvalues "
        "test_vectors_of_equal_eigenvalues_one_by_one "
        "test_rotation_of_a_matrix_with_equal_singular_values "
        "test_vectors_of_equal_singular_values "
        "test_singular_values_of_zeros_and_of_less_than_full_rank "
        "test_forward_mode_cannot_know_what_the_loss_will_see",
    ),
    (
        "eigh/svd complex, loss depends on the phase",
        "an error that says so; the check can be turned off",
        "test_policy_linalg.py: test_phases",
    ),
    (
        "svd full_matrices, qr complete on a tall matrix",
        "thin part differentiable; used extra columns raise, with a hint",
        "test_policy_linalg.py: test_columns_that_complete_a_basis",
    ),
    (
        "det of a matrix of rank n−1, and of lower rank",
        "the adjugate, exact",
        "test_policy_linalg.py: test_det_of_any_rank test_det_of_a_batch",
    ),
    (
        "slogdet's sign",
        "real: 0; complex: the phase rule",
        "test_policy_linalg.py: test_the_sign_of_a_real_determinant_does_not_move",
    ),
    (
        "inv, solve, slogdet of a singular matrix",
        "whatever the backend's forward does; no new exception",
        "test_policy_linalg.py: test_slogdet_of_a_singular_matrix "
        "test_singular_matrices_raise_what_the_library_raises",
    ),
    (
        "matrix_power 0, negative",
        "0; exact",
        "test_policy_linalg.py: test_matrix_power",
    ),
    (
        "reductions over an empty axis; arrays with a zero dimension; (0,3)+(1,3)",
        "gradients of the right shape",
        "",
    ),
    (
        "integer and boolean arrays",
        "`allow_grad=True` raises; integer arguments receive no gradient",
        "",
    ),
    (
        "float → integer `astype`",
        "detaches",
        "",
    ),
    (
        "mixed float32/float64, real·complex",
        "each gradient has its own input's dtype and realness",
        "",
    ),
    (
        "0-d arrays and Python scalars",
        "do not change dtype; Python scalars are weak",
        "",
    ),
    (
        "strong zeros (opt-in): a cotangent of exactly 0",
        "goes on as exactly 0, whatever the local derivative, element by element",
        "core/test_anomaly.py: test_strong_zeros test_strong_zeros_to_second_order "
        "test_strong_zeros_change_nothing_where_nothing_is_bad",
    ),
]

GRAPHS = [
    (
        "a 100,000-operation chain, recorded, walked back and destroyed",
        "no recursion, at second order too",
        "core/test_memory.py: test_long_chain_without_recursion test_long_chain_at_second_order",
    ),
    (
        "diamonds and fan-out",
        "the gradients of all paths are added; a caller's array is not summed into",
        "core/test_backward.py: test_deep_diamonds test_fan_out; core/test_memory.py: "
        "test_a_callers_array_is_not_summed_into",
    ),
    (
        "a tensor used twice in one operation",
        "both uses count, at second order too",
        "core/test_backward.py: test_a_tensor_used_twice_in_one_operation "
        "test_a_tensor_used_twice_at_second_order",
    ),
    (
        "`x.grad`",
        "never aliases the seed gradient or another leaf's",
        "core/test_memory.py: test_gradients_do_not_alias",
    ),
    (
        "after backward, with the collector off",
        "no object is left, at second order too",
        "core/test_memory.py: test_nothing_is_left",
    ),
    (
        "an exception inside a rule",
        "leaves the graph usable",
        "core/test_memory.py: test_exception_in_a_rule_leaves_the_graph_usable",
    ),
    (
        "`no_grad`",
        "per thread and per asyncio task",
        "core/test_switches.py: test_other_threads_do_not_notice test_asyncio_tasks_do_not_notice",
    ),
    (
        "backward twice",
        'an error that says `cleanup_mode="keep"`',
        "core/test_backward.py: test_keep_leaves_the_graph "
        "test_what_is_built_on_a_freed_result_raises; test_errors.py: test_message",
    ),
    (
        "backward from a non-scalar",
        "starts from ones; a given seed gradient must match the shape",
        "core/test_backward.py: test_starts_from_ones test_given_gradient_must_match_the_shape",
    ),
    (
        "mixing backends or devices",
        "raises at the operation",
        "test_namespace.py: test_mixing_libraries_raises_and_records_nothing",
    ),
    (
        "a write through a view of a view",
        "is seen by the base and by its other views, tracked or not",
        "core/test_in_place.py: test_views; core/test_random_programs.py: test_real_programs "
        "test_strict_backend",
    ),
    (
        "a constant changed after use",
        "leaves earlier results' gradients right",
        "core/test_in_place_graph.py: test_a_constant_changed_after_use; core/test_memory.py: "
        "test_a_constant_changed_after_use_leaves_gradients_right",
    ),
    (
        "pickle and deepcopy",
        "of a leaf; a non-leaf raises with a hint",
        "test_namespace.py: test_duplicates_of_leaves; test_errors.py: test_message",
    ),
]

HEAD = """\
# Derivatives at the awkward points

<!-- Written by `python tests/policy_table.py`; change it there. -->

Where the derivative does not exist, the order of preference is: where the function is convex around
the point, the subgradient of least norm; concave, the supergradient of least norm; where it is
defined by continuity, that limit, which may be ±inf; otherwise NaN. A backward pass raises nothing
for a value that the forward pass accepted, except where a row says so. A row wins over this order.

Every row has tests, on NumPy and on array-api-strict; the files are in `tests/`.
"""


def covering(point, tests):
    """The tests of a row, as (file, name)."""
    if not tests:
        return [("test_policy.py", name) for name in test_policy.ROWS[point]]
    found = []
    for part in tests.split("; "):
        file, names = part.split(": ")
        found += [(file, name) for name in names.split()]
    return found


def table(rows, first):
    lines = [f"| {first} | derivative | tests |", "|---|---|---|"]
    for point, derivative, tests in rows:
        names = ", ".join(f"`{file}::{name}`" for file, name in grouped(covering(point, tests)))
        lines.append(f"| {point} | {derivative} | {names} |".replace("**", "\\*\\*"))
    return "\n".join(lines)


def grouped(tests):
    """Each test once: the cases of one function together."""
    return list(dict.fromkeys((file, name.partition("[")[0]) for file, name in tests))


def page():
    parts = [HEAD, table(DERIVATIVES, "point"), "\n## Graphs\n", table(GRAPHS, "situation")]
    return (
        "\n".join(parts).replace("| situation | derivative |", "| situation | what holds |") + "\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
