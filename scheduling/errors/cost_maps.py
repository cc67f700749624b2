"""What can be wrong with a question to the cost map, as RFC 7285 §8.5.2 divides it."""

from kernel.errors import Problem
from kernel.text import Text


class AltoFieldMissing(Problem):
    """A member that the question needs is not there: E_MISSING_FIELD."""

    status = 400
    code = "alto_field_missing"
    title = Text("缺少字段", "A field is missing")
    detail = Text("请求体缺少字段 {field}，请补充。", "The body lacks the field {field}: add it.")


class AltoFieldType(Problem):
    """A member is of another JSON type: E_INVALID_FIELD_TYPE."""

    status = 400
    code = "alto_field_type"
    title = Text("字段类型有误", "A field has the wrong type")
    detail = Text("{field} 须为{kind_zh}。", "{field} must be {kind_en}.")


class AltoFieldValue(Problem):
    """A member has a value that nothing here answers to: E_INVALID_FIELD_VALUE."""

    status = 400
    code = "alto_field_value"
    title = Text("字段取值有误", "A field has a value that is not offered")
    detail = Text("{field} 不能为 {value}；可用：{takes}。", "{field} cannot be {value}; it takes: {takes}.")


class CostMapTooLarge(Problem):
    """More pairs than one answer has."""

    status = 400
    code = "cost_map_too_large"
    title = Text("成本图过大", "The cost map is too large")
    detail = Text(
        "所求共 {pairs} 对，一次至多 {most} 对；请 POST /api/v1/alto/cost-map:filter，在 pids 中列明所需的源或目的。",
        "That is {pairs} pairs, and one answer has at most {most}: POST to /api/v1/alto/cost-map:filter, and name under "
        "pids the sources or destinations that you need.",
    )
