"""What can go wrong with an identifier."""

from kernel.errors import Problem
from kernel.text import Text


class MalformedCode(Problem):
    """The text is not a code, or fails its check character."""

    status = 400
    code = "malformed_code"
    title = Text("标识格式有误", "Malformed identifier")
    detail = Text("标识无法识别：{reason_zh}。", "This is no identifier: {reason_en}.")


class UnknownCode(Problem):
    """A well-formed code that was never issued here."""

    status = 404
    code = "unknown_code"
    title = Text("标识不存在", "No such identifier")
    detail = Text("{written} 从未签发。", "{written} was never issued.")


class PrefixElsewhere(Problem):
    """Another node answers for the prefix, and the caller wants no other to be named by way of a redirect."""

    status = 404
    code = "prefix_elsewhere"
    title = Text("该前缀由其他节点负责", "Another node answers for this prefix")
    detail = Text(
        "前缀 {prefix} 不由本节点负责；去掉 final=true 即可得知向哪个节点查询。",
        "This node does not answer for {prefix}; without final=true it says which one to ask.",
    )


class PrefixUnknown(Problem):
    """Nobody is known to hold the prefix."""

    status = 404
    code = "prefix_unknown"
    title = Text("前缀的持有者未知", "Nobody is known to hold the prefix")
    detail = Text(
        "本节点不知道前缀 {prefix} 由谁持有；请核对抄写，或向国家节点查询。",
        "This node does not know who holds {prefix}; check the spelling, or ask the national node.",
    )


class HolderFailed(Problem):
    """The node that answers for the prefix gave no answer to pass on."""

    status = 503
    code = "holder_failed"
    title = Text("负责节点没有可信应答", "The responsible node gave no answer to rely on")
    detail = Text(
        "节点 {node}：{reason_zh}。可直接向 {url} 查询，或稍后再试。",
        "Node {node}: {reason_en}. Ask {url} itself, or try again later.",
    )


class NoProofKey(Problem):
    """The resource's agent has no key to prove itself with."""

    status = 409
    code = "no_proof_key"
    title = Text("尚未登记代理公钥", "No key to prove")
    detail = Text(
        "请待标识签发后，先以 PUT 在标识地址的 /key 下登记该资源代理的公钥。",
        "Once the identifier is issued, register its agent's public key first, with PUT at the identifier's address and /key.",
    )


class ChallengeOver(Problem):
    """The challenge is not open."""

    status = 409
    code = "challenge_over"
    title = Text("质询已失效", "The challenge is over")
    detail = Text(
        "该质询不存在、已应答、已过期，或公钥已更换；请重新发起质询。",
        "There is no such challenge, or it was answered, has expired, or its key was replaced; ask for another.",
    )


class NoPrefix(Problem):
    """The node has no delegated prefix yet."""

    status = 409
    code = "no_prefix"
    title = Text("尚无标识前缀", "No prefix yet")
    detail = Text(
        "国家节点尚未向本节点分配前缀；请先完成节点接入。",
        "The national node has not delegated a prefix to this node; attach the node first.",
    )


class AlreadyIdentified(Problem):
    """The resource has an identifier, or an application for one."""

    status = 409
    code = "already_identified"
    title = Text("该资源已有标识或申请", "Identified already")
    detail = Text(
        "该资源已有标识或在办申请 {identifier}；一个资源只有一个标识。",
        "It has an identifier or an open application, {identifier}; one resource has one identifier.",
    )


class DescriptorIncomplete(Problem):
    """The descriptor fails the automatic checks of its kind."""

    status = 400
    code = "descriptor_incomplete"
    title = Text("描述信息不符合要求", "The descriptor fails its checks")
    detail = Text("{reason_zh}", "{reason_en}")


class UnwritableCode(Problem):
    """The values cannot be written in this form of codes."""

    status = 400
    code = "unwritable_code"
    title = Text("无法写成该形式的标识", "Cannot be written in this form")
    detail = Text("{reason_zh}", "{reason_en}")


class UnknownCodec(Problem):
    """No form of codes has this name."""

    status = 404
    code = "unknown_codec"
    title = Text("没有该标识形式", "No such form of codes")
    detail = Text("没有名为 {name} 的形式；可用：{known}。", "There is no form {name}; these are: {known}.")


class UnknownDictionary(Problem):
    """No dictionary has this name."""

    status = 404
    code = "unknown_dictionary"
    title = Text("没有该字典", "No such dictionary")
    detail = Text(
        "没有名为 {name} 的字典；可用：{known}。", "There is no dictionary {name}; these are: {known}."
    )


class TransferRefused(Problem):
    """The transfer cannot be offered or taken."""

    status = 409
    code = "transfer_refused"
    title = Text("不能转让", "Cannot be transferred")
    detail = Text("{reason_zh}", "{reason_en}")


class SuccessionRefused(Problem):
    """These identifiers cannot merge or split so."""

    status = 409
    code = "succession_refused"
    title = Text("不能合并或拆分", "Cannot be merged or split")
    detail = Text("{reason_zh}", "{reason_en}")


class NoBlock(Problem):
    """The node's database is not the one that its number block was granted to."""

    status = 409
    code = "no_number_block"
    title = Text("暂无可用号段", "No number block")
    detail = Text(
        "数据库经恢复、切换或复制，原号段不再使用；新号段获上级节点批准后自动继续签发，申请不会丢失。",
        "The database was restored, promoted or copied, so its former block is closed; issuing goes on by itself once the "
        "upstream node has granted a new one, and no application is lost.",
    )
