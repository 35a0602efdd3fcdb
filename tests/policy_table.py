"""The rows of the policy at awkward points, each with its tests: what docs/policy.md is made of.

`python tests/policy_table.py` writes the page; tests/test_policy_table.py asks that it is up to
date, that no row is without a test, and that every test exists.
"""

from pathlib import Path

import test_policy

PAGE = Path(__file__).resolve().parents[1] / "docs" / "policy.md"

# (point, derivative, tests). Those in test_policy.py are named there, and come first.
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
        "asin, acos, atanh, acosh at ±1, second order and above",
        "±inf by continuity",
        "test_policy_elementwise.py: test_ends_of_domains "
        "test_ends_of_domains_by_mixed_modes test_near_the_ends_to_the_last_digits",
    ),
    (
        "complex sqrt(0)",
        "inf + 0j, and times a cotangent part by part: −inf + 0j for −1, infj for 1j, NaN for 0",
        "test_policy_elementwise.py: test_complex_root_of_zero_is_as_its_cotangent "
        "test_complex_root_of_zero_in_a_loss",
    ),
    (
        "a complex function on its branch cut",
        "on the side that the sign of the zero tells, as the value is",
        "test_policy_elementwise.py: test_cuts_have_two_sides "
        "test_cuts_have_two_sides_by_forward_over_reverse test_powers_on_the_cut",
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
        "max, min, maximum, minimum: an infinite or NaN cotangent",
        "goes to the winners alone; 0 elsewhere",
        "test_policy_extremes.py: test_root_of_a_largest_zero "
        "test_tangents_of_losers_do_not_count test_larger_of_two test_largest_of_many "
        "test_extremes_to_second_order",
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
        "x**y at y = 0, second order",
        "1/x in x and y, log(x)² in y; 0 at 0**0",
        "test_policy_elementwise.py: test_power_where_the_exponent_is_zero "
        "test_complex_power_where_the_exponent_is_zero test_power_at_the_origin "
        "test_array_exponents_at_zero_to_higher_orders test_unsigned_exponents",
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
        "vector_norm p with some elements 0",
        "there those of a magnitude to the power p: 0 for p > 1, then inf for p < 2; "
        "NaN at the cusp of p < 1; 0 for p < 0, where the norm is 0",
        "test_policy_linalg.py: test_vector_norm_with_one_zero test_vector_norm_of_rows_with_zeros",
    ),
    (
        "matrix_norm 2, nuc with repeated singular values",
        "shared / UVᴴ",
        "test_policy_linalg.py: test_matrix_norms_with_repeated_singular_values",
    ),
    (
        "matrix_norm 2, −2, nuc with singular values of 0",
        "those contribute 0: nuc is UVᴴ of the others, the subgradient of least norm",
        "test_policy_linalg.py: test_matrix_norms_with_singular_values_of_zero",
    ),
    (
        "std of a constant",
        "0, also where the rounded mean is another number; second order 0 as well",
        "test_policy_extremes.py: test_spread_of_equal_numbers "
        "test_spread_of_equal_numbers_to_second_order test_spread_of_equal_complex_numbers "
        "test_spread_of_some_equal_rows test_smallest_of_spreads_counts "
        "test_small_spread_of_many_in_single_precision",
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
        "hypot, atan2 of an infinite side",
        "hypot: ±1 to a single one and 0 to the other, NaN to two; atan2: 0, 0; second order 0",
        "test_policy_elementwise.py: test_hypot_of_one_infinite_side "
        "test_atan2_of_an_infinite_side test_straight_at_infinity_and_at_the_origin",
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
        "logaddexp of equal numbers, second order",
        "¼, −¼; of infinities 0",
        "test_policy_elementwise.py: test_logaddexp_of_equal_numbers_curves "
        "test_softplus_at_zero test_logaddexp_of_infinities_is_straight test_logaddexp2_curves_too",
    ),
    (
        "remainder",
        "1, −n with the whole number n for which the value is x − n y",
        "test_policy_elementwise.py: test_remainder_goes_with_its_value "
        "test_remainder_of_infinite_divisors",
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
        "test_equal_eigenvalues_treated_differently; test_equal_values.py: "
        "test_exact_or_nan_with_a_warning",
    ),
    (
        "eigvalsh, svdvals, eigvals with equal values, second order",
        "exact where the gradient does not depend on the equal ones (traces, nuclear norms, the "
        "largest value beside them); otherwise NaN and a warning that names it",
        "test_policy_linalg.py: test_second_derivatives_at_equal_eigenvalues; "
        "test_equal_values.py: test_exact_or_nan_with_a_warning "
        "test_a_minimum_in_a_direction_that_leaves_the_values_alone "
        "test_singular_values_of_zero",
    ),
    (
        "eigh vectors with equal eigenvalues, svd with equal or zero singular values",
        "exact where the loss takes the vectors alone from them and does not see the choice of "
        "basis (the entry is 0 where the matching part of the antisymmetric term vanishes), or "
        "takes nothing from them; where it sees the choice, or takes vectors and values both "
        "(functions of matrices), NaN and a warning that names it",
        "test_policy_linalg.py: test_vectors_and_equal_values_at_once "
        "test_vectors_of_equal_eigenvalues "
        "test_vectors_of_equal_eigenvalues_one_by_one "
        "test_rotation_of_a_matrix_with_equal_singular_values "
        "test_vectors_of_equal_singular_values "
        "test_singular_values_of_zeros_and_of_less_than_full_rank "
        "test_forward_mode_cannot_know_what_the_loss_will_see; test_equal_values.py: "
        "test_exact_or_nan_with_a_warning test_what_forward_mode_finds_is_right_or_nan "
        "test_what_a_batch_shares_is_not_spoilt test_values_that_are_nearly_equal",
    ),
    (
        "eig, eigvals with equal eigenvalues",
        "as eigh and eigvalsh; with fewer vectors than equal eigenvalues: NaN and a warning, "
        "where anything arrives",
        "test_policy_linalg.py: test_equal_eigenvalues_of_any_matrix "
        "test_eigenvectors_of_equal_eigenvalues_of_any_matrix "
        "test_fewer_eigenvectors_than_equal_eigenvalues",
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
        "qr of dependent columns",
        "NaN and a warning for that matrix, if the loss uses it; columns of any scale are exact",
        "test_policy_linalg.py: test_qr_of_dependent_columns test_qr_of_columns_of_any_scale",
    ),
    (
        "decompositions of matrices without rows or columns",
        "gradients of the right shape",
        "test_policy_linalg.py: test_decompositions_of_nothing",
    ),
    (
        "det of a matrix of rank n−1, and of lower rank",
        "the adjugate, exact, to all orders",
        "test_policy_linalg.py: test_det_of_any_rank test_det_of_a_batch; "
        "test_determinants.py: test_further_derivatives_of_det "
        "test_further_derivatives_of_det_of_a_batch test_second_derivative_of_a_complex_det "
        "test_det_of_a_large_matrix_that_is_singular",
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
    found = [("test_policy.py", name) for name in test_policy.ROWS.get(point, [])]
    for part in tests.split("; ") if tests else []:
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
