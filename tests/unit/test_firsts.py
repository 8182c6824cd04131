"""States of a fold that share what they hold are each as if it were theirs alone."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from domain.firsts import Firsts


@pytest.mark.parametrize("seed", range(20))
def test_each_state_has_the_first_values_that_were_added_to_it(seed: int) -> None:
    random = Random(seed)
    states: list[tuple[Firsts[int, int], Mapping[int, int]]] = [(Firsts(), {})]
    for value in range(60):
        ours, plain = random.choice(states[-4:])
        key = random.randrange(20)
        states.append((ours.then(key, value), {**plain, key: plain.get(key, value)}))
    for ours, plain in states:
        assert ours == plain
        assert len(ours) == len(plain)
        assert [*ours] == [*plain]
        assert all((key in ours) == (key in plain) for key in range(20))
        assert repr(ours) == f"Firsts({dict(ours)})"


def test_a_key_of_another_state_is_not_found() -> None:
    first: Firsts[str, int] = Firsts[str, int]().then("a", 1)
    second = first.then("b", 2)
    assert second["b"] == 2
    assert first.get("b") is None
    assert Firsts[str, int]().get("a") is None


def test_threads_that_go_on_from_one_state_do_not_see_each_other() -> None:
    begun: Firsts[int, int] = Firsts()
    for number in range(50):
        begun = begun.then(number, number)

    def go_on(thread: int) -> Mapping[int, int]:
        state = begun
        for number in range(50, 150):
            state = state.then(number, thread)
        return dict(state)

    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(go_on, range(4))]
    for thread, state in enumerate(found):
        assert {*state} == {*range(150)}
        assert {state[number] for number in range(50, 150)} == {thread}
    assert len(begun) == 50
