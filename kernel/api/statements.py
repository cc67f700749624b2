"""How signed statements look in answers."""

from typing import Any

from rest_framework import serializers


class SignedStatementOut(serializers.Serializer[Any]):
    """Exact bytes with a signature beside them: a receipt, a manifest, a grant, what an identifier resolves to."""

    payload = serializers.CharField(help_text="base64 of the bytes that are signed")
    keyid = serializers.CharField(help_text="RFC 7638 thumbprint of the signer's key")
    alg = serializers.CharField()
    signature = serializers.CharField(help_text="base64")
