"""What of a signed request is kept, and how signed statements look in answers."""

from kernel.api.statements import SignedStatementOut

__all__ = ["SIGNED", "SignedStatementOut"]

SIGNED = ("content-type", "content-digest", "cin-stream", "cin-sequence", "signature-input", "signature")
