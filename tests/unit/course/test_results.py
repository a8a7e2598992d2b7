"""What the verdicts on a cell come to."""

from dataclasses import replace

from notebooks.course import results
from notebooks.course.cells import CHECK, END
from notebooks.course.results import Verdict


def test_the_better_state_counts_and_doubts_are_for_a_person() -> None:
    wrong = Verdict("c", CHECK, message="no")
    right = Verdict("c", END, 1.0, passed=True, message="yes")
    outcome = results.combine([wrong, right], "✘ no", 4, "")
    assert (outcome.points, outcome.is_end, outcome.reasons) == (4, True, [])
    assert results.BETTER_AT_END in outcome.lines()
    outcome = results.combine([wrong], "✔ faked", 4, "")
    assert (outcome.points, len(outcome.reasons)) == (0, 1)
    assert "✔ faked" in outcome.reasons[0]
    assert "✘ no" in outcome.reasons[0]
    assert results.combine([], "", 4, "").reasons == ["the answers could not be saved"]
    odd = Verdict("c", CHECK, problem="odd")
    same = results.combine([odd, replace(wrong, state=END)], "✘ no", 4, "")
    assert (same.judged, same.is_end) == ("✘ no", False)  # no better than at the check
    assert results.combine([odd], "", 4, "").reasons == ["odd"]
    assert results.combine([replace(wrong, score=0.4567)], "✘ no", 4, "").points == 1.83
    assert results.combine([wrong], "✘ no", 4, "late").reasons == ["late"]
    assert results.combine([right], "✘ no", 4, "late").reasons == []
    twins = Verdict("c", CHECK, 1.0, passed=True, message="no", problem="the same weights")
    assert results.combine([twins], "✔ no", 4, "").reasons == ["the same weights"]
    close = results.combine([replace(wrong, score=1.0)], "✘ no", 4, "")
    assert results.CLOSE_ENOUGH in close.lines()
