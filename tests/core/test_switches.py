"""The switches that say whether to record: in `with`, as decorators, in threads and tasks."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import minidiff as md
import minidiff.array_api as xp
import numpy as np


def leaf(data):
    return md.Tensor(data, allow_grad=True)


def recording():
    """Whether an operation on a leaf is recorded here and now."""
    return (leaf([1.0]) * 2).op_node is not None


# ---- the switches

SWITCHES = {
    "no_grad": (md.no_grad, False),
    "enable_grad": (md.enable_grad, True),
    "enable_grad(True)": (lambda: md.enable_grad(True), True),
    "enable_grad(False)": (lambda: md.enable_grad(False), False),
    "enable_grad(flag=False)": (lambda: md.enable_grad(flag=False), False),
    "disable_new_grads": (md.disable_new_grads, False),
}


@pytest.fixture(params=SWITCHES)
def switch(request):
    return SWITCHES[request.param]


@pytest.mark.parametrize("before", [True, False])
def test_as_context_manager(switch, before):
    make, inside = switch
    with md.enable_grad(before):
        with make():
            assert recording() is inside
        assert recording() is before
    assert recording()


@pytest.mark.parametrize("before", [True, False])
def test_as_decorator(switch, before):
    make, inside = switch

    @make()
    def function(a, *, b):
        return a, b, recording()

    with md.enable_grad(before):
        for _ in range(3):
            assert function(1, b=2) == (1, 2, inside)
            assert recording() is before


@pytest.mark.parametrize("before", [True, False])
def test_decorated_generator(switch, before):
    make, inside = switch
    seen = []

    @make()
    def generator():
        try:
            for i in range(2):
                seen.append(recording())
                try:
                    seen.append((yield i))
                except ValueError:
                    seen.append(recording())
            return "end"
        finally:
            seen.append(recording())

    with md.enable_grad(before):
        steps = generator()
        assert next(steps) == 0
        assert recording() is before  # between two steps nothing is changed
        assert steps.send("sent") == 1
        with pytest.raises(StopIteration, match="end"):
            steps.throw(ValueError())
        assert recording() is before
        assert seen == [inside, "sent", inside, inside, inside]
        unfinished = generator()
        next(unfinished)
        unfinished.close()
        assert recording() is before
    assert seen[5:] == [inside, inside]


@pytest.mark.parametrize("before", [True, False])
def test_decorated_coroutine_and_asynchronous_generator(switch, before):
    make, inside = switch

    @make()
    async def coroutine():
        await asyncio.sleep(0)
        return recording()

    @make()
    async def generator():
        given = yield recording()
        try:
            yield given
        except ValueError:
            yield recording()

    async def main():
        assert await coroutine() is inside
        steps = generator()
        assert await anext(steps) is inside
        assert recording() is before
        assert await steps.asend("sent") == "sent"
        assert await steps.athrow(ValueError()) is inside
        with pytest.raises(StopAsyncIteration):
            await anext(steps)
        unfinished = generator()
        await anext(unfinished)
        await unfinished.aclose()
        assert recording() is before

    with md.enable_grad(before):
        asyncio.run(main())


def test_decorated_function_may_call_itself(switch):
    make, inside = switch

    @make()
    def function(depth):
        before = recording()
        below = function(depth - 1) if depth else []
        return [before, *below, recording()]

    assert function(3) == [inside] * 8
    assert recording()


def test_put_back_on_an_exception(switch):
    make, _ = switch
    with pytest.raises(ZeroDivisionError), make():
        raise ZeroDivisionError
    assert recording()

    @make()
    def function():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        function()
    assert recording()


def test_reused_and_entered_inside_itself(switch):
    make, inside = switch
    one = make()
    for _ in range(2):
        with one:
            with one:
                assert recording() is inside
            assert recording() is inside
        assert recording()


def test_nested():
    with md.no_grad():
        with md.enable_grad():
            with md.no_grad():
                assert not recording()
            assert recording()
        assert not recording()
    with md.enable_grad(False), md.enable_grad(True):
        assert recording()
    assert recording()


def test_enable_grad_has_no_effect_inside_disable_new_grads():
    with md.disable_new_grads():
        with md.enable_grad():
            assert not recording()
        with md.no_grad():
            assert not recording()
            with md.enable_grad():
                assert not recording()
        assert not recording()
    assert recording()
    with md.no_grad(), md.enable_grad(), md.disable_new_grads():
        assert not recording()


@pytest.mark.parametrize("off", [md.no_grad, md.disable_new_grads])
def test_leaves_keep_allow_grad_where_nothing_is_recorded(off):
    x = leaf([2.0])
    with off():
        assert x.allow_grad
        y = x * x
        assert not y.allow_grad
        x -= 0.5
        made = leaf([1.0])
    assert x.allow_grad
    assert made.allow_grad
    (x * x * made * y).backward()
    assert x.grad.item() == 2 * 1.5 * 4.0
    assert y.grad is None


def test_a_recorded_pass_inside_no_grad():
    x = leaf([2.0])
    y = x**3
    with md.no_grad():
        y.backward(allow_higher_order=True, cleanup_mode="keep")
        assert not recording()
    assert x.grad.item() == 12.0
    x.grad.backward()
    assert x.grad.item() == 12.0
    with md.no_grad():
        y.backward()
    assert x.grad.item() == 12.0
    assert not x.grad.allow_grad


def test_no_pass_is_recorded_inside_disable_new_grads():
    x = leaf([2.0])
    y = x**3
    with md.disable_new_grads():
        y.backward(allow_higher_order=True)
    assert x.grad.item() == 12.0
    assert not x.grad.allow_grad


# ---- threads and tasks


@pytest.mark.parametrize("make", [md.no_grad, md.disable_new_grads])
def test_other_threads_do_not_notice(make):
    entered, looked = threading.Event(), threading.Event()
    inside = []

    def work():
        with make():
            entered.set()
            assert looked.wait(10)
            inside.append(recording())

    thread = threading.Thread(target=work)
    thread.start()
    assert entered.wait(10)
    here = recording()
    looked.set()
    thread.join(10)
    assert here
    assert inside == [False]


def test_a_new_thread_records_though_its_maker_does_not():
    found = []
    with md.no_grad():
        thread = threading.Thread(target=lambda: found.append(recording()))
        thread.start()
        thread.join(10)
        assert not recording()
    assert found == [True]


def test_one_decorated_function_in_several_threads():
    barrier = threading.Barrier(4)

    @md.no_grad()
    def function(_):
        barrier.wait(10)
        inside = recording()
        barrier.wait(10)
        return inside

    def work(k):
        return recording(), function(k), recording()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [(True, False, True)] * 4


def test_asyncio_tasks_do_not_notice():
    async def off():
        seen = []
        for _ in range(5):
            with md.no_grad():
                await asyncio.sleep(0)
                seen.append(recording())
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            seen.append(recording())
        return seen

    async def on():
        seen = []
        for _ in range(15):
            await asyncio.sleep(0)
            seen.append(recording())
        return seen

    async def both():
        return await asyncio.gather(off(), on(), off())

    first, second, third = asyncio.run(both())
    assert first == third == [False, True] * 5
    assert second == [True] * 15


def test_independent_graphs_in_eight_threads():
    def work(seed):
        a = np.random.default_rng(seed).normal(size=(5, 5))
        found = []
        for _ in range(20):
            x = leaf(a)
            y = x
            for _ in range(10):
                y = xp.sin(y) + x * y
            xp.sum(y).backward(allow_higher_order=True)
            first = x.grad.as_numpy()
            xp.sum(x.grad).backward()
            found.append((first, x.grad.as_numpy()))
        return found

    def expected(seed):
        x = np.random.default_rng(seed).normal(size=(5, 5))
        y, d, dd = x, np.ones_like(x), np.zeros_like(x)
        for _ in range(10):
            y, d, dd = (
                np.sin(y) + x * y,
                np.cos(y) * d + y + x * d,
                -np.sin(y) * d**2 + np.cos(y) * dd + 2 * d + x * dd,
            )
        return d, dd

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    for seed, found in enumerate(results):
        for first, second in found:
            np.testing.assert_allclose(first, expected(seed)[0], rtol=1e-9)
            np.testing.assert_allclose(second, expected(seed)[1], rtol=1e-9)
