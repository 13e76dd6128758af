"""Keys: which public keys of others are taken, and how our own are kept."""

from __future__ import annotations

import asyncio
import json
import re
import time
from base64 import encodebytes
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import clock, ids, keys, multikey, storage
from federation.errors import Malformed, Misconfigured
from federation.keys import Algorithm, Keyring, PublicKey, load_public
from federation.models import Actor, Key
from federation.sealing import Seal
from neighbour import ed25519 as ed25519_key
from neighbour import rsa as rsa_key
from stopwatch import is_quicker
from village import counted

SECRET = bytes(range(32))
OWNER = "https://h.example/users/vic"
URI = f"{OWNER}#main-key"
GROUP = "https://groups.example/groups/welders"
WIRE = Path(__file__).resolve().parents[2] / "../shared/wire"

with_database = [pytest.mark.anyio, pytest.mark.usefixtures("database")]


def spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def pkcs1(key: rsa.RSAPublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()


def rsa_of(bits: int, e: int = 65_537) -> str:
    """A public key of that size, whose private half nobody knows."""
    return spki(rsa.RSAPublicNumbers(e, (1 << (bits - 1)) + 12_345).public_key())


def load(material: str, algorithm: Algorithm = "rsa") -> PublicKey:
    return load_public(URI, OWNER, algorithm, material)


# Public keys of others


def test_spki_and_pkcs1_are_one_key() -> None:
    key = rsa_key("vic").public_key()
    for material in (spki(key), pkcs1(key)):
        loaded = load(material)
        assert (loaded.uri, loaded.owner, loaded.algorithm) == (URI, OWNER, "rsa")
        assert loaded.key == key


@pytest.mark.parametrize(
    "spoil",
    [
        str.strip,
        lambda pem: "\n\n  " + pem,
        lambda pem: pem.replace("\n", "\r\n"),
        lambda pem: pem + "\n\n",
    ],
)
def test_the_white_space_around_a_pem_does_not_matter(spoil: object) -> None:
    key = rsa_key("vic").public_key()
    assert callable(spoil)
    assert load(spoil(spki(key))).key == key


def test_an_rsa_key_may_be_a_multikey() -> None:
    # Mastodon 4.7 lists both kinds of key so (FEP-521a)
    key = rsa_key("vic").public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert load(multikey.encode(multikey.RSA + der)).key == key


def test_an_ed25519_key_is_a_multikey() -> None:
    key = ed25519_key("vic").public_key()
    text = keys.public_text(key)
    assert text.startswith("z6Mk")
    assert load(text, "ed25519").key == key


@pytest.mark.parametrize("bits", [2_048, 3_072, 4_096, 8_192])
def test_rsa_from_2048_to_8192_bits_is_taken(bits: int) -> None:
    assert load(rsa_of(bits)).algorithm == "rsa"


@pytest.mark.parametrize("bits", [1_024, 2_040, 8_200, 16_384, 65_536])
def test_rsa_of_other_sizes_is_refused_quickly(bits: int) -> None:
    # H056
    material = rsa_of(bits)

    def look() -> None:
        with pytest.raises(Malformed):
            load(material)

    assert is_quicker(0.05, look)


def rsa_with_exponent(e: int) -> str:
    """An SPKI with any exponent, which the library would not make."""
    good = rsa_key("vic").public_key().public_numbers()
    inner = _sequence(_integer(good.n) + _integer(e))
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    outer = _sequence(algorithm + b"\x03" + _length(len(inner) + 1) + b"\0" + inner)
    return _pem("PUBLIC KEY", outer)


def _integer(number: int) -> bytes:
    raw = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + _length(len(raw)) + raw


def _sequence(content: bytes) -> bytes:
    return b"\x30" + _length(len(content)) + content


def _length(size: int) -> bytes:
    if size < 128:
        return bytes([size])
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(raw)]) + raw


