"""The verdict of a latency interval against a bound: pass, fail or inconclusive."""

from kernel.text import Vocabulary


class Verdict(Vocabulary):
    """What evidence says about a bound (SCHEME §7)."""

    PASS = "pass", "合格", "Pass"
    FAIL = "fail", "不合格", "Fail"
    INCONCLUSIVE = "inconclusive", "不能判定，须实测", "Inconclusive: measure"


def judge(*, upper_us: int, lower_us: int, below_us: int) -> Verdict:
    """Judge a line known to lie within [lower, upper] µs one way against the strict bound `< below_us`.

    An upper estimate passes or says nothing; only a physical lower bound fails (SCHEME §7).
    """
    if upper_us < below_us:
        return Verdict.PASS
    return Verdict.FAIL if lower_us >= below_us else Verdict.INCONCLUSIVE
