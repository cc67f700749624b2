"""Tables of identifiers."""

from identifiers.models.blocks import NumberBlock
from identifiers.models.descriptors import Descriptor
from identifiers.models.identifiers import Identifier, IssuedCode
from identifiers.models.prefixes import Prefix
from identifiers.models.successions import Succession
from identifiers.models.transfers import Transfer

__all__ = ["Descriptor", "Identifier", "IssuedCode", "NumberBlock", "Prefix", "Succession", "Transfer"]
