"""What a line is for, by its ends: the way of a user into compute, or the way between two compute centres."""

from kernel.text import Vocabulary
from scheduling.domain.sites import SiteRole


class LineUse(Vocabulary):
    """The two kinds of private line of the interconnection system (SCHEME §10): 入算 and 算间."""

    ENTRY = "entry", "入算专线", "Entry line, from a user to a compute centre"
    DCI = "dci", "算间专线", "Line between compute centres"


def use_of(*, from_centre: str | None, role: str | None) -> LineUse:
    """The use of a line to a compute centre: `from_centre` is the centre that its A end is said to be at, `role` that of the site.

    A site at which a centre happens to meet the network is no centre; the station of a compute centre is.
    """
    at_a_centre = from_centre is not None or role == SiteRole.CENTRE
    return LineUse.DCI if at_a_centre else LineUse.ENTRY
