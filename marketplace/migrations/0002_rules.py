from django.db import migrations

from kernel.append_only import AppendOnly

# An order moves only along these (the table in domain/orders.py), one version at a time, and its price never.
ORDER_MOVES = """
CREATE FUNCTION order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.generation <> OLD.generation + 1 THEN
        RAISE EXCEPTION 'order %: version % does not follow %', OLD.id, NEW.generation, OLD.generation
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.compute_fen, NEW.line_fen, NEW.quote_id, NEW.tenant_id)
        IS DISTINCT FROM (OLD.compute_fen, OLD.line_fen, OLD.quote_id, OLD.tenant_id) THEN
        RAISE EXCEPTION 'order %: what was quoted does not change', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT OLD.state || '>' || NEW.state = ANY (ARRAY[
        'placed>awaiting_providers',
        'awaiting_providers>awaiting_line_provider',
        'awaiting_providers>awaiting_compute_provider',
        'awaiting_compute_provider>accepted',
        'awaiting_line_provider>accepted',
        'accepted>opening',
        'opening>awaiting_dispatch',
        'opening>awaiting_line',
        'awaiting_line>awaiting_user',
        'awaiting_dispatch>awaiting_user',
        'awaiting_line>compute_accepted',
        'awaiting_user>compute_accepted',
        'compute_accepted>running',
        'running>ended',
        'awaiting_providers>rejected',
        'awaiting_compute_provider>rejected',
        'awaiting_line_provider>rejected',
        'awaiting_providers>cancelled',
        'awaiting_compute_provider>cancelled',
        'awaiting_line_provider>cancelled',
        'opening>cancelled',
        'awaiting_line>cancelled',
        'awaiting_dispatch>cancelled',
        'awaiting_user>cancelled',
        'compute_accepted>cancelled',
        'awaiting_providers>expired',
        'awaiting_compute_provider>expired',
        'awaiting_line_provider>expired'
    ]) THEN
        RAISE EXCEPTION 'order %: % does not lead to %', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER order_moves BEFORE UPDATE ON purchase_order FOR EACH ROW EXECUTE FUNCTION order_moves();
"""

# INVARIANTS A3: at commit the postings of an entry add up to zero.
ENTRY_BALANCES = """
CREATE FUNCTION entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM posting WHERE entry_id = NEW.entry_id) <> 0 THEN
        RAISE EXCEPTION 'journal entry % does not balance', NEW.entry_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_balances();
"""

# A usage says itself whose it is, and a foreign key over all three columns keeps that the order's word.
USAGE_PARTIES = """
ALTER TABLE usage ADD CONSTRAINT usage_parties_of_order FOREIGN KEY (order_id, tenant_id, compute_provider)
    REFERENCES purchase_order (id, tenant_id, compute_provider);
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_tables")]

    operations = [
        migrations.RunSQL(
            ORDER_MOVES, "DROP TRIGGER order_moves ON purchase_order; DROP FUNCTION order_moves();"
        ),
        migrations.RunSQL(
            ENTRY_BALANCES, "DROP TRIGGER entry_balances ON posting; DROP FUNCTION entry_balances();"
        ),
        migrations.RunSQL(USAGE_PARTIES, "ALTER TABLE usage DROP CONSTRAINT usage_parties_of_order;"),
        *(
            AppendOnly(table)
            for table in (
                "quote",
                "order_step",
                "meter_record",
                "journal_entry",
                "posting",
                "statement",
                "statement_line",
                "billed_usage",
                "voucher_balance",
            )
        ),
    ]
