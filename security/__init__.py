"""Security guarantee (system F): assets, scanner findings, and the audit that nobody can rewrite."""