def _pem(kind: str, der: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{encodebytes(der).decode()}-----END {kind}-----\n"


def test_the_key_that_the_next_test_spoils_is_good() -> None:
    assert load(rsa_with_exponent(65_537)).key == rsa_key("vic").public_key()


@pytest.mark.parametrize("e", [0, 1, 2, 3, 17, 65_535, 65_536, 65_538, 2**40 + 1, 2**64 + 1])
def test_rsa_with_a_strange_exponent_is_refused(e: int) -> None:
    # H056
    with pytest.raises(Malformed):
        load(rsa_with_exponent(e))


def _certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "h.example")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa_key("vic").public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now)
        .sign(rsa_key("vic"), hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def _private(kind: PrivateFormat) -> str:
    return rsa_key("vic").private_bytes(Encoding.PEM, kind, NoEncryption()).decode()


def _ed25519_pem() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _sect283k1() -> str:
    """A key on a binary curve (CVE-2026-26007), which the library no longer makes."""
    curve = _sequence(bytes.fromhex("06072a8648ce3d0201" + "06052b81040010"))
    point = b"\0\x04" + bytes(71) + b"\1"
    return _pem("PUBLIC KEY", _sequence(curve + b"\x03" + _length(len(point)) + point))


@pytest.mark.parametrize(
    "make",
    [
        _certificate,
        lambda: _private(PrivateFormat.PKCS8),
        lambda: _private(PrivateFormat.TraditionalOpenSSL),
        lambda: spki(ec.generate_private_key(ec.SECP256R1()).public_key()),
        _sect283k1,
        lambda: spki(dsa.generate_private_key(1_024).public_key()),
        _ed25519_pem,
        lambda: spki(rsa_key("vic").public_key()) * 2,
        lambda: spki(rsa_key("vic").public_key()) + "\n" * 1_000_000,
        lambda: spki(rsa_key("vic").public_key()) + _private(PrivateFormat.PKCS8),
        lambda: spki(rsa_key("vic").public_key()).replace("A", "!", 3),
        lambda: spki(rsa_key("vic").public_key())[:-40],
        lambda: _pem("PUBLIC KEY", b""),
        lambda: _pem("PUBLIC KEY", bytes(300)),
        lambda: "",
        lambda: "z",
        lambda: "hello",
        lambda: "\0" * 100,
        lambda: "-----BEGIN PUBLIC KEY-----",
        lambda: keys.public_text(ed25519_key("vic").public_key()),
    ],
)
def test_what_is_no_public_rsa_key_is_refused(make: object) -> None:
    # H056
    assert callable(make)
    with pytest.raises(Malformed):
        load(make())


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
@pytest.mark.parametrize(
    "junk", ["A" * 1_000_000, "z" * 1_000_000, "z6Mk" + "1" * 900_000, "-----BEGIN" * 90_000]
)
def test_a_megabyte_of_junk_is_refused_at_once(algorithm: Algorithm, junk: str) -> None:
    # H056
    wrapped = f"-----BEGIN PUBLIC KEY-----\n{junk}\n-----END PUBLIC KEY-----\n"

    def look() -> None:
        for material in (junk, wrapped):
            with pytest.raises(Malformed):
                load(material, algorithm)

    assert is_quicker(0.05, look)


@pytest.mark.parametrize(
    "material",
    [
        "",
        "z",
        "z0OIl",
        "u7QEAAA",
        "m6Mk",
        "z6Mké",
        multikey.encode(multikey.ED25519 + bytes(31)),
        multikey.encode(multikey.ED25519 + bytes(33)),
        multikey.encode(b"\xe7\x01" + bytes(32)),
        multikey.encode(bytes(34)),
    ],
)
def test_what_is_no_ed25519_key_is_refused(material: str) -> None:
    with pytest.raises(Malformed):
        load(material, "ed25519")
    with pytest.raises(Malformed):
        load(material, "rsa")


@given(st.text(max_size=100), st.sampled_from(["rsa", "ed25519"]))
@settings(deadline=None, max_examples=200)
def test_no_text_makes_more_than_a_refusal(material: str, algorithm: Algorithm) -> None:
    with pytest.raises(Malformed):
        load(material, algorithm)


def test_a_signature_verifies_with_its_own_key_message_and_hash_only() -> None:
    key = load(spki(rsa_key("vic").public_key()))
    good = rsa_key("vic").sign(b"hello", PKCS1v15(), hashes.SHA256())
    assert key.verify(good, b"hello")
    assert key.verify(good, b"hello", "sha256")
    assert not key.verify(good, b"hello", "sha512")
    assert not key.verify(good, b"hellO")
    assert not key.verify(b"", b"hello")
    assert not load(spki(rsa_key("eve").public_key())).verify(good, b"hello")


def test_the_sha512_signature_of_an_rsa_key_verifies() -> None:
    good = rsa_key("vic").sign(b"hello", PKCS1v15(), hashes.SHA512())
    assert load(spki(rsa_key("vic").public_key())).verify(good, b"hello", "sha512")


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(256)])
def test_junk_is_no_signature_of_an_ed25519_key(signature: bytes) -> None:
    key = load(keys.public_text(ed25519_key("vic").public_key()), "ed25519")
    assert not key.verify(signature, b"hello")
    assert key.verify(ed25519_key("vic").sign(b"hello"), b"hello")


