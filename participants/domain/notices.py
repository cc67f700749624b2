"""The letters about decisions and last days, read by the organisation that they concern and by its supervision."""

from kernel.text import Letter, Text

CERTIFIED = Letter(
    "participants.certified",
    Text("{name}已通过认证（{node}）", "{name} is certified ({node})"),
    Text(
        "您好：\n\n“{node}”已通过{name}的认证申请，本次提交的材料自即日起有效。\n\n"
        "可销售的产品和城市：GET /api/v1/organisations/{id}/licences\n",
        "“{node}” has certified {name}; the documents of this case count from today on.\n\n"
        "What it may sell, and in which cities: GET /api/v1/organisations/{id}/licences\n",
    ),
)
REFUSED = Letter(
    "participants.refused",
    Text("{name}的认证申请未通过（{node}）", "The application of {name} is refused ({node})"),
    Text(
        "您好：\n\n“{node}”未通过{name}的认证申请，理由：\n\n{reason}\n\n"
        "已有的认证不受影响。补正后可重新提交材料：POST /api/v1/organisations/{id}/documents\n",
        "“{node}” has refused the application of {name}, for this reason:\n\n{reason}\n\n"
        "A certification that stood before stands. Submit documents anew once it is mended: "
        "POST /api/v1/organisations/{id}/documents\n",
    ),
)
DOCUMENT_REFUSED = Letter(
    "participants.document_refused",
    Text("{name}的{what_zh}未予接受（{node}）", "A document of {name} is refused: {what_en} ({node})"),
    Text(
        "您好：\n\n“{node}”未接受{name}提交的{what_zh}，理由：\n\n{reason}\n\n"
        "认证申请仍在审核；请补正后重新提交该材料：POST /api/v1/organisations/{id}/documents\n",
        "“{node}” has refused what {name} submitted as {what_en}, for this reason:\n\n{reason}\n\n"
        "The case stays open; submit it anew once it is mended: POST /api/v1/organisations/{id}/documents\n",
    ),
)
QUESTION = Letter(
    "participants.question_asked",
    Text("认证审核提问：{name}（{node}）", "A question about the application of {name} ({node})"),
    Text(
        "您好：\n\n“{node}”审核{name}的认证申请时提问：\n\n{text}\n\n"
        "申请主体回答后继续审核：POST /api/v1/cases/{case}:answer\n",
        "“{node}” asks about the application of {name}:\n\n{text}\n\n"
        "The case goes on when the applicant has answered: POST /api/v1/cases/{case}:answer\n",
    ),
)
QUALIFICATION = Letter(
    "participants.qualification_decided",
    Text("{name}转售调度资质：{state_zh}（{node}）", "Qualification of {name}: {state_en} ({node})"),
    Text(
        "您好：\n\n{name}在“{node}”的转售调度资质现为：{state_zh}（有效期至 {last_day}）。理由：\n\n{reason}\n\n"
        "仅有效的资质可据以销售。\n",
        "The qualification of {name} for resale and dispatch at “{node}” is now: {state_en} (last day "
        "{last_day}). The reason:\n\n{reason}\n\nOnly with a granted one may it sell.\n",
    ),
)
LAST_DAY = Letter(
    "participants.last_day_near",
    Text(
        "{name}：{what_zh} {left} 天后到期（{node}）",
        "{name}: {what_en} ends in {left} days ({node})",
    ),
    Text(
        "您好：\n\n{name}在“{node}”的{what_zh}有效期至 {last_day}，还有 {left} 天。到期后依赖它的产品停止新售。\n\n"
        "请提前提交新材料：POST /api/v1/organisations/{id}/documents\n",
        "The {what_en} of {name} at “{node}” is valid until {last_day}, {left} days from now. What rests on it is "
        "not sold after that day.\n\nSubmit a new one in time: POST /api/v1/organisations/{id}/documents\n",
    ),
)
OF_RESALE = Text("转售调度资质", "qualification for resale and dispatch")
