"""Codes of other nodes: who answers for a prefix, and asking that node, so that no other node can hurt this one.

Two questions at most leave the node for one of ours: to the node above, who holds the prefix, and to the holder. Both say
`final=true`, so nobody asks or sends further on our behalf: there is no loop to be caught in. Each has three seconds and a
few kilobytes, at most two are on their way at a time, and who failed is not asked again for ten seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import BoundedSemaphore

from django.conf import settings

from identifiers.domain.answers import CONTEXT, AnswerType, Facts, encode, half_left, stated
from identifiers.domain.codes import Code
from identifiers.domain.foreign import Doubt, DoubtError, open_answer, open_delegation, read_json
from identifiers.errors import HolderFailed, PrefixUnknown
from kernel import egress
from kernel.clock import now
from kernel.crypto.messages import RegisteredKey
from kernel.crypto.suite import SUITES
from kernel.domain.systems import NodeRole
from kernel.errors import Busy, CallbackRefused
from kernel.federation import Holder, Wire, federation
from kernel.kept import keep, recall

SECONDS = 3.0
LARGEST_ANSWER = 2**16  # bytes
REST_SECONDS = 10  # of a node that failed
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)  # of keys that a delegation names: it holds for a minute itself
AT_ONCE = BoundedSemaphore(2)  # of the threads of a web worker


def holder_of(prefix: str) -> Holder | None:
    """The node that answers for the prefix, or who knows it; None where nobody does."""
    return federation().holder_of(prefix)


def is_mine(holder: Holder | None) -> bool:
    """Whether this node answers: for its own prefixes, and at the root for those that nobody has."""
    if holder is None:
        return settings.NODE_ROLE == NodeRole.NATIONAL
    return holder.node == settings.NODE_CODE


def tell_holder(prefix: str) -> Facts:
    """Who holds the prefix and with which keys it signs, in this node's signed word.

    At the root also that nobody does. Raises PrefixUnknown where only the node above can tell.
    """
    holder = holder_of(prefix)
    if holder is None and is_mine(holder):
        return _signed(AnswerType.DENIAL, {"prefix": prefix})
    if holder is None or not holder.certain:
        raise PrefixUnknown(prefix=prefix)
    return _delegation(prefix, holder)


def fetch_answer(code: Code) -> tuple[Facts, int]:
    """What the responsible node says of the code: its facts, its statement, and the `delegation` that names its key.

    Beside it, for how many seconds a reader may keep it: half of what is left of its life when it comes in.

    Raises HolderFailed where no answer that is to be believed comes in time, PrefixUnknown where nobody is known to ask,
    Busy where too many ask.
    """
    holder = holder_of(code.prefix)
    if holder is None:
        raise PrefixUnknown(prefix=code.prefix)
    name = f"fetched:{code}"
    kept: tuple[Facts, int] | None = recall(name)
    if kept is None:
        with _in_turn():
            facts = _fetched(code, holder)
        kept = facts, half_left(facts, now())
        keep(name, kept, seconds=kept[1])
    return kept


def _fetched(code: Code, above: Holder) -> Facts:
    if above.certain:
        holder, delegation = above, _delegation(code.prefix, above)["statement"]
    else:
        with _doubting(above):
            document = _ask(above, f"identifier-prefixes/{code.prefix}")
            told = open_delegation(document, code.prefix, keys=above.keys, at=now())
            delegation = document["statement"]
            if told["type"] == AnswerType.DENIAL:
                return {**told, "statement": delegation}
            holder = _named(told)
    with _doubting(holder):
        document = _ask(holder, f"identifiers/{code}")
        facts = open_answer(document, code, keys=holder.keys, at=now())
    return {**facts, "statement": document["statement"], "delegation": delegation}


def _ask(holder: Holder, path: str) -> Facts:
    url = f"{holder.url}/api/v1/{path}?final=true"
    try:
        answer = egress.get(
            url,
            headers={"Accept": "application/json"},
            pointer="/code",
            keep=LARGEST_ANSWER,
            seconds=SECONDS,
        )
    except egress.NoAnswerError as error:
        raise DoubtError(Doubt.SILENT) from error
    except CallbackRefused as error:
        raise DoubtError(Doubt.REFUSED) from error
    return read_json(answer.head)


@contextmanager
def _in_turn() -> Iterator[None]:
    """Take one of the few places, or say at once that there is none: our own readers are not kept waiting."""
    if not AT_ONCE.acquire(blocking=False):
        raise Busy(retry_after=1)
    try:
        yield
    finally:
        AT_ONCE.release()


@contextmanager
def _doubting(holder: Holder) -> Iterator[None]:
    """Ask a node that has not failed just now; what it says is believed or becomes HolderFailed."""
    name = f"failed:{holder.node}"
    known: str | None = recall(name)
    try:
        _believe(known)
        yield
    except DoubtError as error:
        keep(name, error.doubt.value, seconds=REST_SECONDS)
        label = error.doubt.label
        raise HolderFailed(
            node=holder.node,
            url=holder.url,
            reason_zh=label.zh,
            reason_en=label.en,
            retry_after=REST_SECONDS,
        ) from error


def _believe(known: str | None) -> None:
    """Raise DoubtError for what a node was doubted for just now."""
    if known is not None:
        raise DoubtError(Doubt(known))


def _named(told: Facts) -> Holder:
    """The holder that the node above names. Raises DoubtError where its word makes no sense."""
    try:
        keys = tuple(_key(jwk, told["holder"]) for jwk in told["keys"])
        node, name, url = (str(told[each]) for each in ("holder", "name", "url"))
        egress.check_url(url, pointer="/code")
        return Holder(node, name, url, keys, certain=True)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DoubtError(Doubt.MALFORMED) from error
    except CallbackRefused as error:
        raise DoubtError(Doubt.REFUSED) from error


def _key(jwk: Facts, holder: str) -> RegisteredKey:
    """A key of either suite. Raises ValueError for what is none."""
    for suite in SUITES.values():
        with suppress(ValueError):
            public = suite.public_key_of(jwk)
            return RegisteredKey(suite.key_id(public), holder, suite, public, BEGINNING)
    raise ValueError("a key of no suite that this node has")


def _delegation(prefix: str, holder: Holder) -> Facts:
    keys = [key.suite.jwk(key.public_key) for key in holder.keys]
    facts = {"prefix": prefix, "holder": holder.node, "name": holder.name, "url": holder.url, "keys": keys}
    return _signed(AnswerType.DELEGATION, facts)


def _signed(kind: AnswerType, facts: Facts) -> Facts:
    said = stated(kind, facts, node=settings.NODE_CODE, at=now())
    statement: Wire = federation().sign(encode(said), CONTEXT)
    return {**said, "statement": statement}
