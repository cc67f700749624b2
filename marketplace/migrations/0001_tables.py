import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.lookups
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Quote',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('selection', models.UUIDField()),
                ('bundle', models.PositiveIntegerField(help_text="index in the selection's bundles")),
                ('compute_fen', models.BigIntegerField()),
                ('line_fen', models.BigIntegerField()),
                ('total_fen', models.BigIntegerField()),
                ('valid_until', models.DateTimeField()),
                ('document', models.TextField()),
                ('digest', models.CharField(help_text='Content-Digest of document', max_length=80)),
                ('signature', models.CharField(help_text="base64 over document's UTF-8 bytes", max_length=120)),
                ('key_id', models.CharField(max_length=64)),
            ],
            options={
                'db_table': 'quote',
                'constraints': [models.CheckConstraint(condition=models.Q(('compute_fen__gte', 0), ('line_fen__gte', 0), ('total_fen', django.db.models.expressions.CombinedExpression(models.F('compute_fen'), '+', models.F('line_fen')))), name='quote_adds_up')],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('client_ref', models.CharField(max_length=64)),
                ('compute_provider', models.UUIDField()),
                ('line_provider', models.UUIDField()),
                ('offer', models.UUIDField()),
                ('state', models.CharField(choices=[('placed', '已提交'), ('awaiting_providers', '待双方提供商接受'), ('awaiting_compute_provider', '待算力提供商接受'), ('awaiting_line_provider', '待专线提供商接受'), ('accepted', '双方已接受'), ('opening', '线路开通与算力交付中'), ('awaiting_line', '算力已交付，待线路'), ('awaiting_dispatch', '线路已开通，待算力交付'), ('awaiting_user', '待用户验收算力'), ('compute_accepted', '算力已验收'), ('running', '服务中（已计费）'), ('ended', '已结束'), ('rejected', '已被拒绝'), ('cancelled', '已取消'), ('expired', '已过期')], default='placed', max_length=26)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('facts', models.JSONField()),
                ('compute_fen', models.BigIntegerField()),
                ('line_fen', models.BigIntegerField()),
                ('total_fen', models.BigIntegerField()),
                ('held_until', models.DateTimeField(null=True)),
                ('line_accepted_at', models.DateTimeField(null=True)),
                ('dispatched_at', models.DateTimeField(null=True)),
                ('sheet', models.JSONField(help_text="the user's acceptance of the compute", null=True)),
                ('line_waived', models.BooleanField(default=False)),
                ('billing_started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('quote', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='order', to='marketplace.quote')),
            ],
            options={
                'db_table': 'purchase_order',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'client_ref'), name='order_once_a_client_ref'), models.UniqueConstraint(fields=('id', 'tenant_id', 'compute_provider'), name='order_and_parties'), models.CheckConstraint(condition=models.Q(('total_fen', django.db.models.expressions.CombinedExpression(models.F('compute_fen'), '+', models.F('line_fen')))), name='order_adds_up'), models.CheckConstraint(condition=models.Q(('billing_started_at', None), ('line_accepted_at__isnull', False), ('line_waived', True), _connector='OR'), name='order_bills_compute_with_its_line'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), ('billing_started_at__isnull', False), _connector='OR'), name='order_running_is_billed'), models.CheckConstraint(condition=models.Q(('state__in', ['placed', 'awaiting_providers', 'awaiting_compute_provider', 'awaiting_line_provider', 'accepted', 'opening', 'awaiting_line', 'awaiting_dispatch', 'awaiting_user', 'compute_accepted', 'running', 'ended', 'rejected', 'cancelled', 'expired'])), name='order_state_is_listed')],
            },
        ),
        migrations.CreateModel(
            name='MeterRecord',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('source', models.CharField(choices=[('provider', '提供商'), ('node', '节点')], max_length=10)),
                ('sequence', models.PositiveBigIntegerField()),
                ('window_start', models.DateTimeField()),
                ('window_end', models.DateTimeField()),
                ('machine_seconds', models.BigIntegerField()),
                ('corrects', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='marketplace.meterrecord')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='meter_records', to='marketplace.order')),
            ],
            options={
                'db_table': 'meter_record',
                'indexes': [models.Index(fields=['order', 'window_start'], name='meter_record_by_window')],
                'constraints': [models.UniqueConstraint(fields=('order', 'source', 'sequence'), name='meter_record_once_a_sequence'), models.CheckConstraint(condition=models.Q(('window_end__gt', models.F('window_start'))), name='meter_record_window'), models.CheckConstraint(condition=models.Q(('machine_seconds__gte', 0)), name='meter_record_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('kind', models.CharField(choices=[('user_payable', '用户应付'), ('voucher_subsidy', '算力券补贴应收'), ('compute_receivable', '算力提供商应收'), ('line_receivable', '专线提供商应收'), ('node_fee', '节点服务费'), ('rounding', '舍入差额')], max_length=20)),
                ('party', models.UUIDField(null=True)),
            ],
            options={
                'db_table': 'account',
                'constraints': [models.UniqueConstraint(fields=('kind', 'party'), name='account_once_a_kind_and_party', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Demand',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('title', models.CharField(max_length=120)),
                ('terms', models.JSONField()),
                ('selection', models.UUIDField(null=True)),
            ],
            options={
                'db_table': 'demand',
                'indexes': [models.Index(fields=['tenant_id', 'id'], name='demand_by_tenant')],
            },
        ),
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField(help_text='the user whose statement it books')),
                ('kind', models.CharField(choices=[('statement', '结算单'), ('reversal', '冲正')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('reverses', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='marketplace.journalentry')),
            ],
            options={
                'db_table': 'journal_entry',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'reversal'), ('reverses__isnull', False)), models.Q(models.Q(('kind', 'reversal'), _negated=True), ('reverses__isnull', True)), _connector='OR'), name='journal_entry_reversal_names_its_entry')],
            },
        ),
        migrations.CreateModel(
            name='Usage',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('compute_provider', models.UUIDField()),
                ('profile', models.CharField(max_length=20)),
                ('machine_seconds', models.BigIntegerField(help_text='what both meters bear out')),
                ('state', models.CharField(choices=[('agreed', '一致'), ('disputed', '有争议'), ('corrected', '已更正')], default='agreed', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('window_end', models.DateTimeField(help_text='of the records; settlement reads by it')),
                ('decided_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('node_record', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='marketplace.meterrecord')),
                ('provider_record', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='usage', to='marketplace.meterrecord')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='usages', to='marketplace.order')),
            ],
            options={
                'db_table': 'usage',
                'indexes': [models.Index(fields=['order', 'window_end'], name='usage_by_window'), models.Index(fields=['tenant_id'], name='usage_by_tenant'), models.Index(fields=['compute_provider'], name='usage_by_provider')],
            },
        ),
        migrations.CreateModel(
            name='OrderStep',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('act', models.CharField(max_length=30)),
                ('before', models.CharField(max_length=26)),
                ('after', models.CharField(max_length=26)),
                ('actor_user', models.UUIDField(null=True)),
                ('actor_tenant', models.UUIDField(null=True)),
                ('cause', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='marketplace.order')),
            ],
            options={
                'db_table': 'order_step',
                'constraints': [models.UniqueConstraint(fields=('order', 'version'), name='order_step_once_a_version')],
            },
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('amount_fen', models.BigIntegerField()),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='marketplace.account')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='marketplace.journalentry')),
            ],
            options={
                'db_table': 'posting',
                'constraints': [models.UniqueConstraint(fields=('entry', 'account'), name='posting_once_an_account'), models.CheckConstraint(condition=models.Q(('amount_fen', 0), _negated=True), name='posting_not_zero')],
            },
        ),
        migrations.CreateModel(
            name='Settlement',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('state', models.CharField(choices=[('settled', '已结算'), ('closed', '已关账')], default='settled', max_length=10)),
                ('profile', models.CharField(max_length=20)),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'settlement',
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('period', '&&')], name='settlement_periods_apart')],
            },
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('compute_provider', models.UUIDField()),
                ('line_provider', models.UUIDField()),
                ('user_fen', models.BigIntegerField()),
                ('voucher_fen', models.BigIntegerField()),
                ('provider_fen', models.BigIntegerField()),
                ('line_provider_fen', models.BigIntegerField()),
                ('fee_fen', models.BigIntegerField()),
                ('residue_fen', models.BigIntegerField()),
                ('voucher_year', models.PositiveSmallIntegerField(help_text='the Shanghai year that the redemption counts in')),
                ('evidence', models.JSONField(help_text='every input, so that anybody can compute the figures again')),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='statement', to='marketplace.journalentry')),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='marketplace.order')),
                ('settlement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='marketplace.settlement')),
            ],
            options={
                'db_table': 'statement',
                'constraints': [models.UniqueConstraint(fields=('settlement', 'order'), name='statement_once_a_period'), models.CheckConstraint(condition=models.Q(('provider_fen', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('user_fen'), '+', models.F('voucher_fen')), '-', models.F('line_provider_fen')), '-', models.F('fee_fen')), '-', models.F('residue_fen')))), name='statement_conserves'), models.CheckConstraint(condition=models.Q(('line_provider_fen__gte', 0), ('provider_fen__gte', 0), ('user_fen__gte', 0), ('voucher_fen__gte', 0)), name='statement_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='StatementLine',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('part', models.CharField(choices=[('compute', '算力'), ('line', '专线')], max_length=10)),
                ('rule', models.CharField(max_length=30)),
                ('quantity', models.BigIntegerField(help_text='machine-seconds, or instalments')),
                ('amount_fen', models.BigIntegerField()),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='marketplace.statement')),
            ],
            options={
                'db_table': 'statement_line',
                'constraints': [models.UniqueConstraint(fields=('statement', 'part'), name='statement_line_once_a_part'), models.CheckConstraint(condition=models.Q(('amount_fen__gte', 0)), name='statement_line_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='VoucherBalance',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('enterprise', models.CharField(max_length=18)),
                ('claimed_on', models.DateField(help_text='the day in Asia/Shanghai')),
                ('contract_ref', models.CharField(max_length=64)),
                ('claimed_fen', models.BigIntegerField()),
                ('redeemed_fen', models.BigIntegerField()),
                ('evidence', models.CharField(help_text='where the paper behind it is', max_length=200)),
            ],
            options={
                'db_table': 'voucher_balance',
                'constraints': [models.UniqueConstraint(fields=('enterprise', 'contract_ref'), name='voucher_balance_once'), models.CheckConstraint(condition=models.Q(('claimed_fen__gt', 0), ('redeemed_fen__gte', 0), ('redeemed_fen__lte', models.F('claimed_fen'))), name='voucher_balance_amounts')],
            },
        ),
        migrations.CreateModel(
            name='VoucherPolicy',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('version', models.CharField(max_length=40, unique=True)),
                ('body', models.JSONField()),
                ('state', models.CharField(choices=[('proposed', '待批准'), ('in_force', '生效'), ('replaced', '已替代')], default='proposed', max_length=10)),
                ('proposer', models.UUIDField()),
                ('approver', models.UUIDField(null=True)),
            ],
            options={
                'db_table': 'voucher_policy',
                'constraints': [models.CheckConstraint(condition=models.Q(('approver__isnull', True), models.Q(('approver', models.F('proposer')), _negated=True), _connector='OR'), name='voucher_policy_four_eyes'), models.CheckConstraint(condition=models.Q(('state', 'proposed'), ('approver__isnull', False), _connector='OR'), name='voucher_policy_in_force_is_approved'), models.UniqueConstraint(condition=models.Q(('state', 'in_force')), fields=('state',), name='voucher_policy_one_in_force')],
            },
        ),
        migrations.CreateModel(
            name='VoucherClaim',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('tenant_id', models.UUIDField()),
                ('enterprise', models.CharField(max_length=18)),
                ('year', models.PositiveSmallIntegerField(help_text='Asia/Shanghai')),
                ('eligible_fen', models.BigIntegerField()),
                ('rate_bp', models.PositiveIntegerField()),
                ('amount_fen', models.BigIntegerField()),
                ('redeemed_fen', models.BigIntegerField(default=0)),
                ('state', models.CharField(choices=[('claimed', '已申领'), ('released', '已退回')], default='claimed', max_length=10)),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='voucher_claim', to='marketplace.order')),
                ('policy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='marketplace.voucherpolicy')),
            ],
            options={
                'db_table': 'voucher_claim',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount_fen__gt', 0), django.db.models.lookups.LessThanOrEqual(django.db.models.expressions.CombinedExpression(models.F('amount_fen'), '*', models.Value(10000)), django.db.models.expressions.CombinedExpression(models.F('eligible_fen'), '*', models.F('rate_bp')))), name='voucher_claim_within_rate'), models.CheckConstraint(condition=models.Q(('redeemed_fen__gte', 0), ('redeemed_fen__lte', models.F('amount_fen'))), name='voucher_claim_redeems_what_it_has')],
            },
        ),
        migrations.CreateModel(
            name='VoucherYear',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('generation', models.PositiveIntegerField(default=1, editable=False)),
                ('enterprise', models.CharField(max_length=18)),
                ('year', models.PositiveSmallIntegerField()),
                ('cap_fen', models.BigIntegerField()),
                ('claimed_fen', models.BigIntegerField(default=0)),
                ('redeemed_fen', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'voucher_year',
                'constraints': [models.UniqueConstraint(fields=('enterprise', 'year'), name='voucher_year_once'), models.CheckConstraint(condition=models.Q(('claimed_fen__gte', 0), ('claimed_fen__lte', models.F('cap_fen'))), name='voucher_year_claims_capped'), models.CheckConstraint(condition=models.Q(('redeemed_fen__gte', 0), ('redeemed_fen__lte', models.F('cap_fen'))), name='voucher_year_redemptions_capped')],
            },
        ),
        migrations.CreateModel(
            name='BilledUsage',
            fields=[
                ('usage', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='billed', serialize=False, to='marketplace.usage')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='billed', to='marketplace.statement')),
            ],
            options={
                'db_table': 'billed_usage',
            },
        ),
    ]
