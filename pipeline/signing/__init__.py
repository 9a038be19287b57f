"""What is signed, and how: digests, statements, signers, and the check of a whole report.

manifest     which files belong to a report, and their digests
statements   one builder per predicate, pure functions of the report and the signer
keyless      a signer with the identity of a CI job
keys         a signer with a key
sign         all signatures or none
check        the report, its files and its statements, held against each other
"""
