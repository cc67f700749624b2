"""The market (system A, second half): demands, quotes, orders, metering, settlement, vouchers."""
