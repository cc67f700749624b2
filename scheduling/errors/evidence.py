"""What can be wrong with evidence of a latency."""

from kernel.errors import Problem
from kernel.text import Text


class ImpossibleLatency(Problem):
    """A latency below what light needs in a vacuum (SCHEME §7)."""

    status = 400
    code = "impossible_latency"
    title = Text("时延低于物理下限", "Faster than light")
    detail = Text(
        "单向 {value} µs 低于大圆距离 {km} km 的真空光速下限 {floor} µs；请核对测量、方向与站点坐标。",
        "{value} µs one way is below the {floor} µs that light needs in a vacuum over {km} km; check the measurement, its direction and the sites' coordinates.",
    )


class FasterThanShown(Problem):
    """A test of a line that only hollow-core fibre could pass, where accepted evidence does not show it."""

    status = 400
    code = "faster_than_shown"
    title = Text("快于已采信的时延证据", "Faster than evidence shows")
    detail = Text(
        "单向 {value} µs 快于石英光纤，而该路由（{spans}）没有经采信的时延证据表明可以如此；请先就其光缆段或承诺线路提交 latency-evidence，复核采信后再报测试。",
        "{value} µs one way is faster than silica fibre, and no accepted evidence shows that over this path ({spans}): submit "
        "latency-evidence for its spans or committed line, and report the test again once that is accepted.",
    )


class MeasuredInFuture(Problem):
    """A measurement that has not been made yet."""

    status = 400
    code = "measured_in_future"
    title = Text("测量时间在未来", "Measured in the future")
    detail = Text(
        "measured_at 晚于本节点的时间；请核对时钟与时区。",
        "measured_at is later than this node's clock; check your clock and time zone.",
    )


class MeasuredTooLongAgo(Problem):
    """A measurement that says nothing of the line as it is today."""

    status = 400
    code = "measured_too_long_ago"
    title = Text("测量过旧", "Measured too long ago")
    detail = Text(
        "measured_at 早于 {days} 天前；光缆可能已改迁，请重新测量后提交。",
        "measured_at is more than {days} days ago, and fibre is rerouted: measure again, and submit that.",
    )


class ClockTooCoarse(Problem):
    """A measurement whose uncertainty leaves nothing of it."""

    status = 400
    code = "clock_too_coarse"
    title = Text("时钟误差过大", "The clock is too coarse")
    detail = Text(
        "±{bound} µs 超过所允许的 ±{most} µs；请核对单位，或用更准的时钟测量后提交。",
        "±{bound} µs is more than the ±{most} µs that are allowed: check the unit, or measure with a better clock, and submit that.",
    )


class TestedBeforeConfigured(Problem):
    """A test of a line that was not there yet."""

    status = 400
    code = "tested_before_configured"
    title = Text("测试早于开通配置", "Tested before it was configured")
    detail = Text(
        "measured_at 早于该线路完成配置之日 {day}；请在配置完成后测试并填报。",
        "measured_at is before the day on which the line was configured, {day}: test it as it is configured, and report that.",
    )


class TestedBeforeContract(Problem):
    """A test of a line that nobody had ordered to be built."""

    status = 400
    code = "tested_before_contract"
    title = Text("测试早于签约", "Tested before its contract")
    detail = Text(
        "measured_at 早于该线路的签约时间 {contracted_at}；请填报签约之后、配置完成后的测试，并核对时区。",
        "measured_at is before the line's contract, {contracted_at}: report a test that was made after it, of the line as it is configured, and check its time zone.",
    )


class TooFewSamples(Problem):
    """A measurement of too few samples to have the percentile that it states."""

    status = 400
    code = "too_few_samples"
    title = Text("样本不足", "Too few samples")
    detail = Text(
        "样本数 {samples} 少于 {least}；请延长测量后提交。",
        "{samples} are fewer than the {least} samples that it takes: measure for longer, and submit that.",
    )


class PercentileTooLow(Problem):
    """A measurement that tells of a line's better moments."""

    status = 400
    code = "percentile_too_low"
    title = Text("百分位过低", "Percentile too low")
    detail = Text(
        "第 {percentile} 百分位低于所要求的第 {least} 百分位；请按该百分位或更高者给出时延（单次读数填 100）。",
        "The {percentile}th percentile is below the {least}th: give the latency at that one or a higher (of a single reading, 100).",
    )


class WhichPath(Problem):
    """A test of a path that the line has not, or of a pair without saying which."""

    status = 400
    code = "which_path"
    title = Text("路由不明", "Which path")
    detail = Text(
        "该线路的路由为：{paths}；请在 path 中指明测试的是哪一条，每条须各自测试合格。",
        "The paths of this line are: {paths}. Name the tested one in path; each has to meet what was sold.",
    )


class ContradictoryEvidence(Problem):
    """The method does not measure the layer."""

    status = 400
    code = "contradictory_evidence"
    title = Text("方法与层次不符", "Method and layer contradict")
    detail = Text(
        "{method_zh}只能测量{allowed_zh}；请更正方法或层次，三层从不混用。",
        "{method_en} measures {allowed_en} only: correct the method or the layer, which are never mixed.",
    )


class HalvedTwice(Problem):
    """A value that was halved already is said to be a round trip."""

    status = 400
    code = "halved_twice"
    title = Text("已折半的值", "Halved already")
    detail = Text(
        "{method_zh}的值已是单向；请将 direction 填为 one_way。",
        "The value of {method_en} is one way already: say one_way as its direction.",
    )
