"""What public registries say of a release: when it appeared, whether it was withdrawn.

release   the words: a pin, and what is known of it
pypi      PyPI's JSON interface
npm       npm's package documents
kept      answers of the last hours, on disk
ask       all of it together: concurrent, bounded, honest about what it does not know
heard     what checks of one run share of it
attested  what a registry publishes to prove one release; `attesters` asks for many
words     days, texts and licences in their documents, made harmless

Checks of one run share what they heard; two processes share the answers on disk, and fetch
everything twice at worst when both start with none.

Only names of packages leave the machine, and only of those that come from a public registry.
"""
