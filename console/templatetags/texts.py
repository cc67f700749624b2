"""How a template says a text of the house."""

from django import template
from django.utils.translation import get_language

from kernel.text import Text

register = template.Library()


@register.filter
def say(text: Text) -> str:
    """The text in the reader's language. A word that a page forgot to give fails here, and is not left blank."""
    return text.within(get_language())
