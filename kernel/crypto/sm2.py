"""SM2 signatures (GB/T 32918.2-2016, GM/T 0003.2) on the recommended curve (GB/T 32918.5), in plain Python.

The libraries of the lock have SM3 and no SM2. Points are computed in Jacobian coordinates, multiples of the base point
from a table. Integers of Python do not take constant time: a node whose key must withstand an observer of its
processor keeps it in a device of its own.
"""

import secrets
from collections.abc import Iterable
from functools import cache

from kernel.crypto.digests import sm3

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
SIGNER = b"1234567812345678"  # the identity that GM/T 0009 gives to a signer without one of its own
WINDOW = 4  # bits of a factor that one step of a multiplication takes
SIZE = 32  # bytes of an integer

Affine = tuple[int, int]
Point = tuple[int, int, int]  # x = X/Z², y = Y/Z³; Z = 0 is the point at infinity
INFINITY: Point = (1, 1, 0)


def public_key(private_key: bytes) -> bytes:
    """X ‖ y of the public key, 64 bytes. Raises ValueError where the private key is none."""
    return _to_bytes(*_affine([_times_base(_private(private_key))])[0])


def sign(private_key: bytes, message: bytes, *, signer: bytes = SIGNER, random: int = 0) -> bytes:
    """R ‖ s, 64 bytes, over the signer's identity, its public key and the message. `random` is for vectors only."""
    d = _private(private_key)
    e = _digest(public_key(private_key), message, signer)
    while True:
        k = random or secrets.randbelow(N - 1) + 1
        r = (e + _affine([_times_base(k)])[0][0]) % N
        s = pow(1 + d, -1, N) * (k - r * d) % N
        if r and s and r + k != N:
            return _to_bytes(r, s)


def verify(public_key: bytes, signature: bytes, message: bytes, *, signer: bytes = SIGNER) -> bool:
    """Whether the signature is that key's; what is no key or no signature is simply not."""
    if len(signature) != 2 * SIZE or not is_public(public_key):
        return False
    r, s = _from_bytes(signature)
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    found = _add(_times_base(s), _times(_from_bytes(public_key), t))
    if not found[2]:
        return False
    return (_digest(public_key, message, signer) + _affine([found])[0][0]) % N == r


def is_public(key: bytes) -> bool:
    """Whether these bytes are a point of the curve: x ‖ y."""
    if len(key) != 2 * SIZE:
        return False
    x, y = _from_bytes(key)
    return x < P and y < P and (y * y - (x * x + A) * x - B) % P == 0


def new_private_key() -> bytes:
    """32 fresh bytes: an integer from 1 to n - 2."""
    return (secrets.randbelow(N - 2) + 1).to_bytes(SIZE)


def _private(key: bytes) -> int:
    d = int.from_bytes(key)
    if len(key) != SIZE or not 0 < d < N - 1:
        raise ValueError("not a private SM2 key: 32 bytes, an integer from 1 to n - 2")
    return d


def _digest(public: bytes, message: bytes, signer: bytes) -> int:
    """SM3 of Z ‖ message, where Z stands for who signs on which curve."""
    curve = b"".join(number.to_bytes(SIZE) for number in (A, B, *G))
    identity = sm3((8 * len(signer)).to_bytes(2) + signer + curve + public)
    return int.from_bytes(sm3(identity + message))


def _to_bytes(first: int, second: int) -> bytes:
    return first.to_bytes(SIZE) + second.to_bytes(SIZE)


def _from_bytes(data: bytes) -> Affine:
    return int.from_bytes(data[:SIZE]), int.from_bytes(data[SIZE:])


def _double(point: Point) -> Point:
    x, y, z = point
    zz, yy = z * z % P, y * y % P
    beta, alpha = x * yy % P, 3 * (x - zz) * (x + zz) % P
    x3 = (alpha * alpha - 8 * beta) % P
    return x3, (alpha * (4 * beta - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(one: Point, other: Point) -> Point:
    if not one[2] or not other[2]:
        return one if one[2] else other
    (x1, y1, z1), (x2, y2, z2) = one, other
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, s1 = x1 * zz2 % P, y1 * z2 * zz2 % P
    h, r = (x2 * zz1 - u1) % P, (y2 * z1 * zz1 - s1) % P
    if not h:
        return INFINITY if r else _double(one)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, z1 * z2 * h % P


def _affine(points: list[Point]) -> list[Affine]:
    """The points' x and y, by one inversion for all; none of them is at infinity."""
    products = [1]
    for point in points:
        products.append(products[-1] * point[2] % P)
    inverse, found = pow(products[-1], -1, P), []
    for product, (x, y, z) in zip(reversed(products[:-1]), reversed(points), strict=True):
        own = inverse * product % P
        inverse = inverse * z % P
        found.append((x * own * own % P, y * own * own * own % P))
    return found[::-1]


def _digits(factor: int) -> Iterable[int]:
    """The factor in digits of WINDOW bits, the lowest first."""
    return ((factor >> shift) & ((1 << WINDOW) - 1) for shift in range(0, 8 * SIZE, WINDOW))


def _multiples(point: Point) -> list[Point]:
    """0, 1, 2 … 15 times the point."""
    found = [INFINITY, point]
    while len(found) < 1 << WINDOW:
        found.append(_add(found[-1], point))
    return found


@cache
def _base_table() -> list[list[Affine]]:
    """For every digit's place, the base point's multiples without 0."""
    rows, point = [], (*G, 1)
    for _ in _digits(0):
        multiples = _multiples(point)
        rows.append(_affine(multiples[1:]))
        point = _add(multiples[-1], point)
    return rows


def _times_base(factor: int) -> Point:
    total = INFINITY
    for digit, row in zip(_digits(factor), _base_table(), strict=True):
        if digit:
            total = _add(total, (*row[digit - 1], 1))
    return total


def _times(point: Affine, factor: int) -> Point:
    total, multiples = INFINITY, _multiples((*point, 1))
    for digit in reversed(list(_digits(factor))):
        for _ in range(WINDOW):
            total = _double(total)
        total = _add(total, multiples[digit])
    return total
