"""What is known about vulnerable, malicious and exploited packages, and who answers.

`osv` matches records, `store` keeps a snapshot of them, `feeds` brings CISA's and FIRST's lists,
`source` asks one of several sources, `relay` speaks OSV's own interface to other tools.
"""
