from workers.restraint import Restraint


def test_children_that_die_at_once_are_held_back_longer_and_longer():
    restraint = Restraint()
    waits = [restraint.died(lived_s=0.1, jobs=0, children=1) for _ in range(8)]
    assert waits == [0, 0, 0.5, 1, 2, 5, 5, 5]


def test_a_whole_pool_killed_together_is_replaced_at_once():
    restraint = Restraint()
    assert [restraint.died(0.1, 0, children=8) for _ in range(17)] == [0] * 16 + [0.5]


def test_a_child_that_worked_or_lived_ends_the_restraint():
    restraint = Restraint()
    for lived_s, jobs in ((0.1, 1), (60, 0)):
        for _ in range(5):
            restraint.died(0.1, 0, 1)
        assert restraint.died(lived_s, jobs, 1) == 0
        assert restraint.died(0.1, 0, 1) == 0
