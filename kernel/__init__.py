"""What every floor shares: outbox, jobs, capacity, problems, permissions, paging, money, clock."""
