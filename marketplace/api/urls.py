"""Addresses of the market."""

from django.urls import path

from marketplace.api import demands, ledger, meters, orders, quotes, settlements, vouchers

urlpatterns = [
    path("demand-counts", demands.DemandCountsView.as_view(), name="demand-counts"),
    path("demands", demands.DemandsView.as_view(), name="demands"),
    path("demands/<uuid:pk>", demands.DemandView.as_view()),
    path("demands/<uuid:pk>:select", demands.SelectDemandView.as_view()),
    path("quotes", quotes.QuotesView.as_view(), name="quotes"),
    path("quotes/<uuid:pk>", quotes.QuoteView.as_view()),
    path("orders", orders.OrdersView.as_view(), name="orders"),
    path("orders/<uuid:pk>", orders.OrderView.as_view()),
    path("orders/<uuid:pk>:accept", orders.AcceptOrderView.as_view()),
    path("orders/<uuid:pk>:reject", orders.RejectOrderView.as_view()),
    path("orders/<uuid:pk>:cancel", orders.CancelOrderView.as_view()),
    path("orders/<uuid:pk>:extend-hold", orders.ExtendOrderHoldView.as_view()),
    path("orders/<uuid:pk>:accept-compute", orders.AcceptComputeView.as_view()),
    path("meter-records", meters.MeterRecordsView.as_view()),
    path("usages", meters.UsagesView.as_view(), name="usages"),
    path("usages/<uuid:pk>:dispute", meters.DisputeUsageView.as_view()),
    path("settlements", settlements.SettlementsView.as_view(), name="settlements"),
    path("settlements/<uuid:pk>", settlements.SettlementView.as_view()),
    path("settlements/<uuid:pk>:propose-closing", settlements.ProposeClosingView.as_view()),
    path("statements", settlements.StatementsView.as_view(), name="statements"),
    path("statements/<uuid:pk>", settlements.StatementView.as_view()),
    path("statements/<uuid:pk>/evidence", settlements.EvidenceView.as_view()),
    path("accounts", ledger.AccountsView.as_view(), name="accounts"),
    path("journal-entries", ledger.JournalEntriesView.as_view(), name="journal-entries"),
    path("journal-entries/<uuid:pk>:propose-reversal", ledger.ProposeReversalView.as_view()),
    path("voucher-policies", vouchers.VoucherPoliciesView.as_view(), name="voucher-policies"),
    path("voucher-policies/<uuid:pk>:approve", vouchers.ApprovePolicyView.as_view()),
    path("voucher-balances", vouchers.VoucherBalancesView.as_view(), name="voucher-balances"),
    path("voucher-claims", vouchers.VoucherClaimsView.as_view(), name="voucher-claims"),
]
