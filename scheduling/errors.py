"""What can go wrong with lines, selections and dispatch."""

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


class ProviderKeyTaken(Problem):
    """Another line provider has this human key, or the caller has another one."""

    status = 409
    code = "provider_key_taken"
    title = Text("线路商代号冲突", "Line provider's key conflicts")
    detail = Text(
        "代号 {key} 不是本主体的；每个线路商一个代号，首次登记后不变。",
        "The key {key} is not yours: a line provider has one key, fixed when it first registers a network.",
    )


class UnknownSpan(Problem):
    """No such span of the caller's."""

    status = 400
    code = "unknown_span"
    title = Text("没有该光缆段", "No such span")
    detail = Text(
        "本主体没有光缆段或承诺线路 {span}；请先登记：光缆段用 networks:import，承诺线路用 committed-lines:import。",
        "You have no span or committed line {span}: register fibre with networks:import, a line that you sell end to end "
        "with committed-lines:import.",
    )


class NotAnAccessPoint(Problem):
    """One-hop access starts at an integrated access point."""

    status = 400
    code = "not_an_access_point"
    title = Text("不是综合接入点", "Not an access point")
    detail = Text(
        "{site} 不是已登记的综合接入点；请先以角色 access_point 登记该站点。",
        "{site} is not registered as an integrated access point: register it in the role access_point first.",
    )


class UnknownCentre(Problem):
    """No compute centre has this key."""

    status = 400
    code = "unknown_centre"
    title = Text("没有该算力中心", "No such compute centre")
    detail = Text(
        "没有算力中心 {centre}；请核对其编号，或请其提供商先登记。",
        "There is no compute centre {centre}: check its key, or let its provider register it first.",
    )


class OneHopStands(Problem):
    """The same one-hop access is declared or verified already."""

    status = 409
    code = "one_hop_stands"
    title = Text("已申报", "Declared already")
    detail = Text(
        "本主体已申报 {site} 至 {centre} 的一跳入算；如需更换证据，请先撤回。",
        "You have declared one-hop access from {site} to {centre}: withdraw it before you declare it anew.",
    )


class NoBoundary(Problem):
    """Nobody has declared the boundary of the city, so there is nothing to be a share of."""

    status = 400
    code = "no_boundary"
    title = Text("没有城市边界", "No boundary")
    detail = Text(
        "{city} 尚无已申报的城市边界；请由通信管理局先以 metro-boundaries 申报。",
        "No boundary is declared for {city}: the regulator declares it at metro-boundaries first.",
    )


class UnknownLineProvider(Problem):
    """No line provider has this key."""

    status = 400
    code = "unknown_line_provider"
    title = Text("没有该线路商", "No such line provider")
    detail = Text(
        "没有代号为 {key} 的线路商；请核对代号，或留空以计入全部线路商。",
        "No line provider has the key {key}: check it, or leave it empty for all of them.",
    )


class LineNotSellable(Problem):
    """The gate of lines is closed (SCHEME §4)."""

    status = 409
    code = "line_not_sellable"
    title = Text("该专线产品不可售", "The line cannot be sold")
    detail = Text("原因：{reasons_zh}。", "Reasons: {reasons_en}.")


class LineChanged(Problem):
    """By the newest facts the bundle's line is not what it was selected as."""

    status = 409
    code = "line_changed"
    title = Text("专线已不同于所选", "The line is not what was selected")
    detail = Text(
        "选择之后该专线有变：{reason_zh}；请重新选择，已下的订单请取消或拒绝后重新下单。",
        "The line changed since the selection: {reason_en}. Select again; an order that stands on it is cancelled or rejected, and placed anew.",
    )


class PriceChanged(Problem):
    """What a bundle was priced by moved since the selection: its offer, its centre's storage, or its line's tariff."""

    status = 409
    code = "price_changed"
    title = Text("价格已变动", "The price has changed")
    detail = Text(
        "{what_zh}在选择之后有变动；请重新选择后再取报价。",
        "{what_en} moved since the selection; select again, then ask for the quote.",
    )


class DemandRefused(Problem):
    """A demand that cannot be answered as it is written."""

    status = 400
    code = "demand_refused"
    title = Text("需求有误", "The demand cannot be read")
    detail = Text("{field}：{reason_zh}。", "{field}: {reason_en}.")


class NoAccessPoint(Problem):
    """No integrated access point serves the place, or none is near enough."""

    status = 400
    code = "no_access_point"
    title = Text("没有接入点", "No access point")
    detail = Text(
        "{place} 附近没有已登记的综合接入点；请改用 from_coordinates 或 from_site。",
        "No access point is registered near {place}; use from_coordinates or from_site.",
    )


class EndsDisordered(Problem):
    """A class of ends that is nearer or quicker than the one before it."""

    status = 400
    code = "ends_disordered"
    title = Text("接入分级次序有误", "Classes of ends out of order")
    detail = Text(
        "{code} 的 up_to_m 须大于、days 与 one_off_cny 不得少于前一级。",
        "{code} must reach farther than the class before it, and take no fewer days and cost no less.",
    )


class AddressNotCovered(Problem):
    """No line provider has this address among those that it covers."""

    status = 400
    code = "address_not_covered"
    title = Text("地址未被预覆盖", "The address is not covered")
    detail = Text(
        "没有线路商预覆盖地址“{address}”；请改给 lat 与 lon，或 site、place。",
        "No line provider covers the address “{address}”: give lat and lon instead, or site or place.",
    )


