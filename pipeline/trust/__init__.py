"""Whose signatures are believed, and whether one holds: used by every room that verifies.

    roots        the keys and authorities that are trusted, and since when
    bundle       a Sigstore bundle as it lies on disk, strictly read
    certificate  what a signing certificate says of its holder
    expect       who is expected to have signed
    verify       one bundle, checked in order, each refusal with its own reason
    intoto       entries of a log's older kind, which the library does not know
    timestamps   all timestamps of a bundle, to the last byte
    keyed        the same for a bundle that a plain public key verifies
    statement    an in-toto statement in an attestation, strictly read
    publish      attestations of the Python package index (PEP 740), as bundles
    refused      how a refusal is told

Nothing here uses the network, except `roots.refresh`. The library `sigstore` is loaded inside the
functions that need it.
"""
