"""What is signed, and how: digests, statements, signers, and the check of a whole report.

manifest     which files belong to a report, and their digests
facts        what statements are made from: the report as it was written, and who signs
statements   one builder per predicate, pure functions of the facts
ambient      the identity of the CI job around
keyless      a signer with such an identity
keys         a signer with a key
transport    requests to Sigstore's services: bounded, retried, clear about faults
deadline     how long all of it may take
sign         all signatures or none
check        the report, its files and its statements, held against each other
claims       what statements claim, held against report and certificate
single       a file or image by itself, held against anybody's bundles
items        what was looked at, and what came of it
"""
