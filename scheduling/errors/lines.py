"""What can go wrong with networks, lines, their quotes and carriers' interfaces."""

from kernel.errors import Problem
from kernel.text import Text


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


class BoundaryTooSmall(Problem):
    """What is declared is no metropolitan area: nothing could be told as a share of it."""

    status = 400
    code = "boundary_too_small"
    title = Text("边界过小", "Boundary too small")
    detail = Text(
        "该边界仅 {km2} km²，至少须 {least} km²；请核对坐标（WGS-84 度，经度在前）。",
        "The boundary encloses {km2} km², and at least {least} km² are expected: check its positions (degrees of WGS-84, "
        "longitude first).",
    )


class BoundaryElsewhere(Problem):
    """The boundary contains none of the places of its city that this node knows."""

    status = 400
    code = "boundary_elsewhere"
    title = Text("边界不在该城市", "Boundary elsewhere")
    detail = Text(
        "该边界不含 {city} 的任何已知地点，例如{place}（经度 {lon}，纬度 {lat}）；请核对城市代码与坐标。",
        "The boundary contains no place of {city} that this node knows, such as {place} (longitude {lon}, latitude {lat}): "
        "check the city and the positions.",
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


class SiteInUse(Problem):
    """Something that is on the market, or that was declared, meets the network at the site."""

    status = 409
    code = "site_in_use"
    title = Text("站点仍在使用", "The site is in use")
    detail = Text(
        "站点 {site} 上尚有：{uses_zh}；请先将其下架或撤回，再下架该站点。",
        "At the site {site} there are {uses_en}: withdraw these first, then the site.",
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


class CarrierKeepsUntil(Problem):
    """The line is kept by its carrier's own system, which is asked once for how long."""

    status = 409
    code = "carrier_keeps_until"
    title = Text("预占期由线路商确定", "The carrier decides how long it keeps the line")
    detail = Text(
        "该订单的专线由线路商自有系统预占，最迟至 {until}，不能延长；请两家提供商在此之前接受，否则到期后请重新下单。",
        "The order's line is kept by its carrier's own system, until {until} at the latest, and no longer: have both providers accept it by then, or order anew after it.",
    )