# Multibase


@given(st.binary(max_size=80))
@settings(deadline=None, max_examples=200)
def test_base58_reads_what_it_wrote(raw: bytes) -> None:
    assert multikey.decode(multikey.encode(raw)) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "z"),
        (b"\0\0", "z11"),
        (b"Hello World!", "z2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "z11233QC4"),
    ],
)
def test_base58_of_the_draft(raw: bytes, text: str) -> None:
    # draft-msporny-base58-03
    assert multikey.encode(raw) == text
    assert multikey.decode(text) == raw


@pytest.mark.wire
def test_the_multikeys_of_fep_521a_are_read() -> None:
    path = WIRE / "vectors/fep-521a.feature"
    if not path.exists():
        pytest.skip("the recorded vectors are not here")
    text = path.read_text()
    hexes = re.findall(r'as a hex string "([0-9a-f]+)"', text)
    materials = re.findall(r'"publicKeyMultibase": "(z\w+)"', text)
    assert multikey.encode(multikey.ED25519 + bytes.fromhex(hexes[0])) == materials[0]
    assert multikey.encode(multikey.RSA + bytes.fromhex(hexes[1])) == materials[1]
    assert load(materials[0], "ed25519").algorithm == "ed25519"
    assert load(materials[1]).algorithm == "rsa"


@pytest.mark.wire
def test_the_keys_of_recorded_actors_are_taken() -> None:
    paths = sorted(WIRE.glob("**/*.json")) if WIRE.exists() else []
    if not paths:
        pytest.skip("the recorded documents are not here")
    pems = [pem for path in paths for pem in _pems(path)]
    refused = 0
    for pem in pems:
        try:
            load(pem)
        except Malformed:
            refused += 1
    assert len(pems) - refused > 50
    assert refused < len(pems) / 10


def _pems(path: Path) -> list[str]:
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        return []
    key = document.get("publicKey") if isinstance(document, dict) else None
    return [key["publicKeyPem"]] if isinstance(key, dict) and key.get("publicKeyPem") else []


# Sealing


def test_what_was_sealed_opens_under_the_same_secret_and_name() -> None:
    assert Seal(SECRET).open(Seal(SECRET).close(b"private", "a"), "a") == b"private"


def test_nothing_of_what_was_sealed_shows() -> None:
    one, two = (Seal(SECRET).close(b"private", "a") for _ in range(2))
    assert b"private" not in one
    assert one != two


@pytest.mark.parametrize(("secret", "name"), [(bytes(32), "a"), (SECRET, "b"), (SECRET[::-1], "a")])
def test_another_secret_or_name_does_not_open_it(secret: bytes, name: str) -> None:
    sealed = Seal(SECRET).close(b"private", "a")
    with pytest.raises(Misconfigured, match="secret"):
        Seal(secret).open(sealed, name)


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=100)
def test_junk_does_not_open(sealed: bytes) -> None:
    with pytest.raises(Misconfigured):
        Seal(SECRET).open(sealed, "a")


