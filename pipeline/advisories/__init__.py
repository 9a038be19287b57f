"""What is known about vulnerable, malicious and exploited packages, and who answers.

source      the words: a question, an answer, and who can give one
choose      which source answers: a store, OSV online (`osv_online`), PyPI (`pypi_online`, `online`)
osv         does a record affect a version? With `ranges`, `ecosystems` and their `versions/`
problems    records that speak of one problem, joined; `severity` rates it
store       a snapshot of records (`snapshot` is the file, `members` and `intake` fill it)
keep        records of services, kept on disk
feeds       CISA's and FIRST's lists; `download` fetches exports
relay       OSV's own interface on loopback, for other tools
"""
