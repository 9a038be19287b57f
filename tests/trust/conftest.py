"""The private Sigstore of the tests of signing, for the tests of trust as well."""

from tests.signing.conftest import Trusted, key, no_job, trusted

__all__ = ["Trusted", "key", "no_job", "trusted"]
