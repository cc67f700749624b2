"""What can go wrong between two nodes."""

from kernel.errors import Problem
from kernel.text import Text


class SignatureRefused(Problem):
    """A request between nodes is not signed as it must be; `params["refusal"]` is the stable reason."""

    status = 401
    code = "signature_refused"
    title = Text("签名未被接受", "Signature refused")
    detail = Text("{label_zh}（{refusal}）。{reason_zh}", "{label_en} ({refusal}). {reason_en}")


class EnvelopeMalformed(Problem):
    """A message or a receipt cannot be read; `params["field"]` names the part at fault."""

    status = 400
    code = "envelope_malformed"
    title = Text("报文或回执有误", "Malformed message or receipt")
    detail = Text("字段 {field}：{reason_zh}", "Field {field}: {reason_en}")


class PrefixRefused(Problem):
    """A code prefix cannot be read or cannot be delegated."""

    status = 409
    code = "prefix_refused"
    title = Text("前缀不可用", "Prefix refused")
    detail = Text("{reason_zh}", "{reason_en}")
