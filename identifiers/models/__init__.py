"""Tables of identifiers."""

from identifiers.models.descriptors import Descriptor
from identifiers.models.identifiers import Identifier, IssuedCode
from identifiers.models.prefixes import Prefix

__all__ = ["Descriptor", "Identifier", "IssuedCode", "Prefix"]