class LineQuoteNotFirm(Problem):
    """The kind of the line quote does not let the act happen."""

    status = 409
    code = "line_quote_not_firm"
    title = Text("该类专线报价不可如此使用", "This kind of line quote does not allow it")
    detail = Text(
        "“{kind_zh}”报价不能 {act}：只有确定报价可预占、可下单，只有有条件报价可工勘；请取得相应报价，有条件的请先待线路商工勘。",
        "A {kind_en} quote does not allow {act}: only a firm one is held and ordered, only a conditional one is surveyed; ask for that kind, and let a conditional one be surveyed first.",
    )


class LineQuoteMismatch(Problem):
    """The line quote is of another bundle."""

    status = 409
    code = "line_quote_mismatch"
    title = Text("专线报价与组合不符", "The line quote is of something else")
    detail = Text(
        "专线报价 {line_quote} 是为另一选择或另一组合给出的；请为本组合另取专线报价，或不带 line_quote 报价。",
        "Line quote {line_quote} is for another selection or bundle: have this bundle's line quoted, or leave line_quote out.",
    )


class LineQuoteExpired(Problem):
    """The line quote's validity has passed by the database's clock."""

    status = 409
    code = "line_quote_expired"
    title = Text("专线报价已失效", "The line quote has expired")
    detail = Text(
        "有效期至 {valid_until}；请重新取得专线报价。",
        "It was valid until {valid_until}; ask for a new one.",
    )


class NoSuchClass(Problem):
    """The profile of what lines promise lacks a class."""

    status = 400
    code = "no_such_class"
    title = Text("没有该等级", "No such class")
    detail = Text(
        "“{code}”不在现行等级之内；请取 {codes} 之一，或留空表示未申报。",
        "“{code}” is none of the classes in force: take one of {codes}, or leave it empty for not declared.",
    )


class UnknownSite(Problem):
    """No site has this key."""

    status = 400
    code = "unknown_site"
    title = Text("没有该站点", "No such site")
    detail = Text(
        "没有站点 {site}；请从 /api/v1/sites 中取其编号。",
        "There is no site {site}: take its key from /api/v1/sites.",
    )


class NoLineInterface(Problem):
    """The line provider has no interface of its own that could be asked."""

    status = 400
    code = "no_line_interface"
    title = Text("该线路商没有自有接口", "The line provider has no interface of its own")
    detail = Text(
        "{line_provider} 未登记可询价的接口；请用 /api/v1/serviceability 或选择。",
        "{line_provider} has registered no interface to be asked by: use /api/v1/serviceability or a selection.",
    )


class CarrierNotReady(Problem):
    """The carrier has not said yes to what goes before, or not any more."""

    status = 409
    code = "carrier_not_ready"
    title = Text("线路商尚未答复", "The carrier has not answered yet")
    detail = Text(
        "线路商侧状态为“{state_zh}”，须为“{needs_zh}”且未过期；请稍后再试，被线路商拒绝或过期的订单和变更会自动退回。",
        "At the carrier it stands “{state_en}”, and must be “{needs_en}” and not run out: try again shortly; an order or a change that the carrier refuses goes back by itself.",
    )


class SelectionOutdated(Problem):
    """An earlier release kept too little of where a selection starts for it to be asked again."""

    status = 409
    code = "selection_outdated"
    title = Text("该选择无法重放", "The selection cannot be replayed")
    detail = Text(
        "该选择作于 {created_at}，早期版本未保存重放所需的接入信息（access）。当时的答案仍可读取；请以相同需求 POST /api/v1/selections 重新选择。",
        "This selection was made at {created_at} by an earlier release, which did not keep what a replay needs of its access. "
        "Its answer can still be read; POST the same demand to /api/v1/selections to choose anew.",
    )


class RemoteBundle(Problem):
    """The bundle is another node's, which alone can grant it."""

    status = 409
    code = "remote_bundle"
    title = Text("该组合属于其他节点", "The bundle is another node's")
    detail = Text(
        "该组合由节点 {node}（{name}）提供，只能由它授予。请在该节点注册登录后，以本次选择 across.order_with 的内容"
        "请求 POST {order_at}，再在那里报价和下单。",
        "Node {node} ({name}) offers this bundle and alone can grant it. Register there, ask POST {order_at} with what "
        "this selection shows as across.order_with, then quote and order there.",
    )


class NoSuchBundle(Problem):
    """The selection has no bundle of that index."""

    status = 400
    code = "no_such_bundle"
    title = Text("没有该组合", "No such bundle")
    detail = Text(
        "该次选择共有 {count} 个组合，序号从 0 开始。", "The selection has {count} bundles, counted from 0."
    )


class TooSoon(Problem):
    """The window begins before the seller's minimum notice is over."""

    status = 409
    code = "too_soon"
    title = Text("未满足最短提前量", "Too short a notice")
    detail = Text(
        "提供商要求的提前量使最早开始时间为 {earliest}；请改为此后开始，或另选产品。",
        "With the notice that its providers need it can begin at {earliest}: begin then or later, or choose another.",
    )


class ScheduleUnpriced(Problem):
    """The schedule does not fit what the selection priced."""

    status = 409
    code = "schedule_unpriced"
    title = Text("时段与所选计价不符", "The schedule is not what was priced")
    detail = Text("{reason_zh}", "{reason_en}")


class HoldMismatch(Problem):
    """The hold is not of what the quote is for."""

    status = 409
    code = "hold_mismatch"
    title = Text("预占与报价不符", "The hold is of something else")
    detail = Text(
        "预占 {hold} 与报价的产品、线路或时段不同；请为该报价另行预占，或不带预占直接下单。",
        "Hold {hold} is not of the quote's bundle and schedule: hold what is quoted, or order without a hold.",
    )
