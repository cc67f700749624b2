"""What is wrong with a value that a provider declares: a stable code, the column, and both languages."""

from dataclasses import dataclass
from typing import Self

from kernel.text import Text, Vocabulary


class FaultCode(Vocabulary):
    """Every reason for which a row of supply is refused; the labels are the sentences, with parameters."""

    MISSING = "missing", "必填", "a value is required"
    MISSING_COLUMN = "missing_column", "表头缺少该列", "the header lacks this column"
    UNKNOWN_COLUMN = "unknown_column", "未知列；请删除或更正列名", "no such column; remove or correct it"
    FORMULA = (
        "formula",
        "不得以 = + - @ 或制表符开头（防公式注入）",
        "must not begin with = + - @ or a tab (formula injection)",
    )
    NOT_A_KEY = (
        "not_a_key",
        "编号由 1 至 64 个字母、数字和 . _ - 组成，以字母或数字开头",
        "a key is 1 to 64 letters, digits and . _ -, beginning with a letter or digit",
    )
    NOT_A_CHOICE = "not_a_choice", "应为以下之一：{choices}", "must be one of: {choices}"
    NOT_A_NUMBER = "not_a_number", "“{value}”不是数", "“{value}” is no number"
    NOT_WHOLE = "not_whole", "“{value}”应为整数", "“{value}” must be a whole number"
    NEGATIVE = "negative", "不得为负数", "must not be negative"
    TOO_PRECISE = "too_precise", "小数不超过 {places} 位", "at most {places} decimals"
    TOO_LARGE = "too_large", "不得大于 {most}", "must not exceed {most}"
    TOO_SMALL = "too_small", "不得小于 {least}", "must not be less than {least}"
    DUPLICATE = "duplicate", "与第 {line} 行编号重复", "the same key as line {line}"
    TAKEN = "taken", "编号已在本节点登记", "the key is registered at this node already"
    UNKNOWN_POOL = "unknown_pool", "本主体没有资源池 {value}", "you have no pool {value}"
    UNKNOWN_CENTRE = "unknown_centre", "本主体没有算力中心 {value}", "you have no centre {value}"
    UNKNOWN_ACCELERATOR = (
        "unknown_accelerator",
        "词典中没有加速卡 {value}；可用：{known}",
        "no accelerator {value} in the dictionary; these are: {known}",
    )
    DIFFERS_FROM_POOL = (
        "differs_from_pool",
        "与资源池登记的 {registered} 不一致",
        "differs from {registered}, as the pool is registered",
    )
    DIFFERS_FROM_SHEET = (
        "differs_from_sheet",
        "与公开规格 {published} 不一致",
        "differs from the published {published}",
    )
    ABOVE_SHEET = (
        "above_sheet",
        "高于公开规格可得的 {published}",
        "above the {published} that the published data sheet allows",
    )
    WITHOUT_ACCELERATOR = (
        "without_accelerator",
        "填写加速卡型号与卡数须同时有或同时无",
        "accelerator and number of accelerators go together",
    )
    MONTHLY_TOO_SHORT = (
        "monthly_too_short",
        "包月报价的最短时长不得小于 {least} 小时",
        "a monthly offer sells at least {least} hours",
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong column: its name, the code, and the sentence with its parameters filled in."""

    column: str
    code: FaultCode
    text: Text

    @classmethod
    def of(cls, code: FaultCode, column: str, **params: object) -> Self:
        """The fault of `column`; `params` fill the sentence, long values are cut."""
        shown = {name: value[:80] if isinstance(value, str) else value for name, value in params.items()}
        return cls(column, code, code.label.format(**shown))