@pytest.mark.parametrize("flipped", [0, 1, 12, 13, -1])
def test_a_flipped_bit_does_not_open(flipped: int) -> None:
    sealed = bytearray(Seal(SECRET).close(b"private", "a"))
    sealed[flipped] ^= 1
    with pytest.raises(Misconfigured):
        Seal(SECRET).open(bytes(sealed), "a")


@pytest.mark.parametrize("secret", [b"", bytes(16), bytes(31), bytes(33), b"x" * 64])
def test_a_secret_of_another_length_is_refused(secret: bytes) -> None:
    with pytest.raises(Misconfigured, match="32 bytes"):
        Keyring(secret)


# The keyring, on the database


async def actor(uri: str = GROUP) -> Actor:
    return await Actor.create(
        id=ids.new(), uri=uri, kind="Group", local=True, host="groups.example", username="welders"
    )


class TestKeyring:
    pytestmark = with_database

    async def test_an_actor_gets_a_key_of_each_kind_that_sign_in_its_name(self) -> None:
        # quirk 14
        ring = Keyring(SECRET)
        await ring.create(await actor())
        public = await ring.public(GROUP)
        assert public["rsa"].startswith("-----BEGIN PUBLIC KEY-----\n")
        assert public["rsa"].endswith("-----END PUBLIC KEY-----\n")
        for algorithm, fragment in keys.FRAGMENTS.items():
            signer = await ring.signer(GROUP, algorithm)
            assert (signer.key_id, signer.algorithm) == (GROUP + fragment, algorithm)
            key = load_public(signer.key_id, GROUP, algorithm, public[algorithm])
            assert key.verify(signer.sign(b"hello"), b"hello")
            assert not key.verify(signer.sign(b"hello"), b"hellO")

    async def test_a_new_rsa_key_has_2048_bits(self) -> None:
        assert (await keys.mint()).rsa.key_size == 2_048

    async def test_keys_outlive_the_process(self) -> None:
        minted = keys.Minted(rsa_key("welders"), ed25519_key("welders"))
        await Keyring(SECRET).create(await actor(), minted)
        signer = await Keyring(SECRET).signer(GROUP)
        assert rsa_key("welders").public_key() == signer.private.public_key()

    async def test_keys_minted_before_are_stored_inside_a_transaction(self) -> None:
        minted, ring = await keys.mint(), Keyring(SECRET)
        async with storage.transaction():
            await ring.create(await actor(), minted)
        assert await Key.all().count() == 2

    async def test_a_transaction_that_fails_leaves_no_key(self) -> None:
        minted, ring = await keys.mint(), Keyring(SECRET)

        async def fail() -> None:
            async with storage.transaction():
                await ring.create(await actor(), minted)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        with pytest.raises(Misconfigured):
            await ring.signer(GROUP)
        with pytest.raises(Misconfigured):
            await ring.public(GROUP)

    async def test_the_private_half_is_stored_sealed(self) -> None:
        minted = keys.Minted(rsa_key("welders"), ed25519_key("welders"))
        await Keyring(SECRET).create(await actor(), minted)
        for key in await Key.all():
            assert key.sealed is not None
            assert minted.ed25519.private_bytes_raw() not in bytes(key.sealed)
            assert b"\x06\x09\x2a\x86\x48\x86\xf7" not in bytes(key.sealed)

    async def test_under_another_secret_the_operator_is_told(self) -> None:
        minted = keys.Minted(rsa_key("welders"), ed25519_key("welders"))
        await Keyring(SECRET).create(await actor(), minted)
        with pytest.raises(Misconfigured, match="restore the secret"):
            await Keyring(bytes(32)).signer(GROUP)

    async def test_a_sealed_key_does_not_open_in_the_row_of_another_actor(self) -> None:
        minted = keys.Minted(rsa_key("welders"), ed25519_key("welders"))
        await Keyring(SECRET).create(await actor(), minted)
        stolen = f"{GROUP}-2#main-key"
        await Key.filter(uri=f"{GROUP}#main-key").update(uri=stolen)
        with pytest.raises(Misconfigured):
            await Keyring(SECRET).signer(f"{GROUP}-2")

    async def test_an_actor_of_elsewhere_has_no_signer(self) -> None:
        row = await actor(OWNER)
        await Key.create(
            id=ids.new(),
            actor_id=row.id,
            uri=URI,
            algorithm="rsa",
            public=spki(rsa_key("vic").public_key()),
            created_at=clock.now_ms(),
        )
        with pytest.raises(Misconfigured, match="no private key"):
            await Keyring(SECRET).signer(OWNER)

    async def test_a_stored_key_of_another_kind_is_not_signed_with(self) -> None:
        await Keyring(SECRET).create(
            await actor(), keys.Minted(rsa_key("welders"), ed25519_key("welders"))
        )
        uri = f"{GROUP}#main-key"
        der = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        )
        await Key.filter(uri=uri).update(sealed=Seal(SECRET).close(der, uri))
        with pytest.raises(Misconfigured, match="neither"):
            await Keyring(SECRET).signer(GROUP)

    async def test_a_key_is_loaded_once_and_asked_for_once_in_a_while(self) -> None:
        ring = Keyring(SECRET)
        await ring.create(await actor(), keys.Minted(rsa_key("welders"), ed25519_key("welders")))
        first = await ring.signer(GROUP)
        with counted() as said:
            assert all([await ring.signer(GROUP) is first for _ in range(100)])
        assert said == []
        await asyncio.sleep(keys.FRESH_SECONDS)
        with counted() as said:
            signers = await asyncio.gather(*(ring.signer(GROUP) for _ in range(100)))
        assert (len(said), {id(one) for one in signers}) == (1, {id(first)})

    async def test_nobody_signs_with_an_old_key_while_it_is_asked_for_the_new_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ring = Keyring(SECRET)
        await ring.create(row := await actor())
        old, minted = await ring.signer(GROUP), await keys.mint()
        monkeypatch.setattr(keys, "FRESH_SECONDS", 0.1)
        with clock.held(clock.now_ms() - keys.SHOWN_MS):
            await ring.renew(row, minted)
        await asyncio.sleep(keys.FRESH_SECONDS)
        assert old not in await asyncio.gather(*(ring.signer(GROUP) for _ in range(100)))

    async def test_new_keys_are_shown_at_once_and_sign_when_all_processes_show_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "FRESH_SECONDS", 0.0)
        ring, other = Keyring(SECRET), Keyring(SECRET)
        await ring.create(row := await actor())
        old = {name: await other.signer(GROUP, name) for name in keys.FRAGMENTS}
        before, minted = await ring.public(GROUP), await keys.mint()
        with clock.held(now := clock.now_ms()):
            async with storage.transaction():
                await ring.renew(row, minted)
            shown = await other.public(GROUP)
            assert not set(shown.values()) & set(before.values())
            for name in keys.FRAGMENTS:
                assert await other.signer(GROUP, name) is old[name]
        with clock.held(now + keys.SHOWN_MS):
            for name, fragment in keys.FRAGMENTS.items():
                signer = await other.signer(GROUP, name)
                assert signer.key_id == GROUP + fragment
                key = load_public(signer.key_id, GROUP, name, shown[name])
                assert key.verify(signer.sign(b"hello"), b"hello")

    async def test_the_cache_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keys, "_CACHED", 2)
        ring = Keyring(SECRET)
        uris = [f"{GROUP}{number}" for number in range(3)]
        for uri in uris:
            await ring.create(
                await actor(uri), keys.Minted(rsa_key("welders"), ed25519_key("welders"))
            )
        first = await ring.signer(uris[0])
        await ring.signer(uris[1])
        assert await ring.signer(uris[0]) is first
        await ring.signer(uris[2])
        await Key.all().delete()
        assert await ring.signer(uris[0]) is first
        with pytest.raises(Misconfigured):
            await ring.signer(uris[1])

    async def test_loading_our_own_rsa_key_does_not_stall_the_loop(self) -> None:
        await Keyring(SECRET).create(
            await actor(), keys.Minted(rsa_key("welders"), ed25519_key("welders"))
        )
        fastest = 1.0
        for _ in range(9):
            before = time.process_time()
            await Keyring(SECRET).signer(GROUP)
            fastest = min(fastest, time.process_time() - before)
        assert fastest < 0.02
