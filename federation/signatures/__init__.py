"""Who sent a request: signatures are read, checked and made here, without network or database."""

from federation.signatures.message import Form, SignedRequest
from federation.signatures.negotiate import Claim, knock_again, other, read, sign
from federation.signatures.nonces import Nonces

__all__ = ["Claim", "Form", "Nonces", "SignedRequest", "knock_again", "other", "read", "sign"]
